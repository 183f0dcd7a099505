# SPDX-License-Identifier: MIT
"""Output format against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import unsigned
from numpy.typing import NDArray

from opsin.common.video import Beat
from opsin.isp import Conveyor, OutputFormat, PixelFormat
from opsin_sim.blocks import PAUSES, SIZES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus, pack
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMATS = range(len(isp.PIXEL_FORMATS))


@pytest.fixture(scope="module", params=[(1, 4), (2, 16), (4, 16)], ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    ppc, bus = request.param
    with Model(Conveyor(OutputFormat(ppc=ppc, bus=bus), max_width=64 * ppc)) as model:
        yield model, ppc, bus


def pictures(ppc: int) -> list[NDArray[Any]]:
    sizes = [(width * ppc, height) for width, height in (*SIZES, (1, 2), (3, 3), (9, 6))]
    return [frame.astype(np.uint8) for frame in random_frames(8, channels=3, sizes=sizes)]


def words(lines: NDArray[np.uint8], bus: int) -> NDArray[Any]:
    """Packed beats of lines of bytes."""
    height = lines.shape[0]
    kind = f"<u{min(bus, 8)}" if bus <= 8 else "<u4"
    pixel = lines.reshape(-1, bus).view(kind)
    sof, eol = np.zeros((2, len(pixel)), dtype=np.uint8)
    sof[0], eol[len(pixel) // height - 1 :: len(pixel) // height] = 1, 1
    field = pixel if bus <= 8 else pixel[:, None, :]
    return pack(Beat(unsigned(8 * bus)), {"pixel": field, "sof": sof, "eol": eol})


def test_names() -> None:
    assert {form.name: form.value for form in PixelFormat} == {
        name: k for k, name in enumerate(isp.PIXEL_FORMATS)
    }


def test_golden_by_hand() -> None:
    picture = np.array([[[10, 20, 30], [40, 50, 60], [250, 255, 0]]], dtype=np.uint8)

    def line(name: str, **kind: Any) -> Any:
        return isp.output_format(picture, isp.PIXEL_FORMATS.index(name), **kind).tolist()[0]

    assert line("RGB24") == [10, 20, 30, 40, 50, 60, 250, 255, 0, 0, 0, 0]
    assert line("BGR24", bus=1) == [30, 20, 10, 60, 50, 40, 0, 255, 250]
    assert line("XBGR32") == [30, 20, 10, 255, 60, 50, 40, 255, 0, 255, 250, 255]
    assert line("YUYV", bus=2) == [10, 20, 40, 60, 250, 255]
    assert line("UYVY") == [20, 10, 60, 40, 255, 250, 0, 0]
    assert line("GREY") == [10, 40, 250, 0]
    # 10 → 10/8.2 = 1, 20 → 20/4.05 = 5, 30 → 4; 40 → 5, 50 → 12, 60 → 7; 250 → 30, 255 → 63, 0
    values = [1 << 11 | 5 << 5 | 4, 5 << 11 | 12 << 5 | 7, 30 << 11 | 63 << 5]
    assert line("RGB565", bus=1) == [b for v in values for b in (v & 255, v >> 8)]


def test_golden_rgb565() -> None:
    """The nearest level; or, dithered, one beside it, whose mean is right."""
    ramp = np.arange(256, dtype=np.uint8)
    picture = np.repeat(ramp, 16 * 3).reshape(1024, 4, 3)  # squares of 4 × 4 pixels
    for dither in (False, True):
        value = isp.output_format(picture, 3, dither=dither).view("<u2").astype(int)
        for shift, bits in ((11, 5), (5, 6), (0, 5)):
            full = (1 << bits) - 1
            level = ((value >> shift) & full).reshape(256, 16)
            exact = ramp.astype(float)[:, None] * full / 255
            if dither:
                assert np.abs(level - exact).max() < 1
                assert np.abs(level.mean(axis=1, keepdims=True) - exact).max() < 1 / 16
            else:
                assert np.array_equal(level, np.broadcast_to(np.floor(exact + 0.5), (256, 16)))


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int, int], pauses: Any) -> None:
    """Frames of all formats, one right behind the other, while the ports already change."""
    dut, ppc, bus = model
    frames = pictures(ppc)
    got: list[Any] = []
    wanted: list[Any] = []
    for form in FORMATS:
        for k, frame in enumerate(frames):
            pixel_format, dither = (form + k) % len(FORMATS), bool(form & 1)
            beats = to_beats(frame, 8, ppc)
            lines = isp.output_format(frame, pixel_format, dither=dither, bus=bus)
            wanted.append(words(lines, bus))
            held = int(bool(got))
            dut.set("format", pixel_format)
            dut.set("dither", dither)
            dut.set("width", frame.shape[1])
            dut.set("height", frame.shape[0])
            first = dut.run(sources={"i": beats[:1]}, sinks={"o": held}, timeout=1000, **pauses)
            dut.set("format", (pixel_format + 3) % len(FORMATS))
            dut.set("dither", not dither)
            count = len(wanted[-1]) - 1
            rest = dut.run(sources={"i": beats[1:]}, sinks={"o": count}, timeout=99999, **pauses)
            got += [first.outputs["o"], rest.outputs["o"]]
    got.append(dut.run(sinks={"o": 1}, timeout=1000, **pauses).outputs["o"])
    assert np.array_equal(np.concatenate(got), np.concatenate(wanted))


def test_cycles(model: tuple[Model, int, int]) -> None:
    """One beat per cycle; what a line's end spills takes no time."""
    dut, ppc, bus = model
    (frame,) = random_frames(8, channels=3, sizes=[(9 * ppc, 6)])
    dut.set("width", 9 * ppc)
    dut.set("height", 6)
    for form in (2, 3, 0):
        lines = isp.output_format(frame.astype(np.uint8), form, bus=bus)
        dut.set("format", form)
        count = lines.size // bus
        run = dut.run(sources={"i": to_beats(frame, 8, ppc)}, sinks={"o": count}, timeout=1000)
        assert run.cycles <= 9 * 6 + 7 + 12


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(8, channels=3, sizes=[(9, 5)])
    cases = check_block(
        Conveyor(OutputFormat(), max_width=16),
        to_beats(frame, 8),
        words(isp.output_format(frame.astype(np.uint8), 0), 4),
        ports={"format": 0, "dither": 0, "width": 9, "height": 5},
        frame=(7, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        OutputFormat(ppc=3)
    with pytest.raises(ValueError, match="bus must be a power of two from 8, not 4"):
        OutputFormat(ppc=2, bus=4)
    with pytest.raises(ValueError, match="bus must be a power of two from 4, not 12"):
        OutputFormat(bus=12)
