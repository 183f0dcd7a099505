# SPDX-License-Identifier: MIT
"""Small parts of the tops: the line of text and the curve loader."""

import random
from itertools import pairwise

import pytest
from amaranth.sim import Simulator

from opsin_fpga.curve_loader import CurveLoader
from opsin_fpga.frame_line import FrameLine
from opsin_sim.stream import SimulatorContext, receive, send

RESULTS = [(1, 0x1234ABCD), (0xFFFFFFFF, 0), (0x89ABCDEF, 0x00567FED)]


@pytest.mark.parametrize("stalls", [False, True], ids=["full-rate", "stalled"])
def test_frame_line(stalls: bool) -> None:
    dut = FrameLine()
    rng = random.Random(1) if stalls else None
    expected = "".join(f"frame {number:08x} crc {crc:08x}\r\n" for number, crc in RESULTS)
    sim = Simulator(dut)
    sim.add_clock(1e-6)
    done = False

    @sim.add_testbench
    async def source(ctx: SimulatorContext) -> None:
        await send(ctx, dut.i, [{"number": n, "crc": c} for n, c in RESULTS], rng=rng)

    @sim.add_testbench
    async def sink(ctx: SimulatorContext) -> None:
        nonlocal done
        text = await receive(ctx, dut.o, len(expected), rng=rng)
        assert bytes(text).decode() == expected
        done = True

    sim.run_until(1e-6 * 10 * len(expected))
    assert done


def test_curve_loader_rejects() -> None:
    with pytest.raises(ValueError, match="points must be 257 numbers, not 256"):
        CurveLoader(range(256))


@pytest.mark.parametrize("stalls", [False, True], ids=["full-rate", "stalled"])
def test_curve_loader(stalls: bool) -> None:
    rng = random.Random(2) if stalls else None
    points = [random.Random(3).randrange(65536) for _ in range(257)]
    dut = CurveLoader(points)
    sim = Simulator(dut)
    sim.add_clock(1e-6)
    done = False

    @sim.add_testbench
    async def sink(ctx: SimulatorContext) -> None:
        nonlocal done
        taken = await receive(ctx, dut.o, 255, rng=rng)
        assert ctx.get(dut.done) == 0
        taken += await receive(ctx, dut.o, 1, rng=rng)
        assert [w.index for w in taken] == list(range(256))
        assert [(w.start, w.slope) for w in taken] == [(a, b - a) for a, b in pairwise(points)]
        assert ctx.get(dut.done) == 1
        for _ in range(10):
            await ctx.tick()
            assert ctx.get(dut.o.valid) == 0
        done = True

    sim.run_until(1e-6 * 3000)
    assert done
