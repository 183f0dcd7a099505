# SPDX-License-Identifier: MIT
"""Demosaic against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Demosaic
from opsin_sim.blocks import (
    PAUSES,
    SIZES,
    Format,
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
DECOY = {"phase": 2, "width": 4, "height": 4}

# Malvar, He, Cutler 2004, figure 2, in eighths, as printed there
PAPER_GREEN: list[list[float]] = [
    [0, 0, -1, 0, 0],
    [0, 0, 2, 0, 0],
    [-1, 2, 4, 2, -1],
    [0, 0, 2, 0, 0],
    [0, 0, -1, 0, 0],
]
PAPER_ROW: list[list[float]] = [
    [0, 0, 0.5, 0, 0],
    [0, -1, 0, -1, 0],
    [-1, 4, 5, 4, -1],
    [0, -1, 0, -1, 0],
    [0, 0, 0.5, 0, 0],
]
PAPER_DIAGONAL: list[list[float]] = [
    [0, 0, -1.5, 0, 0],
    [0, 2, 0, 2, 0],
    [-1.5, 0, 6, 0, -1.5],
    [0, 2, 0, 2, 0],
    [0, 0, -1.5, 0, 0],
]


@pytest.fixture(scope="module", params=[10, 16])
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int]]:
    with Model(Demosaic(depth=request.param, max_width=64)) as model:
        yield model, request.param


def settings(frame: NDArray[Any], phase: int) -> dict[str, Any]:
    return {"phase": phase, "width": frame.shape[1], "height": frame.shape[0]}


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    return [
        isp.demosaic(frame, phase=values["phase"], depth=depth)
        for frame, values in zip(frames, ports, strict=True)
    ]


@pytest.mark.parametrize("phase", range(4))
def test_golden_flat_grey_stays(phase: int) -> None:
    raw = np.full((6, 7), 517, dtype=np.uint16)
    assert np.all(isp.demosaic(raw, phase=phase, depth=10) == 517)


@pytest.mark.parametrize("phase", range(4))
def test_golden_ramp_is_exact_inside(phase: int) -> None:
    y, x = np.mgrid[0:9, 0:12]
    raw = (100 + 16 * x + 32 * y).astype(np.uint16)
    rgb = isp.demosaic(raw, phase=phase, depth=10)
    assert np.array_equal(rgb[2:-2, 2:-2], np.repeat(raw[2:-2, 2:-2, None], 3, axis=2))


@pytest.mark.parametrize("phase", range(4))
def test_golden_keeps_what_the_sensor_saw(phase: int) -> None:
    rgb = random_frames(12, channels=3, sizes=[(17, 9)])[0]
    raw = isp.mosaic(rgb, phase).astype(np.uint16)
    assert np.array_equal(isp.mosaic(isp.demosaic(raw, phase=phase, depth=12), phase), raw)


def test_golden_is_the_paper_s_filter() -> None:
    (raw,) = random_frames(12, sizes=[(17, 9)])
    rgb = isp.demosaic(raw, phase=0, depth=12).astype(float)
    near = isp.windows(raw.astype(float), 5, 5)
    for kernel, (y, x), colour in (
        (PAPER_GREEN, (0, 0), 1),
        (PAPER_GREEN, (1, 1), 1),
        (PAPER_ROW, (0, 1), 0),
        (np.transpose(PAPER_ROW), (0, 1), 2),
        (np.transpose(PAPER_ROW), (1, 0), 0),
        (PAPER_ROW, (1, 0), 2),
        (PAPER_DIAGONAL, (0, 0), 2),
        (PAPER_DIAGONAL, (1, 1), 0),
    ):
        exact = np.clip((near[y::2, x::2] * np.array(kernel)).sum(axis=(2, 3)) / 8, 0, 4095)
        assert np.abs(rgb[y::2, x::2, colour] - exact).max() <= 0.5


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int], pauses: dict[str, Any], phase: int) -> None:
    dut, depth = model
    frames = random_frames(depth, sizes=[*SIZES, (3, 3)])
    ports = [settings(frame, phase ^ (k & 1)) for k, frame in enumerate(frames)]
    got = run_on_model(dut, frames, ports, Format(depth, depth, 3), decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, depth))


@pytest.mark.parametrize("depth", [8, 12])
def test_simulator(depth: int) -> None:
    frames = random_frames(depth, sizes=[(4, 4), (5, 7), (3, 3), (7, 5)])
    ports = [settings(frame, phase) for phase, frame in enumerate(frames)]
    dut = Demosaic(depth=depth, max_width=7)
    form = Format(depth, depth, 3)
    got = run_on_simulator(dut, frames, ports, form, decoy=DECOY, **PAUSES["both"])
    assert equal(got, expected(frames, ports, depth))


def test_cycles(model: tuple[Model, int]) -> None:
    """A frame takes width * height + 2 * width + 2 cycles, and the first pixel 2 lines and 12."""
    dut, depth = model
    (frame,) = random_frames(depth, sizes=[(17, 9)])
    beats = to_beats(frame, depth)
    for name, value in settings(frame, 0).items():
        dut.set(name, value)
    dut.run(cycles=60, sinks={"o": None})
    whole, drain = 17 * 9 + 2 * 17 + 2, 10
    alone = dut.run(sources={"i": beats}, sinks={"o": 17 * 9})
    assert alone.cycles == whole + drain
    many = dut.run(sources={"i": np.tile(beats, 5)}, sinks={"o": 5 * 17 * 9})
    assert many.cycles == 5 * whole + drain


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(12, sizes=[(9, 5)])
    ports = settings(frame, 2)
    cases = check_block(
        Demosaic(depth=12, max_width=16),
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


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 17"):
        Demosaic(depth=17, max_width=64)
    with pytest.raises(ValueError, match="max_width must be at least 5, not 4"):
        Demosaic(depth=10, max_width=4)
