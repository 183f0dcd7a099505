# SPDX-License-Identifier: MIT
"""Banks, who has to wait, and what reads find."""

import random

import pytest
from amaranth.hdl import unsigned
from amaranth.sim import Simulator

from opsin.npu.scratchpad import READ_LATENCY, Scratchpad
from opsin_sim.stream import SimulatorContext


@pytest.mark.parametrize("banks", [2, 4])
@pytest.mark.parametrize("seed", [1, 2])
def test_random_traffic(banks: int, seed: int) -> None:
    """Three readers and two writers at random: first come first, every word as written last."""
    depth, readers, writers = 16, 3, 2
    dut = Scratchpad(depth=depth, shape=unsigned(12), banks=banks, readers=readers, writers=writers)
    rng = random.Random(seed)
    size = depth // banks
    words = [0] * depth
    owed: list[dict[int, int]] = [{} for _ in range(readers)]  # cycle of the response: word
    waits = [0, 0]
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for address in range(depth):
            ctx.set(dut.writes[0].request.payload, {"address": address, "data": 0})
            ctx.set(dut.writes[0].request.valid, 1)
            await ctx.tick()
        for cycle in range(1500):
            writing: dict[int, tuple[int, int]] = {}
            for n, write in enumerate(dut.writes):
                address, word = rng.randrange(depth), rng.getrandbits(12)
                valid = rng.random() < 0.6
                ctx.set(write.request.payload, {"address": address, "data": word})
                ctx.set(write.request.valid, valid)
                if valid and address // size in writing:
                    waits[0] += 1
                    assert not ctx.get(write.request.ready)
                    assert ctx.get(dut.write_conflicts) >> n & 1
                elif valid:
                    assert ctx.get(write.request.ready)
                    assert not ctx.get(dut.write_conflicts) >> n & 1
                    writing[address // size] = address, word
            taken = set()
            for n, read in enumerate(dut.reads):
                address = rng.randrange(depth)
                # what is being written cannot be read in that cycle
                valid = rng.random() < 0.7 and address not in {a for a, _ in writing.values()}
                ctx.set(read.request.payload, address)
                ctx.set(read.request.valid, valid)
                if valid and address // size in taken:
                    waits[1] += 1
                    assert not ctx.get(read.request.ready)
                    assert ctx.get(dut.read_conflicts) >> n & 1
                elif valid:
                    assert ctx.get(read.request.ready)
                    taken.add(address // size)
                    owed[n][cycle + READ_LATENCY] = words[address]
                response = read.response
                assert ctx.get(response.valid) == (cycle in owed[n])
                if cycle in owed[n]:
                    assert ctx.get(response.data) == owed[n].pop(cycle)
            await ctx.tick()
            for address, word in writing.values():
                words[address] = word

    sim.run()
    assert min(waits) > 100


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"depth": 12, "banks": 2}, "depth must be a power of two from 2 on, not 12"),
        ({"depth": 16, "banks": 1}, "banks must be a power of two from 2 on, not 1"),
    ],
)
def test_errors(arguments: dict[str, int], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Scratchpad(shape=unsigned(8), **arguments)
