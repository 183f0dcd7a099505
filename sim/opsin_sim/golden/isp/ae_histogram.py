# SPDX-License-Identifier: MIT
"""Histogram of raw samples, for exposure."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["ae_histogram"]


def ae_histogram(
    raw: NDArray[np.uint16], *, depth: int, phase: int = 0, green_only: bool = False
) -> NDArray[np.int64]:
    """Count samples by their upper ten bits, of all pixels or of the green ones.

    Samples of eight or nine bits are filled with zeros below.
    """
    y, x = np.indices(raw.shape)
    green = ((x + y + phase + (phase >> 1)) & 1).astype(bool)
    picked = raw[green] if green_only else raw.ravel()
    bins = (picked.astype(np.int64) << 2) >> (depth - 8)
    return np.bincount(bins, minlength=1024).astype(np.int64)
