# SPDX-License-Identifier: MIT
"""Lens shading: a gain for every pixel, from a mesh of gains."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bayer import channels

__all__ = ["MESH_ONE", "MESH_SIZE", "lens_shading", "mesh_steps", "shading_gain"]

MESH_ONE = 1 << 14
"""Gain 1.0 in Q2.14."""

MESH_SIZE = (16, 32)
"""Most rows and columns of nodes."""


def mesh_steps(cell: tuple[int, int]) -> tuple[int, int]:
    """Return 1/width and 1/height of a cell in Q0.20, rounded down."""
    width, height = (min((1 << 20) // size, (1 << 20) - 1) for size in cell)
    return width, height


def shading_gain(
    shape: tuple[int, int],
    mesh: NDArray[np.uint16],
    *,
    cell: tuple[int, int],
    step: tuple[int, int] | None = None,
    phase: int,
) -> NDArray[np.int64]:
    """Gain in Q2.14 of every pixel of a frame of ``shape`` (height, width).

    Node ``[i, j]`` lies at line ``i · cell[1]`` and column ``j · cell[0]``. A pixel's place in its
    cell is ``(offset · step) >> 4`` in Q0.16; interpolation is along the column first, then along
    the line, each rounded to Q2.14, halves up.

    Parameters
    ----------
    shape : tuple
        Lines and columns of the frame.
    mesh : array of (rows, columns, 4)
        Gains of R, Gr, Gb, B, unsigned Q2.14.
    cell : tuple
        Columns and lines from node to node; the columns a multiple of 4.
    step : tuple or None
        Their reciprocals in Q0.20; None: :func:`mesh_steps`.
    phase : int
        Bayer phase.

    Raises
    ------
    ValueError
        If the mesh is too large, or too small for the frame, or cells are no multiple of 4 wide.
    """
    rows, columns = mesh.shape[:2]
    if mesh.shape[2:] != (4,) or rows > MESH_SIZE[0] or columns > MESH_SIZE[1]:
        raise ValueError(f"mesh must be (1..16, 1..32, 4) gains, not {mesh.shape!r}")
    if cell[0] < 4 or cell[0] % 4 or cell[1] < 1:
        raise ValueError(f"cell must be a multiple of 4 columns and 1.. lines, not {cell!r}")
    step_x, step_y = mesh_steps(cell) if step is None else step
    row, line = np.divmod(np.arange(shape[0], dtype=np.int64), cell[1])
    column, offset = np.divmod(np.arange(shape[1], dtype=np.int64), cell[0])
    if row[-1] + 1 >= rows or column[-1] + 1 >= columns:
        raise ValueError(f"mesh must cover {shape!r} pixels with cells of {cell!r}")

    fraction_y = ((line * step_y & 0xFFFFF) >> 4)[:, None, None]
    fraction_x = ((offset * step_x & 0xFFFFF) >> 4)[None, :, None]
    nodes = mesh.astype(np.int64)
    across = _between(nodes[row], nodes[row + 1], fraction_y)
    gain = _between(across[:, column], across[:, column + 1], fraction_x)
    channel = channels(shape, phase)[..., None].astype(np.intp)
    picked: NDArray[np.int64] = np.take_along_axis(gain, channel, axis=2)[..., 0]
    return picked


def lens_shading(
    raw: NDArray[np.uint16],
    mesh: NDArray[np.uint16],
    *,
    cell: tuple[int, int],
    step: tuple[int, int] | None = None,
    phase: int,
    depth: int,
) -> NDArray[np.uint16]:
    """``min((raw · gain + 2¹³) >> 14, 2**depth − 1)`` with the gain of :func:`shading_gain`."""
    height, width = raw.shape
    gain = shading_gain((height, width), mesh, cell=cell, step=step, phase=phase)
    scaled = (raw.astype(np.int64) * gain + (1 << 13)) >> 14
    return np.minimum(scaled, (1 << depth) - 1).astype(np.uint16)


def _between(
    a: NDArray[np.int64], b: NDArray[np.int64], fraction: NDArray[np.int64]
) -> NDArray[np.int64]:
    return a + (((b - a) * fraction + (1 << 15)) >> 16)
