# SPDX-License-Identifier: MIT
"""Mesh and PE in Amaranth's simulator."""

import numpy as np
import pytest
from amaranth.hdl import unsigned
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.npu.mesh import Mesh
from opsin_sim.stream import SimulatorContext


@pytest.mark.parametrize("name", ["rows", "cols"])
def test_rejects_size(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 2, not 1"):
        Mesh(rows=1 if name == "rows" else 4, cols=1 if name == "cols" else 4)


def stream(
    mesh: Mesh, tiles: NDArray[np.int8], vectors: list[NDArray[np.int8]], lead: int, seed: int
) -> list[tuple[int, int, list[int]]]:
    """Cycle, tag and sums of every vector of ``vectors[tile]``, tiles as early as allowed.

    Vectors start ``lead`` cycles after the first weight row; each tile's rows are given in random
    order right before its first vector, the last of them in the cycle before.
    """
    rng = np.random.default_rng(seed)
    weights: dict[int, tuple[int, list[int]]] = {}
    inputs: dict[int, tuple[int, int, list[int]]] = {}
    start = lead
    for index, (tile, rows) in enumerate(zip(tiles, vectors, strict=True)):
        for cycle, row in enumerate(rng.permutation(mesh.rows), start=start - mesh.rows):
            weights[cycle] = int(row), tile[row].tolist()
        for cycle, vector in enumerate(rows):
            inputs[start + cycle] = int(cycle == 0), index, vector.tolist()
        start += max(len(rows), mesh.rows)
    seen: list[tuple[int, int, list[int]]] = []
    sim = Simulator(mesh)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for cycle in range(start + mesh.latency()):
            ctx.set(mesh.i.valid, cycle in inputs)
            ctx.set(mesh.i.swap, 0)
            if cycle in inputs:
                swap, tag, vector = inputs[cycle]
                ctx.set(mesh.i, {"activation": vector, "tag": tag, "swap": swap, "valid": 1})
            ctx.set(mesh.weights.valid, cycle in weights)
            if cycle in weights:
                row, values = weights[cycle]
                ctx.set(mesh.weights, {"weight": values, "row": row, "valid": 1})
            if ctx.get(mesh.o.valid):
                seen.append((cycle, ctx.get(mesh.o.tag), [ctx.get(s) for s in mesh.o.sum]))
            await ctx.tick()

    sim.run()
    expected = []
    start = lead
    for index, (tile, rows) in enumerate(zip(tiles, vectors, strict=True)):
        for cycle, total in enumerate(rows.astype(int) @ tile.astype(int), start=start):
            expected.append((cycle + mesh.latency(), index, total.tolist()))
        start += max(len(rows), mesh.rows)
    assert seen == expected
    return seen


@pytest.mark.parametrize(("rows", "cols"), [(2, 2), (4, 4), (3, 5), (5, 2), (8, 8)])
def test_tiles_follow_without_a_gap(rows: int, cols: int) -> None:
    rng = np.random.default_rng(rows)
    lengths = [rows, rows, 1, rows + 3, 2, rows]
    tiles = rng.integers(-128, 128, (len(lengths), rows, cols), np.int8)
    vectors = [rng.integers(-128, 128, (length, rows), np.int8) for length in lengths]
    stream(Mesh(rows=rows, cols=cols, tag=unsigned(4)), tiles, vectors, rows, seed=rows)


@pytest.mark.parametrize("rows", [4, 8])
@pytest.mark.parametrize(("weight", "activation"), [(-128, -128), (-128, 127), (127, 127)])
def test_extreme_sums(rows: int, weight: int, activation: int) -> None:
    tiles = np.full((1, rows, 4), weight, np.int8)
    vectors = [np.full((3, rows), activation, np.int8)]
    ((_, _, sums), *_) = stream(Mesh(rows=rows, cols=4), tiles, vectors, rows, seed=1)
    assert sums == [rows * weight * activation] * 4
