# SPDX-License-Identifier: MIT
"""Settings that follow their input only when told to."""

import pytest
from amaranth.sim import Simulator

from opsin.common.shadow import Shadow
from opsin_sim.stream import SimulatorContext


@pytest.mark.parametrize("wide", [False, True])
def test_follows_when_told(wide: bool) -> None:
    """A wide one follows what stands there a cycle after it is told to."""
    dut = Shadow(200, wide=wide)
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)

    @simulator.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        seen = []
        for value, take in ((5, 0), (6, 1), (7, 0), (8, 1), (9, 0)):
            ctx.set(dut.i, value << 150 | value)
            ctx.set(dut.take, take)
            await ctx.tick()
            seen.append(ctx.get(dut.o) >> 150)
            assert ctx.get(dut.o) & 255 == seen[-1]
        assert seen == ([0, 0, 7, 7, 9] if wide else [0, 6, 6, 8, 8])

    simulator.run()
