# SPDX-License-Identifier: MIT
"""A colour chart of 6 × 4 patches before a camera."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["chart_scene"]

_PATCH = 0.43  # half a patch's width, of the pitch
_BORDER = 0.62  # from the outer patches' middles to the border
_FRAME = 0.03  # light of the black between patches


def chart_scene(
    patches: NDArray[np.float64],
    *,
    width: int,
    height: int,
    corners: Sequence[tuple[float, float]],
    surround: float = 0.25,
) -> NDArray[np.float64]:
    """Return the light (height, width, 3) of a chart before an even surface.

    Parameters
    ----------
    patches : array of (24, 3)
        Light of the patches, line by line.
    width, height : int
        Of the frame.
    corners : sequence of (x, y)
        Middles of the patches 0, 5, 18 and 23, in pixels; the chart is a plane in perspective.
    surround : float
        Light of the surface.
    """
    grid = ((0, 0), (5, 0), (0, 3), (5, 3))
    rows: list[tuple[float, ...]] = []
    right: list[float] = []
    for (u, v), (x, y) in zip(grid, corners, strict=True):
        rows.append((x, y, 1, 0, 0, 0, -u * x, -u * y))
        rows.append((0, 0, 0, x, y, 1, -v * x, -v * y))
        right += [u, v]
    matrix = np.append(np.linalg.solve(np.array(rows, float), np.array(right, float)), 1.0)
    lines, columns = np.indices((height, width))
    place = np.stack([columns, lines, np.ones_like(lines)])
    u, v, w = np.tensordot(matrix.reshape(3, 3), place, axes=1)
    u, v = u / w, v / w
    column, row = np.clip(np.rint(u), 0, 5), np.clip(np.rint(v), 0, 3)
    away = np.maximum(np.abs(u - column), np.abs(v - row))[..., None]
    light = patches[(6 * row + column).astype(int)]
    return np.where(away < _PATCH, light, np.where(away < _BORDER, _FRAME, surround))
