# SPDX-License-Identifier: MIT
"""Green equalization: the greens of lines with red and of lines with blue made alike."""

import numpy as np
from numpy.typing import NDArray

from .bayer import channels
from .window import windows

__all__ = ["green_equalization"]


def green_equalization(
    raw: NDArray[np.uint16], *, threshold: int, slope: int, edge: int, phase: int, depth: int
) -> NDArray[np.uint16]:
    """Move every green pixel half of the way to the other kind of green, where these differ little.

    In sixteenths: ``own`` is the mean of the nine greens of its kind in 5 × 5 pixels (weights 4 in
    the middle, 2 at the sides, 1 in the corners), ``other`` of the four of the other kind. With
    ``allowed = threshold + t``, ``t = (mean · slope) >> 8``, and ``d = other − own``, the pixel
    changes by ``d / 2`` up to a difference ``allowed``, by less beyond, and not from twice that on.
    It does not change where the four differences of opposite greens, two of each kind, add up to
    more than ``edge + 4 t``.
    """
    near = windows(raw.astype(np.int64), 5, 5)
    middle = near[..., 2, 2].astype(np.int64)

    def total(*places: tuple[int, int]) -> NDArray[np.int64]:
        return np.sum([near[..., y, x] for y, x in places], axis=0, dtype=np.int64)

    def apart(a: tuple[int, int], b: tuple[int, int]) -> NDArray[np.int64]:
        return np.abs(total(a) - total(b))

    sides = total((2, 0), (2, 4), (0, 2), (4, 2))
    corners = total((0, 0), (0, 4), (4, 0), (4, 4))
    own = 4 * middle + 2 * sides + corners
    other = 4 * total((1, 1), (1, 3), (3, 1), (3, 3))
    activity = apart((2, 0), (2, 4)) + apart((0, 2), (4, 2))
    activity += apart((1, 1), (3, 3)) + apart((1, 3), (3, 1))

    part = ((own >> 4) * slope) >> 8
    allowed = (threshold + part) << 4
    difference = other - own
    size = np.abs(difference)
    amount = np.maximum(np.minimum(size, 2 * allowed - size), 0)
    change = (np.sign(difference) * amount + 16) >> 5
    green = np.isin(channels(raw.shape, phase), (1, 2))
    moved = np.where(green & (activity <= edge + 4 * part), middle + change, middle)
    return np.clip(moved, 0, (1 << depth) - 1).astype(np.uint16)
