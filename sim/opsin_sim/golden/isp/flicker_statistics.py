# SPDX-License-Identifier: MIT
"""Sums of lines, for software that looks for the bands of flickering light."""

import numpy as np
from numpy.typing import NDArray

from .zone_grid import scaled

__all__ = ["flicker_statistics"]

ROWS = 1024


def flicker_statistics(
    raw: NDArray[np.uint16], *, lines: int = 0, scale: int = 0
) -> NDArray[np.int64]:
    """Sum the samples of each ``2 << lines`` lines, divided by ``16**scale``; at most 1024 sums."""
    number = 2 << lines
    rows = min(raw.shape[0] // number, ROWS)
    sums = raw[: rows * number].astype(np.int64).reshape(rows, number * raw.shape[1]).sum(axis=1)
    return scaled(sums, scale)
