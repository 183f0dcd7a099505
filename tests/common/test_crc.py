# SPDX-License-Identifier: MIT
"""Frame checksum against its golden model, also on broken frames."""

import random
import zlib
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import unsigned
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.common.crc import FrameCrc
from opsin.common.video import Rgb
from opsin_sim.golden.crc import frame_crc
from opsin_sim.stream import SimulatorContext, receive, send

WIDTH, HEIGHT = 6, 4


def beats(picture: NDArray[np.uint8], *, ppc: int = 1) -> list[dict[str, Any]]:
    width = picture.shape[1]
    return [
        {
            "pixel": [dict(zip("rgb", pixel, strict=True)) for pixel in line[x : x + ppc].tolist()],
            "sof": (x, y) == (0, 0),
            "eol": x + ppc == width,
        }
        for y, line in enumerate(picture)
        for x in range(0, width, ppc)
    ]


def picture(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def digests(
    sent: list[dict[str, Any]],
    count: int,
    *,
    ppc: int = 1,
    rng: random.Random | None = None,
    pause: int = 0,
) -> list[int]:
    """Feed ``sent``; all of it must be taken, and ``count`` checksums must come out.

    The sink stays away ``pause`` cycles before each.
    """
    dut = FrameCrc(Rgb(8), ppc=ppc)
    taken: list[int] = []
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def source(ctx: SimulatorContext) -> None:
        ctx.set(dut.height, HEIGHT)
        await send(ctx, dut.i, sent, rng=rng)
        await ctx.tick().repeat(4)

    async def sink(ctx: SimulatorContext) -> None:
        while True:
            for _ in range(pause):
                await ctx.tick()
            taken.extend(await receive(ctx, dut.o, 1, rng=rng))

    sim.add_testbench(sink, background=True)

    sim.run_until(8e-6 * (len(sent) + 100))
    assert len(taken) == count
    return taken


def test_golden_is_the_standard_crc() -> None:
    # The check value of CRC-32/ISO-HDLC in every catalogue.
    assert frame_crc(np.frombuffer(b"123456789", np.uint8)) == 0xCBF43926
    assert frame_crc(picture(1)[:, ::2]) == zlib.crc32(picture(1)[:, ::2].tobytes())


def test_golden_refuses_other_types() -> None:
    with pytest.raises(TypeError, match="picture must be of uint8, not dtype"):
        frame_crc(np.zeros((2, 2), np.uint16))


def test_rejects_pixel() -> None:
    with pytest.raises(ValueError, match="a beat must be a multiple of 8 bits, not 10"):
        FrameCrc(unsigned(10))


@pytest.mark.parametrize("stalls", [False, True], ids=["full-rate", "stalled"])
@pytest.mark.parametrize("ppc", [1, 2])
def test_matches_golden(ppc: int, stalls: bool) -> None:
    pictures = [picture(seed) for seed in range(3)]
    sent = [beat for each in pictures for beat in beats(each, ppc=ppc)]
    rng = random.Random(3) if stalls else None
    assert digests(sent, 3, ppc=ppc, rng=rng) == [frame_crc(each) for each in pictures]


def test_waits_for_the_sink() -> None:
    pictures = [picture(seed) for seed in range(3)]
    sent = [beat for each in pictures for beat in beats(each)]
    pause = 2 * WIDTH * HEIGHT
    assert digests(sent, 3, pause=pause) == [frame_crc(each) for each in pictures]


def test_short_frame_is_dropped() -> None:
    sent = beats(picture(1))[: WIDTH * 2 + 3] + beats(picture(2))
    assert digests(sent, 1) == [frame_crc(picture(2))]


def test_what_is_between_frames_counts_for_nothing() -> None:
    stray = [beat | {"sof": 0} for beat in beats(picture(5))]
    sent = stray + beats(picture(1)) + stray + beats(picture(2))
    assert digests(sent, 2) == [frame_crc(picture(1)), frame_crc(picture(2))]
