# SPDX-License-Identifier: MIT
"""Defringing: take away the blue and violet seams that a lens makes beside edges of luma.

References
----------
S.-W. Chung, B.-K. Kim, W.-J. Song, "Removing chromatic aberration by digital image processing",
Optical Engineering 49(6), 2010: without aberration, colour differences at an edge lie between those
on both sides of it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["DefringeRegisters", "defringe", "defringe_registers"]

REACH = 5
"""How many pixels to the left and right the sides of an edge are."""


class DefringeRegisters(NamedTuple):
    """In samples: contrast, and excess of colour."""

    edge: int
    core: int
    limit: int


def defringe(
    ycbcr: NDArray[np.uint16], edge: int, core: int, limit: int, *, depth: int
) -> NDArray[np.uint16]:
    """Lower Cb to that of the pixels :data:`REACH` to the left and right, beside strong edges.

    With l and r those two pixels and grey = 2**(depth - 1)::

        contrast = max(|y[l] − y|, |y[r] − y|)
        excess   = cb − max(cb[l], cb[r], grey) − core
        change   = max(min(excess, 2 · limit − excess, contrast − edge), 0)
        cb'      = cb − change

    Cr goes by at most ``change`` to the nearest value within those of cr[l], cr[r] and grey. Where
    the excess is more than ``limit``, ever less is taken away: so much is a colour of the thing
    itself. Luma passes.
    """
    picture = ycbcr.astype(np.int64)
    padded = np.pad(picture, ((0, 0), (REACH, REACH), (0, 0)), mode="reflect")
    sides = np.stack([padded[:, : -2 * REACH], padded[:, 2 * REACH :]])
    grey = 1 << (depth - 1)
    luma, blue, red = (picture[..., k] for k in range(3))

    contrast = np.abs(sides[..., 0] - luma).max(axis=0)
    excess = blue - np.maximum(sides[..., 1].max(axis=0), grey) - core
    change = np.minimum(np.minimum(excess, 2 * limit - excess), contrast - edge)
    change = np.maximum(change, 0)

    least = np.minimum(sides[..., 2].min(axis=0), grey)
    most = np.maximum(sides[..., 2].max(axis=0), grey)
    move = np.clip(np.clip(red, least, most) - red, -change, change)
    return np.stack([luma, blue - change, red + move], axis=-1).astype(np.uint16)


def defringe_registers(
    *, edge: float = 1 / 16, core: float = 1 / 128, limit: float = 1 / 8, depth: int
) -> DefringeRegisters:
    """Register values from shares of full scale; the nearest that the registers can hold.

    ``edge``: contrast from where on something is done. ``core``: excess that stays, for noise.
    ``limit``: excess of a strong fringe; with 0 nothing changes.
    """
    full = (1 << depth) - 1
    shares = (edge, core, limit)
    return DefringeRegisters(*(min(max(round(share * (1 << depth)), 0), full) for share in shares))
