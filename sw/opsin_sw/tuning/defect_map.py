# SPDX-License-Identifier: MIT
"""Defective pixels, from a dark frame and a flat field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import channels
from opsin_sim.golden.isp.defect_correction import MAP_SIZE

__all__ = ["DefectMap", "Positions", "dead_pixels", "defect_map", "hot_pixels"]

Positions = tuple[tuple[int, int], ...]
"""Lines and columns."""

_SIGMAS = 8  # above the noise
_HOT = 1 / 64  # of white − black, at least
_DEAD = 0.3  # of the neighbours' light


class DefectMap(NamedTuple):
    """Positions for the static map, by line and column, and how many did not fit into it."""

    positions: Positions
    left_out: int


def hot_pixels(
    dark: NDArray[np.uint16], *, phase: int, black: Sequence[float], white: float
) -> NDArray[np.float64]:
    """Return how far every pixel is above its neighbours in the dark; defective ones above 1.

    1 stands for eight times the noise of the frame, at least 1/64 of white − black.
    """
    above = np.empty(dark.shape)
    for plane, place, level in _planes(dark, phase, black):
        excess = plane - _median(plane)
        above[place] = excess / max(_SIGMAS * _sigma(excess), (white - level) * _HOT)
    return above


def dead_pixels(
    flat: NDArray[np.uint16], *, phase: int, black: Sequence[float]
) -> NDArray[np.float64]:
    """Return how far every pixel is from its neighbours in even light; defective ones above 1.

    1 stands for eight times the noise of the frame, at least 30 % of the neighbours' light; pixels
    that are too bright count as well.
    """
    away = np.empty(flat.shape)
    for plane, place, level in _planes(flat, phase, black):
        around = np.maximum(_median(plane) - level, 1.0)
        share = (plane - level) / around - 1
        away[place] = np.abs(share) / max(_SIGMAS * _sigma(share), _DEAD)
    return away


def defect_map(badness: Sequence[NDArray[np.float64]]) -> DefectMap:
    """Return the positions of all pixels that are above 1 in one of the frames.

    The hardware's map has 1024 entries, each for four pixels side by side. If there are more, the
    worst stay.
    """
    worst = np.max(np.stack(list(badness)), axis=0)
    lines, columns = np.nonzero(worst > 1)
    order = np.argsort(-worst[lines, columns], kind="stable")
    groups: set[tuple[int, int]] = set()
    kept, left_out = [], 0
    for line, column in zip(lines[order].tolist(), columns[order].tolist(), strict=True):
        group = (line, column // 4)
        if group not in groups and len(groups) == MAP_SIZE:
            left_out += 1
            continue
        groups.add(group)
        kept.append((line, column))
    return DefectMap(tuple(sorted(kept)), left_out)


def _planes(
    raw: NDArray[np.uint16], phase: int, black: Sequence[float]
) -> list[tuple[NDArray[np.float64], tuple[slice, slice], float]]:
    channel = channels((2, 2), phase).tolist()
    result = []
    for y, x in np.ndindex(2, 2):
        place = (slice(y, None, 2), slice(x, None, 2))
        result.append((raw[place].astype(np.float64), place, float(black[channel[y][x]])))
    return result


def _median(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.ndimage import median_filter

    result: NDArray[np.float64] = median_filter(plane, size=5, mode="mirror")
    return result


def _sigma(values: NDArray[np.float64]) -> float:
    """Return the standard deviation, as of a normal distribution, without regard to outliers."""
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
