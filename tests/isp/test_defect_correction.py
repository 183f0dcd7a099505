# SPDX-License-Identifier: MIT
"""Defect correction against its golden model, and how well it finds defects."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, DefectCorrection, MapWrite
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
from opsin_sim.harness import (
    Model,
    check_block,
    needs_cocotb,
    needs_icarus,
    pack,
)
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
SIZES = [(8, 4), (8, 3), (20, 9), (64, 33), (16, 5), (12, 7)]  # width less 4 - ppc
NONE = isp.defect_entries([])


@pytest.fixture(scope="module", params=[(10, 1), (12, 2), (16, 4)], ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    depth, ppc = request.param
    with Model(
        Conveyor(DefectCorrection(depth=depth, ppc=ppc, max_width=64), max_width=64)
    ) as model:
        yield model, Format(depth, depth, ppc=ppc)


def bumpy(depth: int, sizes: list[tuple[int, int]], seed: int = 1) -> Frames:
    """Frames of soft noise with many pixels far off, so that every test says yes and no."""
    rng = np.random.default_rng(seed)
    full = (1 << depth) - 1
    frames = []
    for width, height in sizes:
        slope = rng.integers(0, full // 2, (1, width)) + rng.integers(0, full // 4, (height, 1))
        frame = np.where(rng.random((height, width)) < 0.5, slope, full // 3)
        off = rng.integers(0, full + 1, frame.shape)
        frame = np.where(rng.random(frame.shape) < 0.1, off, frame)
        frame = np.where(rng.random(frame.shape) < 0.05, full, frame)
        frames.append(np.where(rng.random(frame.shape) < 0.05, 0, frame).astype(np.uint16))
    return frames


def registers(depth: int, kind: int) -> isp.DefectRegisters:
    """Return registers of all kinds; 0: the recommended ones."""
    full = (1 << depth) - 1
    usual = isp.DefectRegisters.for_depth(depth)
    return (
        usual,
        replace(usual, margin=3, slope=5, hot_level=full // 2, stuck_slope=63, dead_level=7),
        replace(usual, dynamic=0, margin=0, slope=0),
        replace(usual, hot_level=full, dead_level=full // 4, hot_margin=0, dead_margin=1),
        replace(usual, hot_level=0, dead_level=full, stuck_slope=17, dead_margin=full),
    )[kind % 5]


def settings(
    frame: NDArray[Any], values: isp.DefectRegisters, entries: int, bypass: int = 0
) -> dict[str, Any]:
    size = {"width": frame.shape[1], "height": frame.shape[0]}
    return {**size, **asdict(values), "entries": entries, "bypass": bypass}


def decoy(depth: int) -> dict[str, Any]:
    frame = np.zeros((4, 8))
    return settings(frame, replace(registers(depth, 1), dead_margin=9), 3, 1)


def some_positions(frame: NDArray[Any], seed: int) -> NDArray[np.int64]:
    """List a line, a column, the corners and others."""
    height, width = frame.shape
    rng = np.random.default_rng(seed)
    many = rng.random(frame.shape) < 0.1
    many[height // 2] = many[:, width // 3] = True
    many[0, 0] = many[0, -1] = many[-1, 0] = many[-1, -1] = True
    return isp.defect_entries([(int(y), int(x)) for y, x in np.argwhere(many)])


def writes(entries: NDArray[np.int64]) -> NDArray[Any]:
    line, group, mask = entries.T
    fields = {"index": np.arange(len(entries)), "line": line, "group": group, "mask": mask}
    return pack(MapWrite(), fields)


def test_golden_by_hand() -> None:
    raw = np.full((9, 9), 100, dtype=np.uint16)
    raw[4, 4], raw[1, 1], raw[0, 8], raw[7, 3] = 1000, 1000, 0, 140
    raw[:, 6:] += 20
    raw[4, 2], raw[4, 6] = 100, 160  # the vertical differs less, by 0
    values = isp.DefectRegisters.for_depth(10)
    assert np.argwhere(isp.defects(raw, values)).tolist() == [[4, 4]]  # 0 is 20 here
    raw[0, 8] = 0
    found = isp.defects(raw, values)
    assert np.argwhere(found).tolist() == [[0, 8], [4, 4]]
    out = isp.defect_correction(raw, values)
    assert (out[4, 4], out[0, 8]) == (100, 120)
    assert np.array_equal(out == raw, ~found)
    raw[1, 1], raw[1, 4] = 100, 1000  # in the second line, which is its own mirror image
    assert isp.defects(raw, values)[1, 4]
    listed = isp.defect_correction(raw, replace(values, dynamic=0), isp.defect_entries([(7, 3)]))
    assert np.argwhere(listed != raw).tolist() == [[7, 3]]


def test_entries() -> None:
    entries = isp.defect_entries([(3, 9), (0, 7), (3, 8), (0, 4), (3, 0), (3, 9)])
    assert entries.tolist() == [[0, 1, 0b1001], [3, 0, 1], [3, 2, 0b11]]
    assert isp.defect_entries([]).shape == (0, 3)
    assert len(isp.defect_entries((k, k) for k in range(1024))) == 1024
    with pytest.raises(ValueError, match="positions must be in at most 1024 groups, not 1025"):
        isp.defect_entries((k, k) for k in range(1025))


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: dict[str, Any]) -> None:
    """Every kind of thresholds, with and without a list, which changes with every frame."""
    dut, form = model
    dut.reset()
    sizes = [(width - 4 + form.ppc, height) for width, height in SIZES]
    frames = bumpy(form.depth, sizes) + random_frames(form.depth, sizes=[(8, 3), (16, 9)])
    got: Frames = []
    wanted: Frames = []
    for k, frame in enumerate(frames):
        entries = some_positions(frame, k) if k % 3 else NONE
        if len(entries):
            loading: Any = {"write": writes(entries)}
            dut.run(sources=loading, sinks={"o": 0}, timeout=3000)
        values = registers(form.depth, k)
        same, many = int(k == 4), [frame] * 3
        ports = [settings(frame, values, len(entries), same)] * 3
        got += run_on_model(dut, many, ports, form, decoy=decoy(form.depth), **pauses)
        wanted += many if same else [isp.defect_correction(frame, values, entries)] * 3
    assert equal(got, wanted)


@pytest.mark.parametrize("pauses", ["full rate", "both"])
def test_settings_change_between_frames(model: tuple[Model, Format], pauses: str) -> None:
    """Frames follow each other at once, each with other thresholds, list on and off."""
    dut, form = model
    dut.reset()
    entries = isp.defect_entries([(0, 0), (2, 7), (3, 2)])
    dut.run(sources={"write": writes(entries)}, timeout=3000)
    frames = bumpy(form.depth, [(8, 4)] * 40)
    kinds = [registers(form.depth, k) for k in range(40)]
    ports = [settings(frames[k], kinds[k], 3 * (k % 2)) for k in range(40)]
    got = run_on_model(dut, frames, ports, form, decoy=decoy(form.depth), **PAUSES[pauses])
    wanted = [isp.defect_correction(frames[k], kinds[k], entries[: 3 * (k % 2)]) for k in range(40)]
    assert equal(got, wanted)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_frames_follow_at_once(model: tuple[Model, Format], pauses: dict[str, Any]) -> None:
    """The source does not wait for a frame to leave; the list names its last pixels."""
    dut, form = model
    dut.reset()
    frames = bumpy(form.depth, [(12, 4)] * 12)
    entries = isp.defect_entries([(0, 0), (0, 1), (3, 8), (3, 10), (3, 11)])
    dut.run(sources={"write": writes(entries)}, timeout=3000)
    values = registers(form.depth, 0)
    for name, value in settings(frames[0], values, len(entries)).items():
        dut.set(name, value)
    beats = np.concatenate([to_beats(frame, form.depth, form.ppc) for frame in frames])
    got = dut.run(sources={"i": beats}, sinks={"o": len(beats)}, timeout=10_000, **pauses)
    wanted = [isp.defect_correction(frame, values, entries) for frame in frames]
    assert np.array_equal(
        got.outputs["o"],
        np.concatenate([to_beats(frame, form.depth, form.ppc) for frame in wanted]),
    )


def test_a_full_list(model: tuple[Model, Format]) -> None:
    """1024 entries: whole lines of groups, one after the other."""
    dut, form = model
    dut.reset()
    (frame,) = bumpy(form.depth, [(64, 80)])
    entries = isp.defect_entries((y, x) for y in range(8, 72) for x in range(64))
    assert len(entries) == 1024
    dut.run(sources={"write": writes(entries)}, timeout=3000)
    values = registers(form.depth, 2)
    ports = [settings(frame, values, 1024)] * 2
    got = run_on_model(dut, [frame] * 2, ports, form)
    assert equal(got, [isp.defect_correction(frame, values, entries)] * 2)


@pytest.mark.parametrize(("depth", "ppc"), [(8, 1), (12, 4)])
def test_simulator(depth: int, ppc: int) -> None:
    frames = bumpy(depth, [(8, 3), (12, 5)])
    ports = [settings(frame, registers(depth, k), 0) for k, frame in enumerate(frames)]
    dut = Conveyor(DefectCorrection(depth=depth, ppc=ppc, max_width=16), max_width=16)
    form = Format(depth, depth, ppc=ppc)
    got = run_on_simulator(dut, frames, ports, form, decoy=decoy(depth), **PAUSES["both"])
    wanted = [isp.defect_correction(f, registers(depth, k)) for k, f in enumerate(frames)]
    assert equal(got, wanted)


def test_cycles(model: tuple[Model, Format]) -> None:
    dut, form = model
    dut.reset()
    (frame,) = random_frames(form.depth, sizes=[(64, 9)])
    for name, value in settings(frame, registers(form.depth, 0), 0).items():
        dut.set(name, value)
    beats = to_beats(frame, form.depth, form.ppc)
    slots = len(beats) + 2 * 64 // form.ppc + -(-2 // form.ppc)
    latency = DefectCorrection(depth=form.depth, max_width=64).latency
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, latency)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, latency, frames=3)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = bumpy(12, [(9, 5)])
    values = registers(12, 1)
    cases = check_block(
        Conveyor(DefectCorrection(depth=12, max_width=16), max_width=16),
        to_beats(frame, 12),
        to_beats(isp.defect_correction(frame, values), 12),
        ports=settings(frame, values, 0),
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 17"):
        DefectCorrection(depth=17, max_width=64)
    with pytest.raises(ValueError, match="max_width must be at most 8192, not 8196"):
        DefectCorrection(depth=12, max_width=8196)
