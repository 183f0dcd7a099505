# SPDX-License-Identifier: MIT
"""Sharpness of zones, for focus."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .zone_grid import scaled, zone_totals

__all__ = ["SharpnessZones", "af_statistics", "details"]


class SharpnessZones(NamedTuple):
    """Results of each zone, (8, 8) each, divided by ``16**scale``; 0 where there is no such."""

    total: NDArray[np.int64]
    """Sum of all details."""
    peaks: NDArray[np.int64]
    """Sum of each line's largest."""


def details(raw: NDArray[np.uint16], *, coarse: bool, threshold: int) -> NDArray[np.int64]:
    """Return the detail of each pair of pixels side by side, at the pair that completes it.

    ``y`` are the sums of pairs. The fine filter is -1 2 -1 on ``y``, the coarse -1 -1 2 2 -1 -1.
    What exceeds ``threshold`` in magnitude counts; a line's first 2 or 5 pairs have no detail.
    """
    height, width = raw.shape[0], raw.shape[1] // 2
    y = raw[:, : width * 2].astype(np.int64).reshape(height, width, 2).sum(axis=2)
    taps = np.array([-1, -1, 2, 2, -1, -1] if coarse else [-1, 2, -1])
    found = np.zeros_like(y)
    first = taps.size - 1
    for k, tap in enumerate(taps if width > first else ()):
        found[:, first:] += tap * y[:, k : width - first + k]
    found[:, first:] = np.maximum(np.abs(found[:, first:]) - threshold, 0)
    return found


def af_statistics(
    raw: NDArray[np.uint16],
    *,
    zone_width: int,
    zone_height: int,
    coarse: bool = False,
    threshold: int = 0,
    left: int = 0,
    top: int = 0,
    scale: int = 0,
    ppc: int = 1,
) -> SharpnessZones:
    """Sum the details of each zone, and the largest of each of its lines."""
    found = details(raw, coarse=coarse, threshold=threshold)

    def total(peaks: bool) -> NDArray[np.int64]:
        sums = zone_totals(
            found,
            zones=8,
            cell=(2, 1),
            left=left,
            top=top,
            zone_width=zone_width,
            zone_height=zone_height,
            ppc=ppc,
            peaks=peaks,
        )
        return scaled(sums, scale)

    return SharpnessZones(total(False), total(True))
