# SPDX-License-Identifier: MIT
"""Settings that follow their input only when told to."""

from amaranth.sim import Simulator

from opsin.common.shadow import Shadow
from opsin_sim.stream import SimulatorContext


def test_follows_when_told() -> None:
    dut = Shadow(8)
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)

    @simulator.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        seen = []
        for value, take in ((5, 0), (6, 1), (7, 0), (8, 1), (9, 0)):
            ctx.set(dut.i, value)
            ctx.set(dut.take, take)
            await ctx.tick()
            seen.append(ctx.get(dut.o))
        assert seen == [0, 6, 6, 8, 8]

    simulator.run()
