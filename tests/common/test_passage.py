# SPDX-License-Identifier: MIT
"""Passage: blocks that hold a beat back, and lines that leave by themselves."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from amaranth import Value
from amaranth.hdl import unsigned
from numpy.typing import NDArray

from opsin.common.passage import Passage
from opsin.common.video import Beat
from opsin.isp import ChromaSubsample, OutputFormat, RgbSpace
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, pack
from opsin_sim.video import to_beats

HEIGHT = 5
WIDTHS = (2, 3, 4, 5, 18)  # in beats; of frames one behind the other


class _Output(Passage):
    """Chroma subsampling to 4:2:0, and words of three bytes per pixel."""

    def __init__(self, ppc: int) -> None:
        self.subsample = ChromaSubsample(depth=8, max_width=32 * ppc, ppc=ppc)
        self.space: Any = RgbSpace(depth=8, ppc=ppc)
        super().__init__([self.subsample, self.space, OutputFormat(ppc=ppc)])

    def elaborate(self, platform: object) -> Any:
        m = super().elaborate(platform)
        m.d.comb += [Value.cast(self.subsample.format).eq(2), self.space.bypass.eq(1)]
        return m


@pytest.fixture(scope="module", params=[1, 2, 4])
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int]]:
    with Model(_Output(request.param)) as model:
        model.set("height", HEIGHT)
        yield model, request.param


def words(picture: NDArray[Any], ppc: int) -> NDArray[Any]:
    """Beats that leave the passage."""
    sub = isp.chroma_subsample(picture, 2).astype(np.uint8)
    lines = isp.output_format(sub, 0, bus=4 * ppc)
    count = lines.size // (4 * ppc)
    sof, eol = np.zeros((2, count), dtype=np.uint8)
    sof[0], eol[count // HEIGHT - 1 :: count // HEIGHT] = 1, 1
    pixel = lines.reshape(-1).view("<u4").reshape(count, ppc)
    return pack(Beat(unsigned(32), ppc=ppc), {"pixel": pixel, "sof": sof, "eol": eol})


def frames(ppc: int) -> list[NDArray[Any]]:
    return random_frames(8, channels=3, sizes=[(width * ppc, HEIGHT) for width in WIDTHS])


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_frames_close_together(model: tuple[Model, int], pauses: dict[str, Any]) -> None:
    """No frame and no line waits for the next, nor mixes with it."""
    dut, ppc = model
    pictures = frames(ppc)
    wanted = np.concatenate([words(picture, ppc) for picture in pictures])
    beats = np.concatenate([to_beats(picture, 8, ppc) for picture in pictures])
    for _ in range(2):
        got = dut.run({"i": beats}, {"o": len(wanted)}, **pauses).outputs["o"]
        assert np.array_equal(got, wanted)


def test_lines_leave(model: tuple[Model, int]) -> None:
    """All of a line leaves though nothing comes behind it."""
    dut, ppc = model
    (picture,) = random_frames(8, channels=3, sizes=[(5 * ppc, HEIGHT)])
    beats, wanted = to_beats(picture, 8, ppc), words(picture, ppc)
    got = [
        dut.run({"i": beats[5 * k : 5 * k + 5]}, {"o": len(wanted) // HEIGHT}).outputs["o"]
        for k in range(HEIGHT)
    ]
    assert np.array_equal(np.concatenate(got), wanted)


def test_full_rate(model: tuple[Model, int]) -> None:
    dut, ppc = model
    (picture,) = random_frames(8, channels=3, sizes=[(32 * ppc, HEIGHT)])
    run = dut.run({"i": to_beats(picture, 8, ppc)}, {"o": len(words(picture, ppc))})
    assert run.cycles <= 32 * HEIGHT + 5 + 8 + 7 + 8


def test_left(model: tuple[Model, int]) -> None:
    """The end of a frame is told though its words still wait."""
    dut, ppc = model
    pictures = frames(ppc)[:2]
    for picture in pictures:
        dut.run({"i": to_beats(picture, 8, ppc)}, until="left", timeout=1000)
    wanted = np.concatenate([words(picture, ppc) for picture in pictures])
    assert np.array_equal(dut.run({}, {"o": len(wanted)}).outputs["o"], wanted)


def test_reset(model: tuple[Model, int]) -> None:
    """A reset forgets what is under way and what waits."""
    dut, ppc = model
    picture, other = frames(ppc)[:2]
    dut.run({"i": to_beats(picture, 8, ppc)[:-3]})
    dut.reset()
    dut.set("height", HEIGHT)
    wanted = words(other, ppc)
    got = dut.run({"i": to_beats(other, 8, ppc)}, {"o": len(wanted)}).outputs["o"]
    assert np.array_equal(got, wanted)
