# SPDX-License-Identifier: MIT
"""Checks against the golden model's, and the cycles they take."""

from itertools import product

import numpy as np
import pytest
from amaranth.sim import Simulator

from opsin.config import NPU_SMALL, NPU_TINY, NpuConfig
from opsin.npu.check import Check
from opsin_sim.golden import npu
from opsin_sim.golden.npu import LAYOUTS, Error, Opcode, encode
from opsin_sim.golden.npu.check import check
from opsin_sim.npu import random_job
from opsin_sim.stream import SimulatorContext


def damaged(config: NpuConfig, seed: int, number: int) -> list[bytes]:
    """Legal descriptors, most of them with a bit flipped or a field at an extreme."""
    rng = np.random.default_rng(seed)
    job = random_job(config, seed, descriptors=number)
    program = job.memory[job.entry :][: 64 * number].reshape(number, 64)
    for raw in program:
        if rng.random() < 0.2:
            continue
        if rng.random() < 0.5:
            raw[rng.integers(56)] ^= 1 << rng.integers(8)
            continue
        layout = LAYOUTS[Opcode(int(raw[0]))]
        record = np.frombuffer(raw.tobytes(), layout).copy()
        name = str(rng.choice([name for name in layout.names or () if name != "opcode"]))
        bits = np.iinfo(layout[name])
        record[name] = rng.choice([bits.min, bits.max, 0, 1, bits.max // 2 + 1])
        raw[:] = np.frombuffer(record.tobytes(), np.uint8)
    return [raw.tobytes() for raw in program]


def expected(config: NpuConfig, raw: bytes, memory_bytes: int) -> Error:
    if raw[0] not in list(Opcode):
        return Error.OPCODE
    layout = LAYOUTS[Opcode(raw[0])]
    (record,) = np.frombuffer(raw, layout)
    fields = {n: int(record[n]) & npu.BITS.get(n, -1) for n in layout.names or ()}
    return check(
        Opcode(raw[0]),
        fields,
        rows=config.rows,
        sizes=[config.activation_words, config.weight_words, 8, 0],
        sums=config.accumulator_rows,
        memory_bytes=memory_bytes,
    )


async def ask(ctx: SimulatorContext, dut: Check, raw: bytes) -> tuple[Error, int]:
    """Fault found in a descriptor, and the cycles until it was known."""
    ctx.set(dut.i.payload, int.from_bytes(raw, "little"))
    ctx.set(dut.i.valid, 1)
    cycles = 0
    while not ctx.get(dut.o.valid):
        await ctx.tick()
        cycles += 1
        assert cycles < 400
    error = Error(ctx.get(dut.o.p.error).value)
    assert ctx.get(dut.o.p.descriptor) == int.from_bytes(raw, "little")
    assert not ctx.get(dut.i.ready)
    ctx.set(dut.o.ready, 1)
    assert ctx.get(dut.i.ready)
    await ctx.tick()
    ctx.set(dut.o.ready, 0)
    ctx.set(dut.i.valid, 0)
    return error, cycles


@pytest.mark.parametrize("config", [NPU_TINY, NPU_SMALL], ids=lambda config: config.name)
@pytest.mark.parametrize("memory_bytes", [0, 4096, 5003, 2**31], ids=hex)
def test_agrees_with_golden(config: NpuConfig, memory_bytes: int) -> None:
    dut = Check(config)
    sim = Simulator(dut)
    sim.add_clock(1e-6)
    found = set()

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(dut.memory_bytes, memory_bytes)
        for raw in damaged(config, memory_bytes % 97, 120):
            error, _ = await ask(ctx, dut, raw)
            assert error == expected(config, raw, memory_bytes or 2**32), raw.hex()
            found.add(error)

    sim.run()
    assert len(found) >= 4


def test_far_reach() -> None:
    """Products that leave the adder, with a single bit of their factor set."""
    dut = Check(NPU_TINY)
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for power, stride in product(range(16), (-(2**31), -(2**20), 2**6, 2**20, 2**30)):
            fields = {"local": 500, "rows": 2**power + 1, "local_stride": stride}
            raw = encode(Opcode.FILL, row_words=1, **fields)
            error, _ = await ask(ctx, dut, raw)
            assert error == expected(NPU_TINY, raw, 2**32), fields

    sim.run()


def test_cycles() -> None:
    dut = Check(NPU_SMALL)
    ones = dict.fromkeys(["k0", "k1", "k2", "n0", "n1", "n2"], 1)
    cases = [
        (encode(Opcode.HALT), 1),
        (encode(Opcode.FILL), 1),
        (encode(Opcode.FILL, row_words=1, rows=1), 3 + 4 + 1 + 1),
        (encode(Opcode.FILL, row_words=256, rows=9), 3 + 4 + 8 + 4),
        (encode(Opcode.LOAD, row_words=5, rows=1), 3 + 8 + 2 * (3 + 1)),
        (encode(Opcode.MATMUL, **ones), 3 + 20 + 6 + 2 * (3 + 1)),
        (encode(Opcode.MATMUL, **ones | {"k0": 8, "n0": 32}), 3 + 20 + 12 + (6 + 1) + (8 + 1)),
        (encode(Opcode.REQUANTIZE, count=100), 3 + 7 + 7 + (7 + 1)),
    ]
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for raw, cycles in cases:
            assert (await ask(ctx, dut, raw))[1] == cycles

    sim.run()


def test_given_up() -> None:
    """A descriptor that is taken away leaves nothing behind, wherever its check stood."""
    dut = Check(NPU_SMALL)
    ones = dict.fromkeys(["k0", "k1", "k2", "n0", "n1", "n2"], 1)
    bad = encode(Opcode.MATMUL, **ones | {"weights": 1 << 30, "n0": 99, "n0_stride": 7})
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for cycles in range(1, 60, 3):
            ctx.set(dut.i.payload, int.from_bytes(bad, "little"))
            ctx.set(dut.i.valid, 1)
            await ctx.tick().repeat(cycles)
            ctx.set(dut.i.valid, 0)
            await ctx.tick()
            assert not ctx.get(dut.o.valid)
            good = encode(Opcode.FILL, row_words=2, rows=1)
            assert await ask(ctx, dut, good) == (Error.NONE, 3 + 4 + 1 + 1)

    sim.run()
