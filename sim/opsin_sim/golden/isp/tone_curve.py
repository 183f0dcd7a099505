# SPDX-License-Identifier: MIT
"""Tone curve: 256 straight segments."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["LINEAR", "segments", "tone_curve"]

LINEAR: NDArray[np.uint16] = np.arange(257, dtype=np.uint16) * np.uint16(255)
"""The straight line from 0 to 255.0, which stands in the hardware after power-up."""


def segments(points: NDArray[np.uint16]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return start and rise of the segments between 257 points."""
    wide = points.astype(np.int32)
    return wide[:-1], np.diff(wide)


def tone_curve(
    linear: NDArray[np.uint16], points: NDArray[np.uint16], *, depth: int
) -> NDArray[np.uint8]:
    """Interpolate between ``points``, round half up, saturate at 255.

    ``points[k]`` is the value, in 1/256 of an output step, at sample ``k · 2**(depth − 8)``.
    """
    fraction = depth - 8
    samples = linear.astype(np.int64)
    segment, position = samples >> fraction, samples & ((1 << fraction) - 1)
    start, rise = segments(points)
    value = (start.astype(np.int64)[segment] << fraction) + rise.astype(np.int64)[
        segment
    ] * position
    rounded = (value + (1 << (fraction + 7))) >> (fraction + 8)
    return np.minimum(rounded, 255).astype(np.uint8)
