# SPDX-License-Identifier: MIT
"""Raw formats of MIPI CSI-2 against the golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import CsiUnpack, RawFormat
from opsin_sim.blocks import PAUSES
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
BITS = (8, 10, 12, 14, 16, 16)
FORMATS = range(len(BITS))


@pytest.fixture(scope="module", params=[(12, 1), (16, 2), (10, 4)], ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    depth, ppc = request.param
    with Model(CsiUnpack(depth=depth, ppc=ppc)) as model:
        yield model, depth, ppc


def raw_frame(raw_format: int, width: int, height: int) -> NDArray[np.uint16]:
    rng = np.random.default_rng(width + height)
    return rng.integers(0, 1 << BITS[raw_format], (height, width)).astype(np.uint16)


def words(raw: NDArray[np.uint16], raw_format: int) -> NDArray[Any]:
    """Beats of four bytes; a last one is filled with what must not be seen."""
    lines = isp.csi_pack(raw, raw_format)
    filled = np.pad(lines, ((0, 0), (0, -lines.shape[1] % 4)), constant_values=0xA5)
    return to_beats(filled, 8, 4)


def expected(raw: NDArray[np.uint16], raw_format: int, depth: int) -> NDArray[np.uint16]:
    return (raw.astype(np.uint32) << (16 - BITS[raw_format]) >> (16 - depth)).astype(np.uint16)


def test_names() -> None:
    assert [form.name for form in RawFormat] == list(isp.RAW_FORMATS)


def test_golden_by_hand() -> None:
    def line(*pixels: int, form: str) -> Any:
        raw = np.array([pixels], dtype=np.uint16)
        return isp.csi_pack(raw, isp.RAW_FORMATS.index(form)).tolist()[0]

    assert line(1, 2, 3, form="RAW8") == [1, 2, 3]
    # upper 8 bits of four, then two bits each from the lowest: 1, 2, 3, 0
    assert line(0x005, 0x00A, 0x00F, 0x3FC, form="RAW10") == [1, 2, 3, 255, 0b00_11_10_01]
    assert line(0x123, 0xABC, form="RAW12") == [0x12, 0xAB, 0xC3]
    # lower six bits: 1, 2, 3, 63, one number of 24 bits, low byte first
    low = 1 | 2 << 6 | 3 << 12 | 63 << 18
    pixels = [0x11 << 6 | 1, 0x22 << 6 | 2, 0x33 << 6 | 3, 0x44 << 6 | 63]
    bytes_of_low = [low & 255, low >> 8 & 255, low >> 16]
    assert line(*pixels, form="RAW14") == [0x11, 0x22, 0x33, 0x44, *bytes_of_low]
    assert line(0x1234, form="RAW16") == [0x34, 0x12]
    assert line(0x1234, form="RAW16_HIGH_FIRST") == [0x12, 0x34]


@pytest.mark.parametrize("form", FORMATS)
def test_golden_there_and_back(form: int) -> None:
    for width in (1, 4, 7, 64):
        raw = raw_frame(form, width, 3)
        packed = isp.csi_pack(raw, form)
        for depth in (8, 10, 12, 16):
            got = isp.csi_unpack(packed, form, width=width, depth=depth)
            assert np.array_equal(got, expected(raw, form, depth))


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int, int], pauses: Any) -> None:
    """Frames of all formats and sizes, one right behind the other, while ports already change."""
    dut, depth, ppc = model
    got: list[Any] = []
    wanted: list[Any] = []
    for width, height in ((1, 1), (2, 3), (3, 2), (5, 4), (9, 3), (16, 5), (31, 2)):
        for form in FORMATS:
            raw = raw_frame(form, width * ppc, height)
            beats = words(raw, form)
            wanted.append(to_beats(expected(raw, form, depth), depth, ppc))
            held = int(bool(got))
            dut.set("format", form)
            dut.set("width", width * ppc)
            first = dut.run(sources={"i": beats[:1]}, sinks={"o": held}, timeout=1000, **pauses)
            dut.set("format", (form + 2) % len(FORMATS))
            dut.set("width", ppc)
            count = len(wanted[-1]) - 1
            rest = dut.run(sources={"i": beats[1:]}, sinks={"o": count}, timeout=9999, **pauses)
            got += [first.outputs["o"], rest.outputs["o"]]
    got.append(dut.run(sinks={"o": 1}, timeout=1000, **pauses).outputs["o"])
    assert np.array_equal(np.concatenate(got), np.concatenate(wanted))


def test_no_pause_between_frames(model: tuple[Model, int, int]) -> None:
    """A frame's last bytes keep their format though the next frame has come with another."""
    dut, depth, ppc = model
    dut.reset()
    forms = [0, 1, 3, 2, 4, 1, 5, 3, 0, 2, 5, 1]
    frames = [raw_frame(form, 5 * 4 + ppc, 2) for form in forms]
    dut.set("width", 5 * 4 + ppc)
    beats = [words(raw, form) for raw, form in zip(frames, forms, strict=True)]
    dut.set("format", forms[0])
    dut.run(sources={"i": beats[0][:1]}, sinks={"o": 0})
    for k, (raw, form) in enumerate(zip(frames, forms, strict=True)):
        wanted = to_beats(expected(raw, form, depth), depth, ppc)
        behind = beats[k + 1][:1] if k + 1 < len(forms) else beats[k][:0]
        dut.set("format", forms[(k + 1) % len(forms)])
        source = np.concatenate([beats[k][1:], behind])
        run = dut.run(sources={"i": source}, sinks={"o": len(wanted)}, timeout=1000)
        assert np.array_equal(run.outputs["o"], wanted)


def test_short_line(model: tuple[Model, int, int]) -> None:
    """A packet with fewer pixels than the width ends the line; the next is whole."""
    dut, depth, ppc = model
    dut.reset()
    dut.set("format", 1)
    dut.set("width", 24)
    raw = raw_frame(1, 16, 4)
    run = dut.run(sources={"i": words(raw, 1)}, sinks={"o": 64 // ppc}, timeout=1000)
    assert np.array_equal(run.outputs["o"], to_beats(expected(raw, 1, depth), depth, ppc))


def test_rate(model: tuple[Model, int, int]) -> None:
    """One beat per cycle, or one word, whichever is slower."""
    dut, _, ppc = model
    dut.reset()
    dut.set("width", 64)
    for form in FORMATS:
        dut.set("format", form)
        beats = words(raw_frame(form, 64, 8), form)
        run = dut.run(sources={"i": beats}, sinks={"o": 64 * 8 // ppc}, timeout=5000)
        assert run.cycles <= max(len(beats), 64 * 8 // ppc) + 8


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    raw = raw_frame(2, 9, 5)
    cases = check_block(
        CsiUnpack(depth=12),
        words(raw, 2),
        to_beats(raw, 12),
        ports={"format": 2, "width": 9},
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        CsiUnpack(depth=7)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 8"):
        CsiUnpack(depth=8, ppc=8)
