# SPDX-License-Identifier: MIT
"""Statistics for white balance: colour sums of zones of the frame."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ZONES", "AwbZones", "awb_statistics"]

ZONES = 32
"""Zones across, and down."""


class AwbZones(NamedTuple):
    """What was summed in each zone, (32, 32) each; 0 where the frame has no such zone."""

    red: NDArray[np.int64]
    green: NDArray[np.int64]
    blue: NDArray[np.int64]
    quads: NDArray[np.int64]


def awb_statistics(
    raw: NDArray[np.uint16],
    *,
    phase: int,
    zone_width: int,
    zone_height: int,
    dark: int,
    saturation: int,
    ppc: int = 1,
) -> AwbZones:
    """Sum the 2 × 2 quads, counted from the corner, of which all samples lie in the gate.

    The gate is ``dark`` .. ``saturation``, both included. ``green`` sums both greens of a quad.
    Zones are cut down to multiples of a quad and of a beat; size 0: as large as the frame.
    """
    unit = max(2, ppc)
    across, down = zone_width // unit * unit // 2, zone_height // 2
    height, width = raw.shape[0] // 2, raw.shape[1] // 2
    quads = raw[: height * 2, : width * 2].astype(np.int64).reshape(height, 2, width, 2)
    place = {colour: (k >> 1, k & 1) for k, colour in enumerate(("r", "gr", "gb", "b"))}
    rows, columns = phase >> 1, phase & 1
    sample = {name: quads[:, y ^ rows, :, x ^ columns] for name, (y, x) in place.items()}
    accepted = ((quads >= dark) & (quads <= saturation)).all(axis=(1, 3))

    zone_y = np.arange(height) // (down or height or 1)
    zone_x = np.arange(width) // (across or width or 1)
    keep = accepted & (zone_y < ZONES)[:, None] & (zone_x < ZONES)[None, :]
    index = (zone_y[:, None] * ZONES + zone_x[None, :])[keep]

    def total(values: NDArray[np.int64]) -> NDArray[np.int64]:
        sums = np.zeros(ZONES * ZONES, dtype=np.int64)
        np.add.at(sums, index, values[keep])
        return sums.reshape(ZONES, ZONES)

    green = sample["gr"] + sample["gb"]
    ones = np.ones((height, width), dtype=np.int64)
    return AwbZones(total(sample["r"]), total(green), total(sample["b"]), total(ones))
