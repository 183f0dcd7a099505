# SPDX-License-Identifier: MIT
"""Test picture against its golden model."""

import random

import numpy as np
import pytest
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.common.video import BayerPhase
from opsin.isp.test_pattern import TestPattern
from opsin_sim.golden import test_pattern as golden
from opsin_sim.stream import SimulatorContext, receive

SIZES = [(8, 4), (9, 5), (37, 23), (64, 16)]
PHASES = ["RGGB", "GRBG", "GBRG", "BGGR"]


def frames(
    cases: list[tuple[int, int, str]], *, depth: int, rng: random.Random | None = None
) -> list[NDArray[np.uint16]]:
    """Take one frame of each size and phase, changed while the frame before is under way."""
    dut = TestPattern(depth=depth)
    taken: list[NDArray[np.uint16]] = []
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        def configure(width: int, height: int, phase: str) -> None:
            ctx.set(dut.width, width)
            ctx.set(dut.height, height)
            ctx.set(dut.phase, BayerPhase[phase])

        configure(*cases[0])
        for k, (width, height, _) in enumerate(cases):
            beats = await receive(ctx, dut.o, 1, rng=rng)
            configure(*cases[min(k + 1, len(cases) - 1)])
            beats += await receive(ctx, dut.o, width * height - 1, rng=rng)
            assert [b.sof for b in beats] == [1] + [0] * (width * height - 1)
            assert [b.eol for b in beats] == ([0] * (width - 1) + [1]) * height
            pixels = np.array([b.pixel[0] for b in beats], np.uint16)
            taken.append(pixels.reshape(height, width))

    sim.run_until(4e-6 * (100 + sum(width * height for width, height, _ in cases)))
    assert len(taken) == len(cases)
    return taken


@pytest.mark.parametrize("depth", [7, 17, 0])
def test_rejects_depth(depth: int) -> None:
    with pytest.raises(ValueError, match=rf"depth must be in 8\.\.16, not {depth}"):
        TestPattern(depth=depth)


def test_golden_rejects() -> None:
    with pytest.raises(ValueError, match="size must be at least 8×4, not 7×4"):
        golden.frame(7, 4, depth=10)
    with pytest.raises(ValueError, match="phase must be RGGB, GRBG, GBRG or BGGR, not 'RGBG'"):
        golden.frame(8, 4, depth=10, phase="RGBG")


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_matches_golden(depth: int) -> None:
    cases = [(*size, phase) for size, phase in zip(SIZES, PHASES, strict=True)]
    for frame, (width, height, phase) in zip(frames(cases, depth=depth), cases, strict=True):
        assert np.array_equal(frame, golden.frame(width, height, depth=depth, phase=phase))


@pytest.mark.parametrize("phase", PHASES)
def test_stalled(phase: str) -> None:
    cases = [(13, 9, phase)] * 2
    for frame in frames(cases, depth=10, rng=random.Random(5)):
        assert np.array_equal(frame, golden.frame(13, 9, depth=10, phase=phase))


def test_golden_in_words() -> None:
    frame = golden.frame(640, 480, depth=12)
    on, off = 3072, 64
    assert frame[0, ::80].tolist() == [on, on, off, off, on, on, off, off]  # red sites
    assert frame[1, 1::80].tolist() == [on, off, on, off, on, off, on, off]  # blue sites
    assert frame[0, 1::80].tolist() == frame[1, ::80].tolist() == [on] * 4 + [off] * 4
    assert frame[120, :3].tolist() == [120, 136, 152]
    assert frame[120, 255:257].tolist() == [(255 * 16 + 120) % 4096, 120]
    assert frame[240, :12].tolist() == [off] * 4 + [on] * 4 + [off] * 4
    assert frame[360, 0] == golden._noise()[360 * 640 % 65535] & 0xFFF
    assert len(set(golden._noise().tolist())) == 65535
