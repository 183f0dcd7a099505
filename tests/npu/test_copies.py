# SPDX-License-Identifier: MIT
"""LOAD, STORE and FILL, each alone."""

import random
from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator

from opsin.npu.fill import Fill
from opsin.npu.isa import Space
from opsin.npu.load import Load
from opsin.npu.store import Store
from opsin_sim.memory import serve
from opsin_sim.stream import SimulatorContext

DEPTHS = {Space.ACTIVATIONS: 32, Space.WEIGHTS: 16, Space.PARAMETERS: 8}
SHAPES = [
    {"local": 0, "row_words": 1, "rows": 1, "local_stride": 0},
    {"local": 1, "row_words": 3, "rows": 2, "local_stride": 4},
    {"local": 7, "row_words": 1, "rows": 8, "local_stride": -1},
    {"local": 1, "row_words": 4, "rows": 3, "local_stride": 0},
    {"local": 0, "row_words": 8, "rows": 1, "local_stride": 5},
]


def words(fields: dict[str, int]) -> list[tuple[int, int]]:
    """Local word and byte address in memory of every word of a copy, in order."""
    return [
        (
            fields["local"] + row * fields["local_stride"] + word,
            fields.get("memory", 0) + row * fields.get("memory_stride", 0) + 4 * word,
        )
        for row in range(fields["rows"])
        for word in range(fields["row_words"])
    ]


async def command(ctx: SimulatorContext, dut: Any, fields: dict[str, int]) -> None:
    """Give a command and wait until it is carried out."""
    ctx.set(dut.command.payload, fields)
    ctx.set(dut.command.valid, 1)
    assert ctx.get(dut.command.ready)
    await ctx.tick()
    ctx.set(dut.command.valid, 0)
    assert ctx.get(dut.busy)
    for _ in range(1000):
        if not ctx.get(dut.busy):
            return
        await ctx.tick()
    raise AssertionError("busy must fall")


@pytest.mark.parametrize("stalls", [False, True], ids=["full-rate", "stalled"])
@pytest.mark.parametrize("space", list(Space), ids=lambda space: space.name)
def test_load(space: Space, stalls: bool) -> None:
    memory = np.random.default_rng(1).integers(0, 256, 512, np.uint8)
    dut = Load(word_bytes=4, depths=DEPTHS)
    seen: list[tuple[str, int, int]] = []
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def behind(ctx: SimulatorContext) -> None:
        rng = random.Random(2) if stalls else None
        await serve(ctx, dut.memory, memory, latency=6, rng=rng)

    async def watch(ctx: SimulatorContext) -> None:
        while True:
            await ctx.tick()
            for name in ("activations", "weights", "parameters"):
                write = getattr(dut, name)
                if ctx.get(write.enable):
                    seen.append((name, ctx.get(write.address), ctx.get(write.data)))

    sim.add_testbench(behind, background=True)
    sim.add_testbench(watch, background=True)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for shape in SHAPES:
            fields = shape | {"memory": 64, "memory_stride": -8, "space": space.value}
            await command(ctx, dut, fields)
            await ctx.tick()
            expected = [
                (space.name.lower(), word, int.from_bytes(memory[at : at + 4].tobytes(), "little"))
                for word, at in words(fields)
            ]
            assert seen == expected
            seen.clear()

    sim.run()


@pytest.mark.parametrize("stalls", [False, True], ids=["full-rate", "stalled"])
def test_store(stalls: bool) -> None:
    memory = np.zeros(512, np.uint8)
    expected = memory.copy()
    dut = Store(word_bytes=4, depth=32)
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def behind(ctx: SimulatorContext) -> None:
        await serve(ctx, dut.memory, memory, rng=random.Random(3) if stalls else None)

    async def local(ctx: SimulatorContext) -> None:
        """Words, their number times 0x01010101, after two enabled cycles."""
        read = dut.activations
        first = second = 0
        while True:
            ctx.set(read.data, second * 0x01010101)
            _, _, address, enable = await ctx.tick().sample(read.address, read.enable)
            if enable:
                first, second = address, first

    sim.add_testbench(behind, background=True)
    sim.add_testbench(local, background=True)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for n, shape in enumerate(SHAPES):
            fields = shape | {"memory": 256, "memory_stride": 8 * n - 16}
            await command(ctx, dut, fields)
            for word, at in words(fields):
                expected[at : at + 4] = word
            assert np.array_equal(memory, expected)

    sim.run()


def test_fill() -> None:
    dut = Fill(word_bytes=4, depth=32)
    seen: list[tuple[int, int]] = []
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    async def watch(ctx: SimulatorContext) -> None:
        write = dut.activations
        while True:
            _, _, enable, address, data = await ctx.tick().sample(
                write.enable, write.address, write.data
            )
            if enable:
                seen.append((address, data))

    sim.add_testbench(watch, background=True)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for value, shape in zip((-1, 3, -128, 127, 0), SHAPES, strict=True):
            await command(ctx, dut, shape | {"value": value})
            assert seen == [(word, (value & 255) * 0x01010101) for word, _ in words(shape)]
            seen.clear()

    sim.run()
