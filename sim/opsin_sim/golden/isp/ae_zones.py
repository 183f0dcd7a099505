# SPDX-License-Identifier: MIT
"""Brightness of zones, for exposure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .zone_grid import scaled, zone_totals

__all__ = ["BrightnessZones", "ae_zones"]


class BrightnessZones(NamedTuple):
    """Results of each zone, (16, 16) each; 0 where the frame has no such zone."""

    luma: NDArray[np.int64]
    """Sum of all samples, divided by ``16**scale``."""
    bright: NDArray[np.int64]
    """Samples from ``bright`` on."""


def ae_zones(
    raw: NDArray[np.uint16],
    *,
    zone_width: int,
    zone_height: int,
    bright: int,
    left: int = 0,
    top: int = 0,
    scale: int = 0,
    ppc: int = 1,
) -> BrightnessZones:
    """Sum all samples of a zone, and count those of at least ``bright``."""

    def total(values: NDArray[np.int64]) -> NDArray[np.int64]:
        return zone_totals(
            values,
            zones=16,
            cell=(1, 1),
            left=left,
            top=top,
            zone_width=zone_width,
            zone_height=zone_height,
            ppc=ppc,
        )

    wide = raw.astype(np.int64)
    return BrightnessZones(scaled(total(wide), scale), scaled(total((wide >= bright).astype("i8"))))
