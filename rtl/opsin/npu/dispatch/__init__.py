# SPDX-License-Identifier: MIT
"""From descriptors in memory to commands of the units."""

from .dispatcher import Dispatcher, DispatchEvents

__all__ = ["DispatchEvents", "Dispatcher"]
