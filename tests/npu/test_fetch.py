# SPDX-License-Identifier: MIT
"""Descriptors from memory: order, ends, and starting over."""

import random

import numpy as np
import pytest
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.npu.fetch import Fetch
from opsin_sim.memory import serve
from opsin_sim.stream import SimulatorContext, receive


@pytest.mark.parametrize("word_bytes", [0, 3, 128])
def test_rejects_word_bytes(word_bytes: int) -> None:
    with pytest.raises(ValueError, match="word_bytes must divide 64"):
        Fetch(word_bytes=word_bytes)


def test_rejects_ahead() -> None:
    with pytest.raises(ValueError, match="ahead must be a power of two, not 3"):
        Fetch(word_bytes=8, ahead=3)


def program(count: int) -> NDArray[np.uint8]:
    """``count`` descriptors of noise, none of them HALT."""
    memory = np.random.default_rng(count).integers(0, 256, 64 * count, np.uint8)
    memory[::64] = 4
    return memory


def begin(ctx: SimulatorContext, dut: Fetch, entry: int) -> None:
    ctx.set(dut.entry, entry)
    ctx.set(dut.start, 1)


@pytest.mark.parametrize("word_bytes", [4, 8, 64])
@pytest.mark.parametrize("stalls", [False, True], ids=["full-rate", "stalled"])
def test_reads_in_order_to_the_end(word_bytes: int, stalls: bool) -> None:
    memory = program(6)
    dut = Fetch(word_bytes=word_bytes)
    rng = random.Random(1) if stalls else None
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def behind(ctx: SimulatorContext) -> None:
        await serve(ctx, dut.memory, memory, latency=5, rng=rng)

    sim.add_testbench(behind, background=True)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(dut.memory_bytes, len(memory))
        for entry in (0, 128, 320):
            assert ctx.get(dut.idle)
            begin(ctx, dut, entry)
            await ctx.tick()
            ctx.set(dut.start, 0)
            count = 6 - entry // 64
            seen = await receive(ctx, dut.o, count, rng=rng)
            assert b"".join(p.to_bytes(64, "little") for p in seen) == memory[entry:].tobytes()
            assert ctx.get(dut.ended)
            ctx.set(dut.stop, 1)
            await ctx.tick().repeat(2)
            ctx.set(dut.stop, 0)

    sim.run()


@pytest.mark.parametrize("stopping", range(1, 60, 7))
def test_stops_any_time(stopping: int) -> None:
    """What was on its way when stopped does not show up in the next job."""
    memory = program(32)
    dut = Fetch(word_bytes=8)
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def behind(ctx: SimulatorContext) -> None:
        await serve(ctx, dut.memory, memory, latency=15, rng=random.Random(stopping))

    sim.add_testbench(behind, background=True)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(dut.memory_bytes, len(memory))
        begin(ctx, dut, 0)
        await ctx.tick()
        ctx.set(dut.start, 0)
        await ctx.tick().repeat(stopping)
        ctx.set(dut.stop, 1)
        await ctx.tick().until(dut.idle)
        ctx.set(dut.stop, 0)
        begin(ctx, dut, 1024)
        await ctx.tick()
        ctx.set(dut.start, 0)
        seen = await receive(ctx, dut.o, 3)
        assert b"".join(p.to_bytes(64, "little") for p in seen) == memory[1024:][:192].tobytes()

    sim.run()


def test_halt_ends_reading_ahead() -> None:
    memory = program(32)
    memory[64] = 6
    dut = Fetch(word_bytes=8, ahead=4)
    highest = 0
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def behind(ctx: SimulatorContext) -> None:
        await serve(ctx, dut.memory, memory)

    sim.add_testbench(behind, background=True)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        nonlocal highest
        ctx.set(dut.memory_bytes, 0)
        begin(ctx, dut, 0)
        await ctx.tick()
        ctx.set(dut.start, 0)
        for _ in range(200):
            if ctx.get(dut.memory.request.valid):
                highest = max(highest, ctx.get(dut.memory.request.p.address))
            await ctx.tick()

    sim.run()
    assert highest < 128
