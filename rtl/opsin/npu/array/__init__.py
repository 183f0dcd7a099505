# SPDX-License-Identifier: MIT
"""The array: weights and activations to the mesh, sums to the accumulator."""

from .unit import ArrayUnit

__all__ = ["ArrayUnit"]
