# SPDX-License-Identifier: MIT
"""Colour correction against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import ColorCorrection, Conveyor
from opsin_sim.blocks import PAUSES, Format, equal, random_frames, run_on_model, run_on_simulator
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
EXTREME = [[32767, -32768, 4096], [-32768, -32768, -32768], [32767, 32767, 32767]]
REAL = [[6745, -1842, -807], [-747, 6542, -1699], [49, -1794, 5841]]
HALVES = [[2048, 0, 0], [0, -2048, 8192], [2048, 2048, 2048]]
DECOY = {"ccm": [[1, 2, 3]] * 3, "offset": [4, 5, 6]}


SIZES = [(4, 4), (5, 7), (17, 9), (6, 5), (64, 33)]


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with Model(Conveyor(ColorCorrection(depth=16), max_width=64)) as model:
        yield model


def settings(depth: int) -> Ports:
    full = 1 << depth
    return [
        {"ccm": REAL, "offset": [0, -3, 7]},
        {"ccm": EXTREME, "offset": [full - 1, full - 1, -full]},
        {"ccm": [row[::-1] for row in REAL], "offset": [-full, 1, full - 1]},
        {"ccm": EXTREME[::-1], "offset": [0, 0, 0]},
        {"ccm": HALVES, "offset": [0, 0, 0]},
    ]


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    return [
        isp.color_correction(frame, values["ccm"], values["offset"], depth=depth)
        for frame, values in zip(frames, ports, strict=True)
    ]


def test_golden_keeps_grey() -> None:
    grey = np.repeat(np.arange(1024, dtype=np.uint16)[None, :, None], 3, axis=2)
    assert np.array_equal(isp.color_correction(grey, REAL, depth=10), grey)


def test_golden_by_hand() -> None:
    rgb = np.array([[[100, 50, 25], [1000, 0, 1023]]], dtype=np.uint16)
    ccm = [[4096, 2048, 0], [0, -4096, 0], [2049, 0, 0]]
    out = isp.color_correction(rgb, ccm, [0, 60, -1], depth=10)
    assert out.tolist() == [[[125, 10, 49], [1000, 60, 499]]]


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: Model, pauses: dict[str, Any]) -> None:
    frames, ports = random_frames(16, channels=3, sizes=SIZES), settings(16)
    got = run_on_model(model, frames, ports, Format(16, 16, 3), decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, 16))


@pytest.mark.parametrize(("depth", "ppc"), [(8, 2), (10, 1)])
def test_simulator(depth: int, ppc: int) -> None:
    frames = random_frames(depth, channels=3, sizes=[(4, 4), (6, 4), (4, 4), (6, 4), (8, 4)])
    ports = settings(depth)
    dut = Conveyor(ColorCorrection(depth=depth, ppc=ppc), max_width=64)
    form = Format(depth, depth, 3, ppc)
    got = run_on_simulator(dut, frames, ports, form, decoy=DECOY, **PAUSES["both"])
    assert equal(got, expected(frames, ports, depth))


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(12, channels=3, sizes=[(9, 5)])
    ports = settings(12)[0]
    cases = check_block(
        Conveyor(ColorCorrection(depth=12), max_width=64),
        to_beats(frame, 12),
        to_beats(expected([frame], [ports], 12)[0], 12),
        ports=ports,
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure
