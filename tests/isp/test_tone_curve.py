# SPDX-License-Identifier: MIT
"""Tone curve against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, CurveWrite, ToneCurve
from opsin_sim.blocks import PAUSES, Format, equal, random_frames, run_on_model, run_on_simulator
from opsin_sim.golden import isp
from opsin_sim.harness import (
    Model,
    SimulationTimeout,
    check_block,
    needs_cocotb,
    needs_icarus,
    pack,
)
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]


@pytest.fixture(params=[10, 16])
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int]]:
    with Model(Conveyor(ToneCurve(depth=request.param), max_width=64)) as model:
        yield model, request.param


def curve(seed: int) -> NDArray[np.uint16]:
    """Up and down at random, over the whole range."""
    points = np.random.default_rng(seed).integers(0, 65536, 257).astype(np.uint16)
    points[:4] = [65535, 0, 65535, 65535]
    return points


def writes(points: NDArray[np.uint16]) -> NDArray[Any]:
    settings = isp.IspSettings(width=4, height=4, curve=points)
    return pack(CurveWrite(), settings.curve_writes())


def expected(frames: list[NDArray[Any]], points: NDArray[np.uint16], depth: int) -> Any:
    return [isp.tone_curve(frame, points, depth=depth) for frame in frames]


def test_golden_by_hand() -> None:
    points = np.zeros(257, dtype=np.uint16)
    points[1:4] = [128, 384, 65535]  # 0.5, 1.5 and 255.996 output steps
    linear = np.array([[[4, 3, 6], [8, 12, 11]]], dtype=np.uint16)
    # 4: 0.5 up to 1; 3: 0.375 down; 6: half of 0.5..1.5; 12: saturates; 11: 1.5 + 3/4 * 254.5
    out = isp.tone_curve(linear, points, depth=10)
    assert out.tolist() == [[[1, 0, 1], [2, 255, 192]]]


@pytest.mark.parametrize("depth", [8, 10, 16])
def test_golden_linear_spans_the_range(depth: int) -> None:
    ramp = np.arange(1 << depth, dtype=np.uint16)
    out = isp.tone_curve(ramp, isp.LINEAR, depth=depth).astype(int)
    assert out[0] == 0
    assert out[-1] == 255 - (depth == 8)  # 255/256 of the way where samples have no fraction
    assert set(np.diff(out)) <= {0, 1}


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int], pauses: dict[str, Any]) -> None:
    dut, depth = model
    form = Format(depth, 8, 3)
    frames = random_frames(depth, channels=3)
    ports: list[dict[str, Any]] = [{"bank": 0}] * 4
    assert equal(
        run_on_model(dut, frames, ports, form, **pauses), expected(frames, isp.LINEAR, depth)
    )
    for bank, seed in ((1, 1), (0, 2), (1, 3)):
        dut.set("bank", 1 - bank)
        dut.run(sources={"write": writes(curve(seed))}, timeout=1000)
        ports = [{"bank": bank}] * 4
        got = run_on_model(dut, frames, ports, form, decoy={"bank": 1 - bank}, **pauses)
        assert equal(got, expected(frames, curve(seed), depth))


def test_separate_curves() -> None:
    """Each colour has its own curve; a write may go to several."""
    form = Format(10, 8, 3, 2)
    frames = random_frames(10, channels=3, sizes=[(32, 9), (16, 5)])
    points = [curve(1), curve(2), curve(1)]
    fields = isp.IspSettings(width=4, height=4, curve=points[0]).curve_writes()
    first = pack(CurveWrite("separate"), {**fields, "colors": 0b101})
    fields = isp.IspSettings(width=4, height=4, curve=points[1]).curve_writes()
    second = pack(CurveWrite("separate"), {**fields, "colors": 0b010})
    with Model(Conveyor(ToneCurve(depth=10, ppc=2, curves="separate"), max_width=64)) as dut:
        dut.run(sources={"write": np.concatenate([first, second])}, timeout=1000)
        got = run_on_model(dut, frames, [{"bank": 1}, {"bank": 0}], form)
    own = [isp.tone_curve(frames[0][..., k], points[k], depth=10) for k in range(3)]
    assert np.array_equal(got[0], np.stack(own, axis=-1))
    assert np.array_equal(got[1], isp.tone_curve(frames[1], isp.LINEAR, depth=10))


def test_rejects_curves() -> None:
    with pytest.raises(ValueError, match="curves must be 'shared' or 'separate', not 'one'"):
        ToneCurve(depth=10, curves="one")


def test_writes_wait_for_the_frame(model: tuple[Model, int]) -> None:
    """The table in use cannot be written: writes wait until a frame uses the other."""
    dut, depth = model
    frames = random_frames(depth, channels=3)
    beats = to_beats(frames[0], depth)
    for name, value in {"bank": 0, "width": 4, "height": 4}.items():
        dut.set(name, value)
    dut.run(sources={"i": beats[:5]}, sinks={"o": None})
    dut.set("bank", 1)
    with pytest.raises(SimulationTimeout):
        dut.run(sources={"write": writes(curve(1))}, sinks={"o": None}, timeout=1000)
    dut.run(sources={"i": beats[5:]}, sinks={"o": None})
    dut.run(sources={"i": beats, "write": writes(curve(1))}, sinks={"o": None}, timeout=1000)


@pytest.mark.parametrize(("depth", "ppc"), [(8, 2), (12, 1)])
def test_simulator(depth: int, ppc: int) -> None:
    frames = random_frames(depth, channels=3, sizes=[(4, 4), (6, 4)])
    ports: list[dict[str, Any]] = [{"bank": 1}, {"bank": 0}]
    dut = Conveyor(ToneCurve(depth=depth, ppc=ppc), max_width=64)
    got = run_on_simulator(dut, frames, ports, Format(depth, 8, 3, ppc), **PAUSES["both"])
    assert equal(got, expected(frames, isp.LINEAR, depth))


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(12, channels=3, sizes=[(9, 5)])
    cases = check_block(
        Conveyor(ToneCurve(depth=12), max_width=64),
        to_beats(frame, 12),
        to_beats(isp.tone_curve(frame, isp.LINEAR, depth=12), 8),
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure
