# SPDX-License-Identifier: MIT
"""The vector unit: sums and activations to activations."""

from .unit import VectorEvents, VectorUnit

__all__ = ["VectorEvents", "VectorUnit"]
