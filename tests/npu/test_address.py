# SPDX-License-Identifier: MIT
"""Addresses of nested loops, one by one."""

from itertools import product

import numpy as np
import pytest
from amaranth.sim import Simulator

from opsin.npu.address import AddressGenerator
from opsin_sim.stream import SimulatorContext


@pytest.mark.parametrize("dimensions", [1, 2, 3, 6])
@pytest.mark.parametrize("pauses", [False, True], ids=["full-rate", "pauses"])
def test_steps(dimensions: int, pauses: bool) -> None:
    width = 12
    dut = AddressGenerator(dimensions=dimensions, width=width)
    rng = np.random.default_rng(dimensions)
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for run in range(8):
            counts = rng.integers(1, 5, dimensions).tolist()
            if run == 0:
                counts = [1] * dimensions
            strides = rng.integers(-2048, 2048, dimensions).tolist()
            base = int(rng.integers(4096))
            ctx.set(dut.base, base)
            for loop, count, stride in zip(dut.loops, counts, strides, strict=True):
                ctx.set(loop, {"count": count, "stride": stride})
            ctx.set(dut.start, 1)
            await ctx.tick()
            ctx.set(dut.start, 0)
            for loop in dut.loops:
                ctx.set(loop, {"count": 9, "stride": 99})  # not looked at any more
            for outermost_first in product(*map(range, reversed(counts))):
                index = outermost_first[::-1]
                while pauses and rng.random() < 0.5:
                    await ctx.tick()
                wanted = base + sum(i * s for i, s in zip(index, strides, strict=True))
                assert ctx.get(dut.address) == wanted % 4096
                ends = [i == count - 1 for i, count in zip(index, counts, strict=True)]
                assert ctx.get(dut.last) == sum(end << d for d, end in enumerate(ends))
                begins = [i == 0 for i in index]
                assert ctx.get(dut.first) == sum(begin << d for d, begin in enumerate(begins))
                ctx.set(dut.step, 1)
                await ctx.tick()
                ctx.set(dut.step, 0)

    sim.run()


def test_longest_loop() -> None:
    """65535 iterations are counted in full; here the last few."""
    dut = AddressGenerator(dimensions=1, width=17)
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(dut.loops[0], {"count": 65535, "stride": 1})
        ctx.set(dut.start, 1)
        await ctx.tick()
        ctx.set(dut.start, 0)
        ctx.set(dut.step, 1)
        await ctx.tick().repeat(65533)
        assert (ctx.get(dut.address), ctx.get(dut.last)) == (65533, 0)
        await ctx.tick()
        assert (ctx.get(dut.address), ctx.get(dut.last)) == (65534, 1)

    sim.run()
