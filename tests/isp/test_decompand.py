# SPDX-License-Identifier: MIT
"""Decompanding against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, Decompand, DecompandWrite
from opsin_sim.blocks import PAUSES, SIZES, Format, equal, random_frames, run_on_model
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

Frames = list[NDArray[Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [Format(12, 16, 1, 1), Format(10, 14, 1, 2), Format(16, 8, 1, 4)]


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    form = request.param
    with Model(
        Conveyor(Decompand(depth=form.depth, depth_out=form.depth_out, ppc=form.ppc), max_width=256)
    ) as model:
        yield model, form


def curve(seed: int) -> NDArray[np.int32]:
    """Up and down at random, with the steepest rises and falls."""
    points = np.random.default_rng(seed).integers(0, 65536, 65).astype(np.int32)
    points[:4] = [65535, 0, 65535, 65535]
    points[-1] = [65536, 0][seed % 2]
    return points


def writes(points: NDArray[np.int32]) -> NDArray[Any]:
    return pack(DecompandWrite(), isp.decompand_writes(points))


def expected(frames: Frames, points: NDArray[np.int32], form: Format) -> Frames:
    return [
        isp.decompand(frame, points, depth=form.depth, depth_out=form.depth_out) for frame in frames
    ]


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_golden_linear_changes_nothing(depth: int) -> None:
    ramp = np.arange(1 << depth).astype(np.uint16)
    line = isp.DECOMPAND_LINEAR
    assert np.array_equal(isp.decompand(ramp, line, depth=depth, depth_out=depth), ramp)
    if depth < 16:
        wide = isp.decompand(ramp, line, depth=depth, depth_out=16)
        assert np.array_equal(wide, ramp << (16 - depth))


def test_golden_undoes_a_sensor_s_curve() -> None:
    """12-bit codes with knees, as of a 16-bit HDR sensor: every code becomes its own sample."""
    knees = [(0, 0), (1024, 1024), (2048, 5120), (3072, 21504), (4096, 65536)]
    points = isp.decompand_points(knees, depth=12)
    codes = np.arange(4096).astype(np.uint16)
    xs, ys = np.array(knees).T
    exact = np.interp(codes, xs, ys)
    got = isp.decompand(codes, points, depth=12, depth_out=16)
    assert np.array_equal(got, exact)


def test_model(model: tuple[Model, Format]) -> None:
    dut, form = model
    frames = random_frames(form.depth, sizes=[(w * form.ppc, h) for w, h in SIZES])
    ports: list[dict[str, Any]] = [{"bank": 0, "bypass": k == 1} for k in range(4)]
    wanted = expected(frames, isp.DECOMPAND_LINEAR, form)
    wanted[1] = frames[1].astype(np.uint32) << form.depth_out >> form.depth
    assert equal(run_on_model(dut, frames, ports, form), wanted)
    for pauses, (bank, seed) in zip(PAUSES.values(), ((1, 1), (0, 2), (1, 3), (0, 4)), strict=True):
        pace: Any = pauses
        dut.set("bank", 1 - bank)
        dut.run(sources={"write": writes(curve(seed))}, timeout=1000)
        ports = [{"bank": bank, "bypass": 0}] * 4
        decoy = {"bank": 1 - bank, "bypass": 1}
        got = run_on_model(dut, frames, ports, form, decoy=decoy, **pace)
        assert equal(got, expected(frames, curve(seed), form))


def test_writes_wait_for_the_frame(model: tuple[Model, Format]) -> None:
    dut, form = model
    dut.reset()
    for name, value in {"bank": 0, "bypass": 0, "width": 16, "height": 4}.items():
        dut.set(name, value)
    (frame,) = random_frames(form.depth, sizes=[(16, 4)])
    beats = to_beats(frame, form.depth, form.ppc)
    dut.run(sources={"i": beats[:5]}, sinks={"o": None})
    dut.set("bank", 1)
    with pytest.raises(SimulationTimeout):
        dut.run(sources={"write": writes(curve(1))}, sinks={"o": None}, timeout=200)
    dut.run(sources={"i": beats[5:]}, sinks={"o": None})
    dut.run(sources={"i": beats, "write": writes(curve(1))}, sinks={"o": None}, timeout=1000)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(12, sizes=[(9, 5)])
    cases = check_block(
        Conveyor(Decompand(depth=12, depth_out=14), max_width=64),
        to_beats(frame, 12),
        to_beats(isp.decompand(frame, isp.DECOMPAND_LINEAR, depth=12, depth_out=14), 14),
        ports={"bank": 0, "bypass": 0},
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 20"):
        Decompand(depth=12, depth_out=20)
