# SPDX-License-Identifier: MIT
"""Lens shading from a picture of something evenly bright."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import CHANNELS, channels
from opsin_sim.golden.isp.lens_shading import MESH_ONE, MESH_SIZE, mesh_steps

from ..errors import UserError

__all__ = ["NODES", "Shading", "shading_from_flat_field"]

NODES = (13, 17)
"""Rows and columns of a mesh."""

_BLOCKS = (48, 64)  # at most so many means are fitted, in lines and columns
_BLOCK = 8  # lines and columns of a colour of the smallest block
_LEAST = 64  # lines and columns of the smallest frame
_SMOOTHNESS = 0.1  # weight of the second differences against one mean


@dataclass(frozen=True)
class Shading:
    """What the registers and the mesh of the lens shading block are loaded with.

    ``mesh[row, column]`` holds the gains of R, Gr, Gb, B in Q2.14; ``cell`` the pixels and lines
    from node to node.
    """

    mesh: NDArray[np.uint16]
    cell: tuple[int, int]

    def registers(self) -> dict[str, int]:
        """Return the settings ports' values, by their names, but ``bank``."""
        step_x, step_y = mesh_steps(self.cell)
        width, height = self.cell
        return {"cell_width": width, "cell_height": height, "step_x": step_x, "step_y": step_y}

    def writes(self) -> dict[str, NDArray[np.int64]]:
        """Return what is written to the mesh's port, by the names of its fields."""
        row, column, line = (axis.ravel() for axis in np.indices((*self.mesh.shape[:2], 2)))
        gain = self.mesh.reshape(-1, 2).astype(np.int64)
        return {"row": row, "column": column, "line": line, "gain": gain}


def shading_from_flat_field(
    flat: NDArray[np.uint16],
    *,
    phase: int,
    black: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    nodes: tuple[int, int] = NODES,
) -> Shading:
    """Return the gains that make ``flat`` even, 1 where each channel is brightest.

    Each channel is reduced to means of blocks, those of pixels between the quartiles, so that dust
    and defects do not count. Then the mesh is solved for, by least squares, whose interpolated
    gains make all means equal; small second differences, from node to node, are asked for as well,
    which smooths noise and continues the mesh beyond the frame.

    Parameters
    ----------
    flat : array of (height, width)
        A raw frame of an evenly lit surface, not saturated.
    phase : int
        Bayer phase.
    black : tuple of float
        Black level of R, Gr, Gb, B.
    nodes : tuple of int
        Rows and columns of the mesh, at most 16 and 32.

    Raises
    ------
    UserError
        If the mesh or the frame is too small or too large, the frame is black somewhere, or a gain
        of 4 does not suffice.
    """
    height, width = flat.shape
    if not all(2 <= n <= most for n, most in zip(nodes, MESH_SIZE, strict=True)):
        raise UserError(f"a shading mesh must have 2..16 rows and 2..32 columns, not {nodes}")
    cell = (4 * -(-width // (4 * (nodes[1] - 1))), -(-height // (nodes[0] - 1)))
    if min(height, width) < _LEAST or max(cell) >= 1 << 12:
        raise UserError(f"a flat field must be 64x64 pixels or more, not {width}x{height}")
    channel = channels(flat.shape, phase)
    mesh = np.empty((*nodes, 4))
    for index, name in enumerate(CHANNELS):
        top, left = np.argwhere(channel == index)[0]
        plane = flat[top::2, left::2].astype(np.float64) - black[index]
        means, y, x = _means(plane)
        if means.min() <= 0:
            raise UserError(f"a flat field must not be black anywhere, as {name} is")
        place = ((2 * y + top) / cell[1], (2 * x + left) / cell[0])
        mesh[:, :, index] = _solve(means / np.median(means), place, nodes)
    # 1 is the least gain within the frame; nodes may lie beyond it
    inside = mesh[: -(-height // cell[1]) + 1, : -(-width // cell[0]) + 1]
    mesh /= inside.min(axis=(0, 1))
    if mesh.min() < 0 or inside.max() / inside.min() * MESH_ONE >= 1 << 16:
        raise UserError("a flat field must not be darker than a quarter of its brightest place")
    gains = np.clip(np.rint(mesh * MESH_ONE), 0, (1 << 16) - 1)
    return Shading(gains.astype(np.uint16), cell)


def _means(
    plane: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Means of blocks of a plane, and where their middles lie in it."""
    edges = [
        np.linspace(0, size, min(size // _BLOCK, most) + 1).astype(int)
        for size, most in zip(plane.shape, _BLOCKS, strict=True)
    ]
    rows, columns = (len(edge) - 1 for edge in edges)
    means = np.empty((rows, columns))
    for i in range(rows):
        for j in range(columns):
            block = plane[edges[0][i] : edges[0][i + 1], edges[1][j] : edges[1][j + 1]]
            values = np.sort(block, axis=None)
            quarter = values.size // 4
            means[i, j] = values[quarter : values.size - quarter].mean()
    middles = [(edge[:-1] + edge[1:] - 1) / 2 for edge in edges]
    y, x = np.meshgrid(*middles, indexing="ij")
    return means.ravel(), y.ravel(), x.ravel()


def _solve(
    means: NDArray[np.float64],
    place: tuple[NDArray[np.float64], NDArray[np.float64]],
    nodes: tuple[int, int],
) -> NDArray[np.float64]:
    """Nodes whose bilinear interpolation, times the means, is 1."""
    count = nodes[0] * nodes[1]
    number = np.arange(count).reshape(nodes)
    equations = np.zeros((means.size, count))
    (row, fy), (column, fx) = ((np.floor(p).astype(int), p - np.floor(p)) for p in place)
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            equations[np.arange(means.size), number[row + dy, column + dx]] += wy * wx * means
    bend_y, bend_x = (np.diff(np.eye(n), n=2, axis=0) for n in nodes)
    bends = [np.kron(bend_y, np.eye(nodes[1])), np.kron(np.eye(nodes[0]), bend_x)]
    weight = _SMOOTHNESS**2 * means.size / count
    normal = equations.T @ equations + weight * sum(bend.T @ bend for bend in bends)
    solution: NDArray[np.float64] = np.linalg.solve(normal, equations.sum(axis=0))
    return solution.reshape(nodes)
