# SPDX-License-Identifier: MIT
"""Neural processor: a weight-stationary mesh, its memories and what feeds it descriptors."""

from .core import Core

__all__ = ["Core"]
