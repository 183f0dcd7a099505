# SPDX-License-Identifier: MIT
"""Accumulator: sums that come back as early as they may."""

import numpy as np
import pytest
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.npu.accumulator import Accumulator
from opsin_sim.stream import SimulatorContext


@pytest.mark.parametrize("spacing", [4, 5, 9])
def test_tiles_add_up(spacing: int) -> None:
    """Tiles of ``spacing`` rows or fewer, one tile every ``spacing`` cycles."""
    cols, depth, tiles = 3, 16, 6
    dut = Accumulator(depth=depth, cols=cols)
    rng = np.random.default_rng(spacing)
    sums = rng.integers(-(2**31), 2**31, (tiles, spacing, cols), np.int32)
    bias = rng.integers(-(2**31), 2**31, cols, np.int32)
    memory = np.zeros((depth, cols), np.int32)
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def job(ctx: SimulatorContext, base: int, rows: int, replace: bool) -> None:
        ctx.set(dut.base, base)
        for tile in range(tiles):
            for row in range(spacing):
                tag = {
                    "first": row == 0,
                    "replace": replace and tile == 0,
                    "last": tile == tiles - 1 and row == rows - 1,
                }
                valid = row < rows
                ctx.set(dut.i, {"sum": sums[tile, row].tolist(), "tag": tag, "valid": valid})
                await ctx.tick()
                if tag["last"]:
                    break
        ctx.set(dut.i.valid, 0)
        for _ in range(3):
            assert not ctx.get(dut.written)
            await ctx.tick()
        assert ctx.get(dut.written)
        target = memory[base : base + rows]
        if replace:
            target[:] = bias
        target += np.sum(sums[:, :rows], axis=0, dtype=np.int32)

    async def compare(ctx: SimulatorContext) -> None:
        ctx.set(dut.read.enable, 1)
        seen: list[NDArray[np.int32]] = []
        for address in range(depth + 2):
            ctx.set(dut.read.address, address % depth)
            if address >= 2:
                seen.append(np.array([ctx.get(value) for value in dut.read.data], np.int32))
            await ctx.tick()
        ctx.set(dut.read.enable, 0)
        assert np.array_equal(seen, memory)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for c, value in enumerate(bias.tolist()):
            ctx.set(dut.bias[c], value)
        for base, rows, replace in ((0, spacing, True), (7, 1, False), (3, 2, True), (0, 3, False)):
            await job(ctx, base, rows, replace)
            await compare(ctx)

    sim.run()
