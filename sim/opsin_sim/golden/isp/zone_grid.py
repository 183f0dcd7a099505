# SPDX-License-Identifier: MIT
"""Zones of statistics: what lies in them, and how their sums are kept."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["scaled", "zone_totals"]

LARGEST = (1 << 18) - 1


def scaled(total: NDArray[np.int64], scale: int = 0) -> NDArray[np.int64]:
    """Divide by ``16**scale``, rounding down; results of 18 bits saturate."""
    return np.minimum(total >> 4 * scale, LARGEST)


def zone_totals(
    values: NDArray[Any],
    *,
    zones: int,
    cell: tuple[int, int],
    left: int,
    top: int,
    zone_width: int,
    zone_height: int,
    ppc: int,
    peaks: bool = False,
) -> NDArray[np.int64]:
    """Sum what lies in each of ``zones`` × ``zones`` zones; 0 where the frame has no whole one.

    A value stands for ``cell`` pixels across and down. Corner and size are in pixels and cut down
    to pairs of lines and to beats, or pairs of pixels if those are more. With ``peaks`` the largest
    value of each line of a zone is summed.
    """
    unit = max(2, ppc)
    x0, across = left // unit * unit // cell[0], zone_width // unit * unit // cell[0]
    y0, down = top // 2 * 2 // cell[1], zone_height // 2 * 2 // cell[1]
    totals = np.zeros((zones, zones), dtype=np.int64)
    if not across or not down:
        return totals
    inner = values[y0:, x0:].astype(np.int64)
    rows, columns = min(inner.shape[0] // down, zones), min(inner.shape[1] // across, zones)
    whole = inner[: rows * down, : columns * across].reshape(rows, down, columns, across)
    lines = whole.max(axis=3, initial=0) if peaks else whole.sum(axis=3)
    totals[:rows, :columns] = lines.sum(axis=1)
    return totals
