# SPDX-License-Identifier: MIT
"""Chroma noise reduction against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import ChromaNoiseReduction, Conveyor
from opsin_sim.blocks import (
    PAUSES,
    Format,
    conveyor_cycles,
    equal,
    random_frames,
    run_on_model,
    run_on_simulator,
)
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [(Format(10, 10, 3, 1), 5), (Format(12, 12, 3, 2), 3), (Format(16, 16, 3, 4), 5)]
SIZES = ((8, 4), (16, 9), (64, 33), (12, 5), (8, 3), (32, 7), (24, 20))
DECOY = {"width": 8, "height": 5, "luma": 99, "chroma": 98, "bypass": 0}


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format, int]]:
    form, rows = request.param
    dut = Conveyor(
        ChromaNoiseReduction(depth=form.depth, max_width=64, rows=rows, ppc=form.ppc), max_width=64
    )
    with Model(dut) as model:
        yield model, form, rows


def noisy(depth: int, width: int, height: int, *, seed: int) -> NDArray[np.uint16]:
    """Make a slope and an edge of luma and colour, with noise, so that some are alike."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    right = (x > width // 2)[..., None]
    picture = np.array([0.3, 0.6, 0.4]) + right * np.array([0.2, -0.1, 0.1])
    picture = picture + (0.1 * y / height)[..., None] + rng.normal(0, 0.02, (height, width, 3))
    return np.clip(np.rint(picture * (1 << depth)), 0, (1 << depth) - 1).astype(np.uint16)


def settings(frames: Frames, depth: int) -> Ports:
    """Give each frame other registers, some at their ends; one frame is bypassed."""
    full = (1 << depth) - 1
    registers = [
        (full // 2, full // 3),
        isp.chroma_noise_registers(depth=depth),
        isp.chroma_noise_registers(luma=0.02, chroma=0.03, depth=depth),
        (full, full),
        (0, full),
        isp.chroma_noise_registers(depth=depth),
        isp.chroma_noise_registers(luma=0.1, chroma=0.02, depth=depth),
    ]
    return [
        {"luma": luma, "chroma": chroma, "bypass": int(k == 5), "width": frame.shape[1],
         "height": frame.shape[0]}
        for k, (frame, (luma, chroma)) in enumerate(zip(frames, registers, strict=True))
    ]  # fmt: skip


def stimuli(depth: int) -> tuple[Frames, Ports]:
    frames = [noisy(depth, width, height, seed=width) for width, height in SIZES]
    frames[0], frames[3] = random_frames(depth, channels=3, sizes=[SIZES[0], SIZES[3]])
    return frames, settings(frames, depth)


def expected(frames: Frames, ports: Ports, rows: int = 5) -> Frames:
    return [
        frame
        if values["bypass"]
        else isp.chroma_noise_reduction(frame, values["luma"], values["chroma"], rows=rows)
        for frame, values in zip(frames, ports, strict=True)
    ]


@pytest.mark.parametrize(("rows", "decibel"), [(3, 11), (5, 13.5)])
def test_golden_flat_noise_falls(rows: int, decibel: float) -> None:
    """Close to the 12 and 15 dB of a mean of 16 and 32 pixels."""
    rng = np.random.default_rng(1)
    picture = np.rint(512 + rng.normal(0, 8, (80, 100, 3))).astype(np.uint16)
    registers = isp.chroma_noise_registers(luma=0.1, chroma=0.05, depth=10)
    out = isp.chroma_noise_reduction(picture, *registers, rows=rows)
    for k in (1, 2):
        gain = 20 * np.log10((picture[..., k] - 512.0).std() / (out[..., k] - 512.0).std())
        assert gain > decibel
        assert abs(out[..., k].mean() - 512) < 0.5
    assert np.array_equal(out[..., 0], picture[..., 0])


@pytest.mark.parametrize("channel", range(3))
def test_golden_keeps_edges(channel: int) -> None:
    """An edge of luma, or of one colour difference, keeps both colour differences apart."""
    rng = np.random.default_rng(2)
    clean = np.full((60, 60, 3), 512)
    clean[:, 30:, channel] += 80
    clean[:, 30:, 1] += 24  # which the chroma threshold alone would not see
    picture = np.rint(clean + rng.normal(0, 4, clean.shape)).astype(np.uint16)
    registers = isp.chroma_noise_registers(luma=0.04, chroma=0.04, depth=10)
    out = isp.chroma_noise_reduction(picture, *registers)
    mean = out[..., 1].mean(axis=0)
    assert np.abs(mean - clean[0, :, 1]).max() < 1.5
    assert (out[..., 1] - clean[..., 1].astype(float)).std() < 2


def test_golden_by_hand() -> None:
    """A column of five, then a line of thirteen: what is unlike counts as the pixel itself."""
    picture = np.full((9, 21, 3), 100, dtype=np.uint16)
    picture[4, 10, 1] = 116
    out = isp.chroma_noise_reduction(picture, 0, 16)[..., 1]
    # lines 2, 3, 5, 6: (16 + 2) >> 2 = 4 more; line 4: the mean of the others
    wanted = np.full((9, 21), 100)
    for line in (2, 3, 5, 6):
        wanted[line, [4, 6, 8, 9, 11, 12, 14, 16]] = 101  # (4 + 4) >> 3
    assert np.array_equal(out, wanted)
    assert np.array_equal(isp.chroma_noise_reduction(picture, 0, 15), picture)
    picture[..., 0] = np.arange(21)  # no two columns alike
    out = isp.chroma_noise_reduction(picture, 0, 16)[..., 1]
    assert out[:, 10].tolist() == [100, 100, 104, 104, 100, 104, 104, 100, 100]
    assert np.all(np.delete(out, 10, axis=1) == 100)


@pytest.mark.parametrize("depth", [8, 16])
def test_golden_without_threshold_all_stays(depth: int) -> None:
    (picture,) = random_frames(depth, channels=3, sizes=[(20, 12)])
    registers = isp.chroma_noise_registers(luma=1, chroma=0, depth=depth)
    assert np.array_equal(isp.chroma_noise_reduction(picture, *registers), picture)


def test_registers_saturate() -> None:
    assert isp.chroma_noise_registers(luma=2, chroma=-1, depth=10) == (1023, 0)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format, int], pauses: dict[str, Any]) -> None:
    dut, form, rows = model
    frames, ports = stimuli(form.depth)
    got = run_on_model(dut, frames, ports, form, decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, rows))


@pytest.mark.parametrize("pauses", ["full rate", "stalling sink", "both"])
@pytest.mark.parametrize("ppc", [1, 2, 4])
def test_simulator(ppc: int, pauses: str) -> None:
    """Odd sizes and the smallest, of which several are in the block at a time."""
    pace: Any = PAUSES[pauses]
    least = 7 if ppc == 1 else 8
    sizes = [(least, 3), (11 // ppc * ppc, 9), (least, 3), (least, 3), (least, 4), (8, 3), (8, 3)]
    frames = [noisy(8, width, height, seed=height) for width, height in sizes]
    frames[0], frames[3] = random_frames(8, channels=3, sizes=[sizes[0], sizes[3]])
    ports = settings(frames, 8)
    dut = Conveyor(ChromaNoiseReduction(depth=8, max_width=12, ppc=ppc), max_width=12)
    got = run_on_simulator(dut, frames, ports, Format(8, 8, 3, ppc), decoy=DECOY, **pace)
    assert equal(got, expected(frames, ports))


def test_cycles(model: tuple[Model, Format, int]) -> None:
    """A frame takes its beats, half the rows and the windows' overhang, and the block's latency."""
    dut, form, rows = model
    frame = noisy(form.depth, 32, 9, seed=1)
    beats = to_beats(frame, form.depth, form.ppc)
    registers = isp.chroma_noise_registers(depth=form.depth)._asdict()
    for name, value in {**registers, "width": 32, "height": 9, "bypass": 0}.items():
        dut.set(name, value)
    dut.run(cycles=80, sinks={"o": None})
    slots, latency = (9 + rows // 2) * 32 // form.ppc + -(-6 // form.ppc), 21 + (rows == 5)
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, latency)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, latency, frames=3)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    frame = noisy(10, 9, 5, seed=1)
    registers = isp.chroma_noise_registers(depth=10)._asdict()
    ports = {**registers, "width": 9, "height": 5, "bypass": 0}
    cases = check_block(
        Conveyor(ChromaNoiseReduction(depth=10, max_width=16), max_width=16),
        to_beats(frame, 10),
        to_beats(expected([frame], [ports])[0], 10),
        ports=ports,
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 17"):
        ChromaNoiseReduction(depth=17, max_width=64)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        ChromaNoiseReduction(depth=10, max_width=64, ppc=3)
    with pytest.raises(ValueError, match="rows must be 3 or 5, not 7"):
        ChromaNoiseReduction(depth=10, max_width=64, rows=7)
