# SPDX-License-Identifier: MIT
"""Several units on one memory port."""

import random

import numpy as np
import pytest
from amaranth.sim import Simulator

from opsin.common.memory_arbiter import MemoryArbiter
from opsin_sim.memory import serve
from opsin_sim.stream import SimulatorContext, receive


@pytest.mark.parametrize("name", ["units", "outstanding"])
def test_rejects(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be positive, not 0"):
        MemoryArbiter(**({"units": 2, "word_bytes": 4, "outstanding": 4} | {name: 0}))


@pytest.mark.parametrize("latency", [0, 3, 12])
@pytest.mark.parametrize("stalls", [False, True], ids=["full-rate", "stalled"])
def test_words_reach_who_asked(latency: int, stalls: bool) -> None:
    """Each unit writes and reads back in its own part of memory."""
    dut = MemoryArbiter(units=3, word_bytes=4, outstanding=8)
    memory = np.zeros(3 * 256, np.uint8)
    rng = random.Random(latency)
    wanted: list[list[int]] = []
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def behind(ctx: SimulatorContext) -> None:
        pauses = random.Random(4) if stalls else None
        await serve(ctx, dut.memory, memory, latency=latency, rng=pauses)

    sim.add_testbench(behind, background=True)
    for n, unit in enumerate(dut.units):
        content: dict[int, int] = {}
        requests, expected = [], []
        for _ in range(60):
            address = 256 * n + 4 * rng.randrange(8)
            write = rng.random() < 0.4
            data = rng.getrandbits(32)
            requests.append({"address": address, "write": write, "data": data})
            if write:
                content[address] = data
            else:
                expected.append(content.get(address, 0))
        wanted.append(expected)

        async def ask(
            ctx: SimulatorContext, unit: object = unit, requests: object = requests, n: int = n
        ) -> None:
            pauses = random.Random(n)
            for request in requests:
                while pauses.random() < 0.3:
                    await ctx.tick()
                ctx.set(unit.request.payload, request)
                ctx.set(unit.request.valid, 1)
                await ctx.tick().until(unit.request.ready)
                ctx.set(unit.request.valid, 0)

        async def hear(
            ctx: SimulatorContext, unit: object = unit, expected: object = expected, n: int = n
        ) -> None:
            pauses = random.Random(n) if stalls else None
            assert await receive(ctx, unit.response, len(expected), rng=pauses) == expected

        sim.add_testbench(ask)
        sim.add_testbench(hear)

    sim.run()


def test_full_rate_and_idle() -> None:
    """Reads follow one another without a gap, and ``idle`` comes with the last answer."""
    dut = MemoryArbiter(units=2, word_bytes=4)
    memory = np.arange(256, dtype=np.uint8)
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def behind(ctx: SimulatorContext) -> None:
        await serve(ctx, dut.memory, memory, latency=20)

    sim.add_testbench(behind, background=True)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        unit = dut.units[1]
        ctx.set(unit.response.ready, 1)
        answers = []
        for cycle in range(60):
            ctx.set(unit.request.valid, cycle < 30)
            ctx.set(unit.request.p.address, 4 * cycle)
            if cycle < 30:
                assert ctx.get(unit.request.ready)
            _, _, valid, idle = await ctx.tick().sample(unit.response.valid, dut.idle)
            answers.append((cycle, valid, idle))
        # one cycle in the arbiter, one in memory, and its latency
        assert answers == [(n, 22 <= n < 52, not 1 <= n < 52) for n in range(60)]

    sim.run()
