# SPDX-License-Identifier: MIT
"""Video streams with faults."""

import numpy as np

from .golden.isp import Beats

__all__ = ["malformed"]


def malformed(count: int, width: int, height: int, *, depth: int, seed: int = 1) -> Beats:
    """Make ``count`` beats, mostly frames of ``width`` × ``height``, with every kind of fault.

    Frames lose their ``sof`` or are preceded by stray beats; they have too few or too many lines,
    lines too few or too many pixels or no ``eol``. No pixel is 0, as what fills gaps is.
    """
    rng = np.random.default_rng(seed)
    sof: list[bool] = []
    eol: list[bool] = []
    while len(sof) < count:
        if rng.random() < 0.2:
            stray = int(rng.integers(1, 3 * width))
            sof += [False] * stray
            eol += (rng.random(stray) < 0.3).tolist()
        lines = height if rng.random() < 0.6 else int(rng.integers(1, height + 3))
        faulty = rng.random() < 0.5
        for y in range(lines):
            short_or_long = faulty and rng.random() < 0.3
            length = int(rng.integers(1, 2 * width)) if short_or_long else width
            ends = not faulty or rng.random() < 0.9
            sof += [y == 0 and x == 0 and rng.random() < 0.95 for x in range(length)]
            eol += [x == length - 1 and ends for x in range(length)]
    pixel = rng.integers(1, 1 << depth, count).astype(np.uint16)
    return Beats(pixel, np.array(sof[:count]), np.array(eol[:count]))
