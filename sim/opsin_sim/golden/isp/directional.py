# SPDX-License-Identifier: MIT
"""Directional interpolation of missing colours through colour differences.

``t`` is four times the difference between green and the line's (or column's) other colour, each
interpolated where it is missing: positive where the pixel is green, negative where it is not. Its
smoothness tells in which direction, and to which side, the picture may be continued.

References
----------
L. Zhang, X. Wu, "Color demosaicking via directional linear minimum mean square-error estimation",
IEEE Trans. Image Processing 14(12), 2005: colour differences in two directions.
I. Pekkucuksen, Y. Altunbasak, "Gradient based threshold free color filter array interpolation",
ICIP 2010: weights from the gradients of colour differences, four sides.
J. Mitchell, "Computer multiplication and division using binary logarithms", 1962.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bayer import channels
from .window import windows

__all__ = ["directional"]

Plane = NDArray[np.int32]

SHARES = {
    1: (16, 17, 19, 20, 21, 23, 24, 25, 26, 26, 27, 28, 28, 29, 29, 30),
    3: (16, 20, 24, 26, 28, 30, 31, 31, 32, 32, 32, 32, 32, 32, 32, 32),
}
"""``32 / (1 + 2 ** (-power * k / 4))``, rounded, by ``power``."""


def directional(raw: NDArray[np.uint16], *, phase: int, depth: int) -> NDArray[np.uint16]:
    """Green along the smoother direction, red and blue by their differences to green."""
    samples = raw.astype(np.int32)
    full = (1 << depth) - 1
    channel = channels(raw.shape, phase)
    filtered = (channel == 0) | (channel == 3)  # red or blue

    # Four times green, from the row and from the column, each the more the smoother it is.
    row, gradient_row = _along_row(samples, depth)
    column, gradient_column = (plane.T for plane in _along_row(samples.T, depth))
    rough_row = windows(gradient_row, 3, 5).sum(axis=(2, 3))
    rough_column = windows(gradient_column, 3, 5).sum(axis=(2, 3))
    share = _share(rough_column, rough_row, 1 << (depth - 4), 3)
    difference = column + (((row - column) * share + 16) >> 5)
    joined = _limited(4 * samples + difference, samples)
    green = np.where(filtered, np.clip(joined, 0, 4 * full), 4 * samples)

    # Sixteen times the difference of green to red and blue: known at one of them, the mean of two
    # neighbours at green, of four at the other.
    delta = green - 4 * samples
    near: Any = windows(delta, 3, 3)
    here = 4 * delta
    beside = 2 * (near[..., 1, 0] + near[..., 1, 2])
    above = 2 * (near[..., 0, 1] + near[..., 2, 1])
    across = near[..., 0, 0] + near[..., 0, 2] + near[..., 2, 0] + near[..., 2, 2]
    red = np.choose(channel, (here, beside, above, across))
    blue = np.choose(channel, (across, above, beside, here))
    sums = np.stack([4 * green - red, 4 * green, 4 * green - blue], axis=-1)
    return np.clip((sums + 8) >> 4, 0, full).astype(np.uint16)


def _limited(green: Plane, samples: Plane) -> Plane:
    """Take detail from four times green where red or blue is 2, 4 or 8 times as strong as green.

    The detail of a saturated colour is that many times as large in it as in green.
    """
    w: Any = windows(samples, 5, 5)
    beside = w[..., 1, 2] + w[..., 3, 2] + w[..., 2, 1] + w[..., 2, 3]
    ends = w[..., 0, 2] + w[..., 4, 2] + w[..., 2, 0] + w[..., 2, 4]
    own = 4 * samples + ends  # eight times the colour of the filter, and twice four times green
    halvings = sum((own > beside << k).astype(np.int32) for k in (2, 3, 4))
    return beside + ((green - beside) >> halvings)


def _along_row(samples: Plane, depth: int) -> tuple[Plane, Plane]:
    """Four times the difference to green at red and blue, and its gradient, along rows."""
    w: Any = windows(samples, 1, 5)[:, :, 0]
    t = 2 * w[..., 2] - 2 * (w[..., 1] + w[..., 3]) + w[..., 0] + w[..., 4]
    w = windows(t, 1, 5)[:, :, 0]
    gradient = np.abs(w[..., 3] - w[..., 1]) >> 2

    # From the side where it is smoother, the more so the smoother.
    rough: Any = windows(gradient, 3, 3).sum(axis=2)
    left, right = rough[..., 0] + rough[..., 1], rough[..., 1] + rough[..., 2]
    share = _share(left, right, 1 << (depth - 6), 1)
    before, after = w[..., 1] - w[..., 0], w[..., 3] - w[..., 4]
    side = before + (((after - before) * share + 16) >> 5)
    return (3 * side - 2 * t + 4) >> 3, gradient


def _share(other: Plane, own: Plane, least: int, power: int) -> Plane:
    """``32 * other**power / (other**power + own**power)``, both increased by ``least``, nearly."""
    ratio = _log2(other + least) - _log2(own + least)
    larger = np.array(SHARES[power], dtype=np.int32)[np.minimum(np.abs(ratio), 15)]
    return np.where(ratio < 0, 32 - larger, larger)


def _log2(value: Plane) -> Plane:
    """``4 * log2(value)``, with straight lines between powers of two, rounded down; value >= 4."""
    exponent = np.frexp(value)[1] - 1
    return (4 * exponent + ((value >> (exponent - 2)) & 3)).astype(np.int32)
