# SPDX-License-Identifier: MIT
"""ColorChecker Classic: where its patches are in a picture, and what they read there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opsin_sim.devices.sensor import srgb_to_linear
from opsin_sim.golden.isp import channels

from ..errors import UserError

__all__ = ["Corners", "RawPatches", "corners_from_text", "homography", "patch_index",
           "picture_patches", "place", "raw_patches"]  # fmt: skip

Corners = Sequence[tuple[float, float]]
"""Where (x, y) the middles of the corner patches are, in pixels: dark skin, bluish green, white
and black. On a chart that stands upright: top left, top right, bottom left, bottom right."""

_GRID = np.array([(0, 0), (5, 0), (0, 3), (5, 3)], dtype=np.float64)
_EDGE = np.array([(-0.5, -0.5), (5.5, -0.5), (-0.5, 3.5), (5.5, 3.5)])
_REACH = 0.28  # of a patch's pitch, from its middle to the border of what is read
_LEAST = 4  # samples of a channel in a patch


class RawPatches(NamedTuple):
    """The 24 patches in a raw frame; the last axis is R, Gr, Gb, B.

    ``mean`` is of the samples between the quartiles, ``variance`` of all after a plane, fitted to
    the patch, was taken away; ``high`` the share of samples at or above white.
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    high: NDArray[np.float64]

    def rgb(self, black: Sequence[float]) -> NDArray[np.float64]:
        """Return means without black, (24, 3), the greens averaged."""
        level = self.mean - np.array(black)
        return np.stack([level[:, 0], (level[:, 1] + level[:, 2]) / 2, level[:, 3]], axis=1)


def corners_from_text(text: str) -> list[tuple[float, float]]:
    """Return corners from ``x,y,x,y,x,y,x,y``.

    Raises
    ------
    UserError
        If the text is not eight numbers.
    """
    try:
        values = [float(word) for word in text.split(",")]
    except ValueError:
        values = []
    if len(values) != 8 or not np.isfinite(values).all():
        wanted = "eight numbers (x,y of the middles of dark skin, bluish green, white and black)"
        raise UserError(f"--corners must be {wanted}, not '{text}'")
    return list(zip(values[::2], values[1::2], strict=True))


def patch_index(shape: tuple[int, ...], corners: Corners) -> NDArray[np.int64]:
    """Return the number of the patch, 0..23, of every pixel well inside one, else -1.

    Patches are counted as on the chart: dark skin 0, bluish green 5, white 18, black 23. The chart
    is a plane seen in perspective.

    Raises
    ------
    UserError
        If the corners are no convex quadrilateral within the picture.
    """
    height, width = shape[:2]
    points = np.array(corners, dtype=np.float64)
    ring = points[[0, 1, 3, 2]]
    edges = np.roll(ring, -1, axis=0) - ring
    after = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * after[:, 1] - edges[:, 1] * after[:, 0]
    if not (np.all(turns > 0) or np.all(turns < 0)):
        raise UserError("the chart's corners must be a convex quadrilateral: TL, TR, BL, BR")
    if points.min() < 0 or points[:, 0].max() >= width or points[:, 1].max() >= height:
        raise UserError(f"the chart's corners must be within the picture, {width}×{height}")
    index = np.full((height, width), -1, dtype=np.int64)
    outline = place(_EDGE, corners)  # it may lie a little outside the picture
    x0, y0 = np.maximum(np.floor(outline.min(axis=0)), 0).astype(int)
    x1, y1 = np.ceil(outline.max(axis=0)).astype(int) + 1
    y, x = np.mgrid[y0 : min(y1, height), x0 : min(x1, width)]
    u, v, w = np.tensordot(homography(points, _GRID), np.stack([x, y, np.ones_like(x)]), axes=1)
    column, row = np.rint(u / w), np.rint(v / w)
    inside = (np.abs(u / w - column) < _REACH) & (np.abs(v / w - row) < _REACH)
    inside &= (column >= 0) & (column <= 5) & (row >= 0) & (row <= 3)
    index[y[inside], x[inside]] = (6 * row + column)[inside]
    return index


def homography(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix that takes four points to four others, in homogeneous coordinates."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        right += [u, v]
    return np.append(np.linalg.solve(np.array(rows), np.array(right)), 1.0).reshape(3, 3)


def place(grid: NDArray[np.float64], corners: Corners) -> NDArray[np.float64]:
    """Return where (x, y) points of the grid of patches, (n, 2), (column, row), are."""
    to_picture = homography(_GRID, np.array(corners, dtype=np.float64))
    x, y, w = to_picture @ np.append(grid, np.ones((len(grid), 1)), axis=1).T
    return np.stack([x / w, y / w], axis=1)


def picture_patches(picture: NDArray[np.uint8], corners: Corners) -> NDArray[np.float64]:
    """Return the patches of an 8-bit sRGB picture in linear light 0..1, (24, 3)."""
    index = patch_index(picture.shape, corners)
    light = srgb_to_linear(np.arange(256, dtype=np.uint8))
    patches = [light[picture[index == k]] for k in range(24)]
    _check(patches)
    return np.array([[_middle(patch[:, c]) for c in range(3)] for patch in patches])


def raw_patches(
    raw: NDArray[np.uint16] | NDArray[np.float64], corners: Corners, *, phase: int, white: float
) -> RawPatches:
    """Read the patches in a raw frame, in its samples."""
    index = patch_index(raw.shape, corners)
    channel = channels(raw.shape, phase)
    mean, variance, high = np.zeros((3, 24, 4))
    for k in range(24):
        for c in range(4):
            y, x = np.nonzero((index == k) & (channel == c))
            values = raw[y, x].astype(np.float64)
            _check([values])
            mean[k, c] = _middle(values)
            high[k, c] = np.mean(values >= white)
            plane = np.stack([x - x.mean(), y - y.mean(), np.ones(x.size)], axis=1)
            rest = values - plane @ np.linalg.lstsq(plane, values, rcond=None)[0]
            variance[k, c] = (rest**2).sum() / max(x.size - 3, 1)
    return RawPatches(mean, variance, high)


def _middle(values: NDArray[np.float64]) -> float:
    ordered, quarter = np.sort(values), values.size // 4
    return float(ordered[quarter : values.size - quarter].mean())


def _check(patches: list[NDArray[np.float64]]) -> None:
    if min(len(patch) for patch in patches) < _LEAST:
        raise UserError("the chart is too small in the picture to be read")
