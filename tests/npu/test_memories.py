# SPDX-License-Identifier: MIT
"""Scratchpad, parameters, counters."""

import random

import numpy as np
from amaranth.hdl import Value, unsigned
from amaranth.sim import Simulator

from opsin.npu.counters import COUNTERS, Counters
from opsin.npu.parameters import Parameters
from opsin.npu.scratchpad import Scratchpad
from opsin_sim.stream import SimulatorContext


def test_scratchpad() -> None:
    """Random writes and reads, with ``enable`` coming and going."""
    dut = Scratchpad(depth=8, shape=unsigned(16))
    rng = random.Random(1)
    words = [0] * 8
    first = second = None
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        nonlocal first, second
        for _ in range(400):
            if second is not None:
                assert ctx.get(dut.read.data) == second
            write, enable = rng.random() < 0.5, rng.random() < 0.7
            address, target, data = rng.randrange(8), rng.randrange(8), rng.getrandbits(16)
            write = write and target != address  # the word being read is not to be written
            ctx.set(dut.write, {"address": target, "data": data, "enable": write})
            ctx.set(dut.read.address, address)
            ctx.set(dut.read.enable, enable)
            await ctx.tick()
            if enable:
                first, second = words[address], first
            if write:
                words[target] = data

    sim.run()


def test_parameters() -> None:
    dut = Parameters(cols=4)
    words = np.random.default_rng(2).integers(0, 256, (8, 4), np.uint8)
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for address in (3, 0, 7, 1, 2, 6, 5, 4):
            data = int.from_bytes(words[address].tobytes(), "little")
            ctx.set(dut.write, {"address": address, "data": data, "enable": 1})
            await ctx.tick()
        ctx.set(dut.write.enable, 0)
        ctx.set(dut.write.data, 0)
        await ctx.tick()
        bias = [ctx.get(value) for value in dut.bias]
        scale = [ctx.get(Value.cast(value)) for value in dut.scale]
        assert bias == words[:4].view("<i4").ravel().tolist()
        assert scale == words[4:].view("<u4").ravel().tolist()

    sim.run()


def test_counters() -> None:
    dut = Counters()
    rng = random.Random(3)
    wanted = dict.fromkeys(COUNTERS, 0)
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for cycle in range(100):
            events = {name: int(rng.random() < 0.5) for name in COUNTERS}
            ctx.set(dut.events, events)
            ctx.set(dut.clear, cycle == 50)
            await ctx.tick()
            for name, event in events.items():
                wanted[name] = 0 if cycle == 50 else wanted[name] + event
            assert {name: ctx.get(dut.values[name]) for name in COUNTERS} == wanted

    sim.run()
