# SPDX-License-Identifier: MIT
"""Reading of the camera pipeline's statistics through its registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .isp_tables import Registers

if TYPE_CHECKING:
    from opsin_sim.golden.isp import IspSettings, Statistics

__all__ = ["STATISTICS", "read_statistics"]

STATISTICS = ("awb", "ae", "ae_zones", "af", "flicker")
"""Blocks in the order of STATISTICS_FRAMES."""

_SIZES = {
    "awb_zone": 1024,
    "ae_count": 1024,
    "ae_zone": 256,
    "af_zone": 64,
    "flicker_row": 1024,
}
_BUSY = ("awb", "ae_zones", "af", "flicker")


def read_statistics(
    registers: Registers, settings: IspSettings, *, patience: int = 100_000
) -> Statistics:
    """Read the results of the last frame, which was developed with ``settings``.

    Results are held meanwhile: frames that begin are not measured.

    Raises
    ------
    TimeoutError
        If a frame is still being measured after so many looks.
    """
    from opsin_sim.golden.isp import AwbZones, BrightnessZones, SharpnessZones, Statistics

    registers.write("statistics_hold", (1 << len(STATISTICS)) - 1)
    while any(registers.field("statistics_busy", name) for name in _BUSY):
        patience -= 1
        if patience < 0:
            raise TimeoutError("statistics are still being measured: the frame does not end")
    rows = settings.frame[0] // (2 << settings.flicker.lines)
    words: dict[str, list[list[int]]] = {name: [] for name in _SIZES}
    for index in range(max(_SIZES.values())):
        registers.write("statistics_index", index)
        for name, size in _SIZES.items():
            if index < (min(rows, size) if name == "flicker_row" else size):
                words[name].append(registers.read(name))
    registers.write("statistics_hold", 0)

    found = {name: np.array(read, dtype=np.int64) for name, read in words.items()}
    red, green, blue, quads = _zones(found["awb_zone"], 32, settings, "awb")
    return Statistics(
        AwbZones(red, green, blue, quads, settings.awb.scale),
        found["ae_count"][:, 0],
        BrightnessZones(*_zones(found["ae_zone"], 16, settings, "ae_zones")),
        SharpnessZones(*_zones(found["af_zone"], 8, settings, "af")),
        found["flicker_row"].reshape(-1),
    )


def _zones(
    found: NDArray[np.int64], side: int, settings: IspSettings, name: str
) -> list[NDArray[Any]]:
    """Arrays of each result; 0 where the frame has no such zone, which keeps older results."""
    use, unit = getattr(settings, name), max(2, settings.ppc)
    height, width = (size // 2 * 2 for size in settings.frame)
    across, down = use.zone_width // unit * unit, use.zone_height // 2 * 2
    columns = (width - use.left // unit * unit) // across if across else 0
    rows = (height - use.top // 2 * 2) // down if down else 0
    arrays = []
    for values in found.T:
        array = values.reshape(side, side).copy()
        array[max(rows, 0) :] = 0
        array[:, max(columns, 0) :] = 0
        arrays.append(array)
    return arrays
