# SPDX-License-Identifier: MIT
"""Counters in one memory against counting."""

import numpy as np
import pytest
from amaranth.sim import Simulator

from opsin.npu.event_counters import EventCounters
from opsin_sim.stream import SimulatorContext


def test_rejects_number() -> None:
    with pytest.raises(ValueError, match=r"number must be in 3\.\., not 2"):
        EventCounters(2)


@pytest.mark.parametrize("number", [3, 16, 50])
def test_counts(number: int) -> None:
    """Counts of random events, of any density, since they were cleared last."""
    rng = np.random.default_rng(number)
    dut = EventCounters(number)
    sim = Simulator(dut)
    sim.add_clock(1e-6)
    late = (1 << (number - 1).bit_length()) + 4

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for cycles in (0, 1, 5, 301):
            ctx.set(dut.clear, 1)
            ctx.set(dut.events, -1)
            await ctx.tick()
            ctx.set(dut.clear, 0)
            counts = np.zeros(number, int)
            density = rng.choice([0, 0.1, 0.9, 1], number)
            for _ in range(cycles):
                events = rng.random(number) < density
                counts += events
                ctx.set(dut.events, sum(1 << n for n in range(number) if events[n]))
                await ctx.tick()
            ctx.set(dut.events, 0)
            await ctx.tick().repeat(late)
            for n in range(number):
                ctx.set(dut.index, n)
                await ctx.tick()
                assert ctx.get(dut.value) == counts[n], (n, cycles)

    sim.run()
