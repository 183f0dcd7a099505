# SPDX-License-Identifier: MIT
"""False colour suppression: median of colour differences where luma oscillates.

References
----------
W. T. Freeman, "Median filter for reconstructing missing color samples", US patent 4 724 395, 1988
(expired): the median of colour differences takes fringes away and leaves edges.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .window import windows

__all__ = [
    "FalseColorRegisters",
    "false_color_registers",
    "false_color_suppression",
    "oscillation",
]


class FalseColorRegisters(NamedTuple):
    """``threshold`` in samples; ``rise`` quarters per full scale, ``strength`` sixteenths."""

    threshold: int
    rise: int
    strength: int


def oscillation(green: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how much green goes up and down again in five pixels of a line, three of a column.

    The sum of the steps' sizes less the size of their sum: 0 where green only rises or only falls.
    """
    near: Any = windows(green, 5, 5)
    total = np.zeros_like(green)
    for row in (near[:, :, 2, :], near[:, :, 1:4, 2]):
        steps = np.diff(row, axis=-1)
        total += np.abs(steps).sum(axis=-1) - np.abs(steps.sum(axis=-1))
    return total


def false_color_suppression(
    rgb: NDArray[np.uint16], threshold: int, rise: int, strength: int, *, depth: int
) -> NDArray[np.uint16]:
    """Move red and blue so that their differences to green go to the median around them.

    The median is that of five medians of columns of three. With the :func:`oscillation` of green::

        share = min(max(oscillation − threshold, 0) · rise >> (depth − 2), strength)
        out   = clip(x + ((share · (green + median − x) + 8) >> 4))
    """
    wide = rgb.astype(np.int64)
    green = wide[..., 1]
    excess = np.maximum(oscillation(green) - threshold, 0)
    share = np.minimum(excess * rise >> (depth - 2), strength)
    out = rgb.copy()
    for colour in (0, 2):
        x = wide[..., colour]
        difference: Any = x - green
        for rows, columns in ((3, 1), (1, 5)):
            near: Any = windows(difference, rows, columns)
            count = rows * columns
            difference = np.sort(near.reshape(*x.shape, count), axis=-1)[..., count // 2]
        moved = x + ((share * (green + difference - x) + 8) >> 4)
        out[..., colour] = np.clip(moved, 0, (1 << depth) - 1)
    return out


def false_color_registers(
    *, strength: float = 1.0, threshold: float = 0.2, full: float = 1.0, depth: int
) -> FalseColorRegisters:
    """Register values; the nearest that the registers can hold.

    Parameters
    ----------
    strength : float
        Greatest share of the way to the median, 0..1.
    threshold, full : float
        Oscillation, of full scale, from where on and at which everything is done.
    """
    rise = 4 / max(full - threshold, 1e-9)
    return FalseColorRegisters(
        threshold=min(max(round(threshold * (1 << depth)), 0), (1 << (depth + 2)) - 1),
        rise=min(max(round(rise), 1), 15),
        strength=min(max(round(strength * 16), 0), 16),
    )
