# SPDX-License-Identifier: MIT
"""Tone curves: 256 straight segments."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LINEAR", "linear_curve", "segments", "tone_curve"]

LINEAR: NDArray[np.uint16] = np.arange(257, dtype=np.uint16) * np.uint16(255)
"""The straight line from 0 to 255.0, which stands in the hardware after power-up."""


def linear_curve(depth_out: int) -> NDArray[np.uint16]:
    """Return the points of the straight line from 0 to the greatest output."""
    top = ((1 << depth_out) - 1) << (16 - depth_out)
    return ((np.arange(257) * top + 128) >> 8).astype(np.uint16)


def segments(points: NDArray[np.uint16]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return start and rise of the segments between 257 points."""
    wide = points.astype(np.int32)
    return wide[:-1], np.diff(wide)


def tone_curve(
    linear: NDArray[np.uint16], points: NDArray[np.uint16], *, depth: int, depth_out: int = 8
) -> NDArray[Any]:
    """Interpolate between ``points``, round half up, saturate.

    ``points[k]`` is the value, in shares of 2**16 of the output, at sample ``k · 2**(depth − 8)``.
    There is one curve, or, (3, 257), one for each colour.
    """
    if points.ndim == 2:
        one_by_one = [
            tone_curve(linear[..., k], points[k], depth=depth, depth_out=depth_out)
            for k in range(3)
        ]
        return np.stack(one_by_one, axis=-1)
    fraction, shift = depth - 8, depth + 8 - depth_out
    start, rise = segments(points)
    segment, position = linear >> fraction, linear.astype(np.int64) & ((1 << fraction) - 1)
    value = (start.astype(np.int64)[segment] << fraction) + rise[segment] * position
    rounded = (value + (1 << shift >> 1)) >> shift
    kind = np.uint8 if depth_out == 8 else np.uint16
    return np.minimum(rounded, (1 << depth_out) - 1).astype(kind)
