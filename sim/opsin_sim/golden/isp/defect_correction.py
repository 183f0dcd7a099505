# SPDX-License-Identifier: MIT
"""Defect correction: pixels that do not fit their surroundings, and those of a list."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .window import windows

__all__ = ["DefectRegisters", "defect_correction", "defect_entries", "defects"]

MAP_SIZE = 1024
"""Most entries of the static map."""

# The pairs of opposite neighbours, of the same colour and the pixel's nearest ones in that line.
_PAIRS = (
    ((2, 0), (2, 4), (2, 1), (2, 3)),
    ((0, 2), (4, 2), (1, 2), (3, 2)),
    ((0, 0), (4, 4), (1, 1), (3, 3)),
    ((0, 4), (4, 0), (1, 3), (3, 1)),
)


@dataclass(frozen=True, kw_only=True)
class DefectRegisters:
    """Thresholds, in samples; slopes in Q2.4.

    ``stuck_*``: for pixels from ``hot_level`` up or down to ``dead_level``; ``margin`` and
    ``slope``: for all others. Without ``dynamic`` only the static map counts.
    """

    hot_level: int
    dead_level: int
    hot_margin: int
    dead_margin: int
    stuck_slope: int
    margin: int
    slope: int
    dynamic: int = 1

    @classmethod
    def for_depth(cls, depth: int, *, read_noise: float = 0.0) -> DefectRegisters:
        """Return values for frames with black at 0 and white near ``2**depth - 1``.

        A dead pixel is one that reads 0. Where noise reaches below black, good pixels do so as
        well: then their neighbours must be four times the noise (in samples) above.
        """
        full = (1 << depth) - 1
        return cls(
            hot_level=full * 15 // 16,
            dead_level=0,
            hot_margin=full // 32,
            dead_margin=max(full // 500, math.ceil(4 * read_noise)),
            stuck_slope=0,
            margin=full // 4,
            slope=48,
        )


def defect_entries(
    positions: Iterable[tuple[int, int]],
) -> NDArray[np.int64]:
    """Return the static map of (line, column) positions: sorted rows of (line, group, mask).

    A group is four pixels, of which the lowest bit of the mask means the leftmost.

    Raises
    ------
    ValueError
        If there are more than 1024 groups.
    """
    groups: dict[tuple[int, int], int] = {}
    for line, column in positions:
        place = (int(line), int(column) // 4)
        groups[place] = groups.get(place, 0) | 1 << (int(column) % 4)
    if len(groups) > MAP_SIZE:
        raise ValueError(f"positions must be in at most {MAP_SIZE} groups, not {len(groups)}")
    rows = [(*place, groups[place]) for place in sorted(groups)]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def defects(raw: NDArray[np.uint16], registers: DefectRegisters) -> NDArray[np.bool_]:
    """Which pixels the dynamic test finds.

    ``max`` and ``min`` are of the eight neighbours of the same colour in 5 × 5 pixels. A pixel is
    defective if ``excess − margin > ((max − min) · slope) >> 4``, where ``excess`` is ``pixel −
    max`` (hot) or, where that is not positive, ``min − pixel`` (dead).
    """
    near = _neighbours(raw)
    pixel = near[..., 2, 2]
    ends = [near[..., y, x] for pair in _PAIRS for y, x in pair[:2]]
    most, least = np.max(ends, axis=0), np.min(ends, axis=0)
    hot = pixel > most
    excess = np.where(hot, pixel - most, least - pixel)
    stuck = np.where(hot, pixel >= registers.hot_level, pixel <= registers.dead_level)
    stuck_margin = np.where(hot, registers.hot_margin, registers.dead_margin)
    margin = np.where(stuck, stuck_margin, registers.margin)
    slope = np.where(stuck, registers.stuck_slope, registers.slope)
    found: NDArray[np.bool_] = excess - margin > ((most - least) * slope) >> 4
    return found


def defect_correction(
    raw: NDArray[np.uint16],
    registers: DefectRegisters,
    entries: NDArray[np.int64] | None = None,
) -> NDArray[np.uint16]:
    """Replace defective pixels by the mean of two opposite neighbours of the same colour.

    Of the four directions that one is taken in which these differ least, the pixel's next
    neighbours' difference added; of equals the first of horizontal, vertical, falling and rising
    diagonal. Halves are rounded up. ``entries`` are those of :func:`defect_entries`.
    """
    near = _neighbours(raw)
    scores, means = [], []
    for a, b, c, d in _PAIRS:
        first, second, inner, other = (near[..., y, x] for y, x in (a, b, c, d))
        scores.append(np.abs(first - second) + np.abs(inner - other))
        means.append((first + second + 1) >> 1)
    best = np.argmin(scores, axis=0)[None]
    repaired = np.take_along_axis(np.array(means), best, axis=0)[0]
    replace = defects(raw, registers) if registers.dynamic else np.zeros(raw.shape, dtype=np.bool_)
    for line, group, mask in [] if entries is None else entries.tolist():
        for k in range(4):
            if mask >> k & 1 and line < raw.shape[0] and 4 * group + k < raw.shape[1]:
                replace[line, 4 * group + k] = True
    return np.where(replace, repaired, raw).astype(np.uint16)


def _neighbours(raw: NDArray[np.uint16]) -> NDArray[np.int32]:
    """5 × 5 windows.

    Mirrored borders would make a pixel of the second line or column its own neighbour; there the
    one opposite stands twice.
    """
    near = windows(raw.astype(np.int32), 5, 5).astype(np.int32)
    source = near.copy()
    near[:, 1, 2, 0] = source[:, 1, 2, 4]
    near[:, -2, 2, 4] = source[:, -2, 2, 0]
    near[1, :, 0, 2] = source[1, :, 4, 2]
    near[-2, :, 4, 2] = source[-2, :, 0, 2]
    return near
