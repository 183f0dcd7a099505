# SPDX-License-Identifier: MIT
"""Parallel camera port: samples of pins to beats."""

import numpy as np
from numpy.typing import NDArray

from .frame_guard import Beats

__all__ = ["dvp_input"]


def dvp_input(
    data: NDArray[np.uint16],
    hsync: NDArray[np.bool_],
    vsync: NDArray[np.bool_],
    *,
    hsync_low: bool = False,
    vsync_low: bool = False,
) -> Beats:
    """Pixels while ``hsync`` is active and ``vsync`` is not, markers from their changes.

    ``sof`` stands at the first pixel after an active ``vsync``, ``eol`` at the last before a sample
    without a pixel. A pixel whose successor is not among the samples is not returned.
    """
    live = (hsync != hsync_low) & ~(vsync != vsync_low)
    last = np.append(~live[1:], False)
    known = live.copy()
    known[-1] = False
    fresh = False
    sof = np.zeros(len(data), dtype=np.bool_)
    for k in range(len(data)):
        if vsync[k] != vsync_low:
            fresh = True
        elif live[k]:
            sof[k], fresh = fresh, False
    return Beats(data[known], sof[known], last[known])
