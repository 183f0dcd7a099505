# SPDX-License-Identifier: MIT
"""Tone curves."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

__all__ = ["SRGB", "Curve", "curve_points"]

SRGB = "srgb"

Curve = str | float | tuple[tuple[float, float], ...]
"""``"srgb"``, a gamma, or points (linear light, output), both 0..1."""


def curve_points(curve: Curve) -> NDArray[np.uint16]:
    """Return the hardware's 257 points in Q8.8.

    A gamma ``g`` means ``y = x ** (1/g)``; between given points the curve is straight, before the
    first and after the last level.
    """
    x = np.arange(257) / 256
    if isinstance(curve, str):
        if curve != SRGB:
            raise UserError(f'tone curve must be "srgb", a gamma or points, not "{curve}"')
        y = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    elif isinstance(curve, int | float):
        if not 0.1 <= curve <= 10:
            raise UserError(f"gamma must be in 0.1..10, not {curve:g}")
        y = x ** (1 / curve)
    else:
        y = np.interp(x, *_checked(curve))
    return np.rint(y * 255 * 256).astype(np.uint16)


def _checked(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    if len(points) < 2 or any(b <= a for a, b in pairwise(xs)):
        raise UserError("tone curve points must be two or more, linear light rising")
    if min(xs) < 0 or max(xs) > 1 or min(ys) < 0 or max(ys) > 1:
        raise UserError("tone curve points must be in 0..1")
    return xs, ys
