# SPDX-License-Identifier: MIT
"""Crop: a window of the frame."""

from typing import Any

from numpy.typing import NDArray

__all__ = ["crop", "crop_phase"]


def crop(
    raw: NDArray[Any], *, x: int, y: int, width: int, height: int, ppc: int = 1
) -> NDArray[Any]:
    """Lines and pixels from column ``x``, line ``y``; fewer where the frame ends.

    ``x`` and ``width`` are rounded down to a multiple of ``ppc``.
    """
    x, width = x - x % ppc, width - width % ppc
    return raw[y : y + height, x : x + width]


def crop_phase(phase: int, *, x: int, y: int) -> int:
    """Bayer phase of the window: an odd column swaps columns (bit 0), an odd line lines (bit 1)."""
    return phase ^ (x & 1) ^ ((y & 1) << 1)
