# SPDX-License-Identifier: MIT
"""Finding a ColorChecker Classic in a raw frame."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .accuracy import reference_light
from .chart import Corners, homography, patch_index, place
from .chart_outlines import AROUND, Points, outlines

__all__ = ["check_corners", "find_chart"]

_MOST = 0.3  # of the reference's spread may be left when it is fitted to the patches
_LINE = np.linspace(-0.4, 0.4, 9)
_OUTLINE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float64)


def find_chart(raw: NDArray[np.uint16], *, phase: int, black: Sequence[float]) -> Points:
    """Return the chart's corners, as :data:`~opsin_sw.tuning.chart.Corners`.

    colour-checker-detection proposes outlines; each is moved until the patches are most even, and
    turned (and mirrored) until they have the chart's colours; the best is taken.

    Raises
    ------
    UserError
        If no chart is found, or the library is not installed.
    """
    half = _half(raw, phase, black)
    best = (_MOST, Points())
    for outline in outlines(half):
        for corners in _turned(outline, AROUND):
            if (left := _left(half, corners)) < best[0]:
                best = (left, corners)
        if best[1]:
            refined = _refined(half, best[1])
            best = min(best, (_left(half, refined), refined))
            break
    if not best[1]:
        raise UserError("no ColorChecker is found: give --corners")
    return [(2 * x + 0.5, 2 * y + 0.5) for x, y in best[1]]


def check_corners(
    raw: NDArray[np.uint16], corners: Corners, *, phase: int, black: Sequence[float]
) -> None:
    """Refuse corners between which no ColorChecker is.

    Raises
    ------
    UserError
        If they are no convex quadrilateral within the frame, the patches do not have the chart's
        colours, or would in another order of the corners.
    """
    patch_index(raw.shape, corners)
    half = _half(raw, phase, black)
    points = [(x / 2 - 0.25, y / 2 - 0.25) for x, y in corners]
    if _left(half, points) < _MOST:
        return
    tl, tr, bl, br = points
    if min(_left(half, other) for other in _turned([tl, tr, br, bl], 0.0)) < _MOST:
        wanted = "middles of dark skin, bluish green, white, black"
        raise UserError(f"the chart's corners are in the wrong order: {wanted}")
    raise UserError("there is no ColorChecker between these corners")


def _half(raw: NDArray[np.uint16], phase: int, black: Sequence[float]) -> NDArray[np.float32]:
    """Linear picture of half the size, each colour 0..1 but for what is much brighter."""
    height, width = (size // 2 * 2 for size in raw.shape)
    planes = [raw[y:height:2, x:width:2].astype(np.float32) for y in (0, 1) for x in (0, 1)]
    # the place of channel c in a quad is that of R, moved by c
    red, green, other, blue = (planes[c ^ phase] - np.float32(black[c]) for c in range(4))
    rgb = np.stack([red, (green + other) / 2, blue], axis=2)
    scale = np.percentile(rgb, 99, axis=(0, 1)).astype(np.float32)
    return np.maximum(rgb / np.maximum(scale, 1), 0)


def _turned(ring: Points, around: float) -> Iterator[Points]:
    """Corners for the four ways to turn an outline, and for the mirrored ones.

    The outline is ``around`` pitches away from the middles of the outer patches.
    """
    ends = [(around / (n + 2 * around), (n + around) / (n + 2 * around)) for n in (5, 3)]
    middles = np.array([(u, v) for v in ends[1] for u in ends[0]])
    for turn, step in itertools.product(range(4), (1, -1)):
        points = np.array([ring[(turn + step * k) % 4] for k in range(4)])
        x, y, w = homography(_OUTLINE, points) @ np.append(middles, np.ones((4, 1)), axis=1).T
        yield list(zip((x / w).tolist(), (y / w).tolist(), strict=True))


def _samples(half: NDArray[np.float32], corners: Corners) -> NDArray[np.float64]:
    """Light at 9 × 9 points of each patch, (24, 81, 3)."""
    from scipy.ndimage import map_coordinates

    row, column, v, u = np.meshgrid(range(4), range(6), _LINE, _LINE, indexing="ij")
    x, y = place(np.stack([(column + u).ravel(), (row + v).ravel()], axis=1), corners).T
    light = [map_coordinates(half[..., c], (y, x), order=1, mode="nearest") for c in range(3)]
    return np.stack(light, axis=1).reshape(24, 81, 3).astype(np.float64)


def _left(half: NDArray[np.float32], corners: Corners) -> float:
    """Which part of the reference's spread no 3 × 3 matrix finds in the patches."""
    light, wanted = np.median(_samples(half, corners), axis=1), reference_light()
    rest = light @ np.linalg.lstsq(light, wanted, rcond=None)[0] - wanted
    return float(np.sqrt((rest**2).sum() / ((wanted - wanted.mean(axis=0)) ** 2).sum()))


def _refined(half: NDArray[np.float32], corners: Points) -> Points:
    """Move the corners until the patches are most even."""
    from scipy.optimize import minimize

    start = np.array(corners)
    pitch = float(np.linalg.norm(start[1] - start[0])) / 5

    def uneven(moves: NDArray[np.float64]) -> float:
        moved = start + pitch * moves.reshape(4, 2)
        return float(np.sqrt(_samples(half, moved.tolist())).std(axis=1).mean())

    simplex = np.concatenate([np.zeros((1, 8)), 0.15 * np.eye(8)]) - 0.02
    options = {"initial_simplex": simplex, "maxfev": 1200, "xatol": 2e-3, "fatol": 1e-5}
    found = minimize(uneven, np.zeros(8), method="Nelder-Mead", options=options)
    moved = start + pitch * found.x.reshape(4, 2)
    return [(float(x), float(y)) for x, y in moved]
