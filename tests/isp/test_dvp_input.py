# SPDX-License-Identifier: MIT
"""Parallel camera port against its golden model."""

import random
from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.isp import DvpInput
from opsin_sim.blocks import random_frames
from opsin_sim.golden import isp
from opsin_sim.stream import SimulatorContext

Pins = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def pins(frames: list[NDArray[Any]], *, blank: int = 3, gap: int = 2) -> Pins:
    """Send as a sensor does: noise in the blanking, a vertical pulse before each frame."""
    rng = np.random.default_rng(len(frames))
    data: list[int] = []
    hsync: list[bool] = []
    vsync: list[bool] = []

    def send(values: list[int], h: bool, v: bool) -> None:
        data.extend(values)
        hsync.extend([h] * len(values))
        vsync.extend([v] * len(values))

    for frame in frames:
        send(rng.integers(0, 256, blank).tolist(), False, True)
        send(rng.integers(0, 256, gap).tolist(), False, False)
        for line in frame:
            send(line.tolist(), True, False)
            send(rng.integers(0, 256, blank).tolist(), False, False)
    return np.array(data, dtype=np.uint16), np.array(hsync), np.array(vsync)


def simulate(
    dut: DvpInput, signals: Pins, *, low: tuple[int, int] = (0, 0), slow: float = 0.0
) -> tuple[list[tuple[int, int, int]], bool]:
    """Beats that come, and whether there was an overflow; with ``slow``, samples have pauses."""
    streams: Any = dut
    rng = random.Random(1)
    received: list[tuple[int, int, int]] = []
    overflow = False

    async def bench(ctx: SimulatorContext) -> None:
        nonlocal overflow
        ctx.set(dut.hsync_low, low[0])
        ctx.set(dut.vsync_low, low[1])
        ctx.set(streams.o.ready, 1)
        samples = [tuple(int(x) for x in sample) for sample in zip(*signals, strict=True)]
        for data, hsync, vsync in [*samples, *samples[-1:] * 4]:
            while True:
                strobe = rng.random() >= slow
                ctx.set(dut.strobe, strobe)
                ctx.set(dut.data, data if strobe else 99)
                ctx.set(dut.hsync, (hsync if strobe else rng.randrange(2)) ^ low[0])
                ctx.set(dut.vsync, (vsync if strobe else rng.randrange(2)) ^ low[1])
                _, _, valid, p = await ctx.tick().sample(streams.o.valid, streams.o.p)
                if valid:
                    received.append((p.pixel[0], p.sof, p.eol))
                if strobe:
                    break
        overflow = bool(ctx.get(dut.overflow))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return received, overflow


def listed(beats: Any) -> list[tuple[int, int, int]]:
    fields = zip(beats.pixel.tolist(), beats.sof, beats.eol, strict=True)
    return [(pixel, int(sof), int(eol)) for pixel, sof, eol in fields]


def test_golden_gives_the_frames() -> None:
    frames = random_frames(8, sizes=[(5, 3), (4, 4)])
    wanted = isp.frames_to_beats(frames)
    assert listed(isp.dvp_input(*pins(frames))) == listed(wanted)
    assert listed(isp.dvp_input(*pins(frames, gap=0))) == listed(wanted)


@pytest.mark.parametrize("slow", [0.0, 0.6])
@pytest.mark.parametrize("low", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_frames(low: tuple[int, int], slow: float) -> None:
    frames = random_frames(10, sizes=[(4, 4), (7, 3), (1, 2)])
    got, overflow = simulate(DvpInput(depth=10), pins(frames), low=low, slow=slow)
    assert got == listed(isp.frames_to_beats(frames))
    assert not overflow


@pytest.mark.parametrize("seed", range(3))
def test_anything(seed: int) -> None:
    """Pins at random: vertical pulses inside lines, lines of one pixel, no blanking."""
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 256, 600).astype(np.uint16)
    signals = (data, rng.random(600) < 0.7, rng.random(600) < 0.15)
    silent: Any = [np.append(x, np.zeros(2, dtype=x.dtype)) for x in signals]
    got, _ = simulate(DvpInput(depth=8), silent, slow=0.2)
    assert got == listed(isp.dvp_input(*silent))


def test_overflow() -> None:
    """A sink that does not take loses pixels, is told so, and never sees a payload change."""
    dut = DvpInput(depth=8)
    streams: Any = dut

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(dut.strobe, 1)
        ctx.set(dut.hsync, 1)
        for value in range(1, 6):
            ctx.set(dut.data, value)
            await ctx.tick()
        assert ctx.get(streams.o.valid)
        assert ctx.get(streams.o.p.pixel[0]) == 1
        assert ctx.get(dut.overflow)
        ctx.set(dut.hsync, 0)
        ctx.set(streams.o.ready, 1)
        await ctx.tick().repeat(4)
        assert ctx.get(dut.overflow)
        ctx.set(dut.clear, 1)
        await ctx.tick()
        assert not ctx.get(dut.overflow)
        assert not ctx.get(streams.o.valid)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        DvpInput(depth=7)
