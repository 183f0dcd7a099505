# SPDX-License-Identifier: MIT
"""Histogram of raw samples, for exposure."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["ae_histogram"]


def ae_histogram(
    raw: NDArray[np.uint16],
    *,
    depth: int,
    phase: int = 0,
    green_only: bool = False,
    skip: int = 0,
    ppc: int = 1,
) -> NDArray[np.int64]:
    """Count samples by their upper ten bits, of all pixels or of the green ones.

    Samples of eight or nine bits are filled with zeros below. Of ``2**skip`` pairs of lines the
    first counts. Each of the ``ppc`` counters of a bin stops at 262143.
    """
    y, x = np.indices(raw.shape)
    green = ((x + y + phase + (phase >> 1)) & 1).astype(bool)
    picked = (green | (not green_only)) & ((y >> 1) % (1 << skip) == 0)
    bins = (raw.astype(np.int64) << 2) >> (depth - 8)
    counts = np.zeros(1024, dtype=np.int64)
    for lane in range(ppc):
        found = bins[:, lane::ppc][picked[:, lane::ppc]]
        counts += np.minimum(np.bincount(found, minlength=1024), (1 << 18) - 1)
    return counts
