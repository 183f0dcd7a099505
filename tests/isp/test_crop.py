# SPDX-License-Identifier: MIT
"""Crop against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Crop
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [(10, 1), (8, 2), (16, 4)]
WINDOWS = [  # x, y, width, height of a frame of 24 × 9
    (0, 0, 24, 9),
    (4, 2, 8, 3),
    (5, 3, 11, 5),
    (23, 8, 4, 1),
    (8, 0, 4, 9),
    (0, 8, 24, 1),
    (12, 4, 65535, 65535),
]


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    depth, ppc = request.param
    with Model(Crop(depth=depth, ppc=ppc)) as model:
        yield model, depth, ppc


def settings(window: tuple[int, int, int, int], phase: int, bypass: int = 0) -> dict[str, int]:
    names = ("x", "y", "width", "height")
    return dict(zip(names, window, strict=True)) | {"phase": phase, "bypass": bypass}


def expected(frame: NDArray[Any], values: dict[str, int], ppc: int) -> NDArray[Any]:
    if values["bypass"]:
        return frame
    place = {name: values[name] for name in ("x", "y", "width", "height")}
    return isp.crop(frame, **place, ppc=ppc)


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 0), (0, 1), (3, 5)])
def test_golden_phase(phase: int, x: int, y: int) -> None:
    """The window's mosaic is that of the cropped picture in the window's phase."""
    (rgb,) = random_frames(10, channels=3, sizes=[(12, 10)])
    window = {"x": x, "y": y, "width": 6, "height": 4}
    raw = isp.crop(isp.mosaic(rgb, phase), **window)
    there = isp.crop_phase(phase, x=x, y=y)
    assert np.array_equal(raw, isp.mosaic(isp.crop(rgb, **window), there))


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int, int], pauses: Any, phase: int) -> None:
    """Frames one behind the other, while the ports already change; and one that passes whole."""
    dut, depth, ppc = model
    dut.reset()
    for name, value in settings((0, 0, 9, 9), 0).items():
        dut.set(name, value)
    frames = random_frames(depth, sizes=[(24, 9)] * (len(WINDOWS) + 1))
    stray = to_beats(frames[0], depth, ppc)[1:]
    dut.run(sources={"i": stray}, sinks={"o": 0}, **pauses)  # outside a frame: dropped
    ports = [settings(window, phase ^ k) for k, window in enumerate(WINDOWS, start=-4)]
    ports = [values | {"phase": values["phase"] % 4} for values in ports]
    ports.insert(3, settings(WINDOWS[1], phase, bypass=1))
    for frame, values in zip(frames, ports, strict=True):
        wanted = to_beats(expected(frame, values, ppc), depth, ppc)
        beats = to_beats(frame, depth, ppc)
        for name, value in values.items():
            dut.set(name, value)
        first = dut.run(sources={"i": beats[:1]}, sinks={"o": 0}, **pauses)
        assert len(first.outputs["o"]) == 0
        for name, value in settings((1, 1, 5, 5), 0, 1 - values["bypass"]).items():
            dut.set(name, value)
        run = dut.run(sources={"i": beats[1:]}, sinks={"o": len(wanted)}, **pauses)
        assert np.array_equal(run.outputs["o"], wanted)
        dut.run(cycles=5)
        odd_x = values["x"] if ppc == 1 else 0
        moved = isp.crop_phase(values["phase"], x=odd_x, y=values["y"])
        assert dut.get("phase_out") == (values["phase"] if values["bypass"] else moved)


@pytest.mark.parametrize("gap", [0, 4])
def test_back_to_back(model: tuple[Model, int, int], gap: int) -> None:
    """One beat per cycle, nothing lost between frames."""
    dut, depth, ppc = model
    dut.reset()
    values = settings((gap, 1, 24 - gap, 8), 0)
    for name, value in values.items():
        dut.set(name, value)
    frames = random_frames(depth, sizes=[(24, 9)] * 4)
    beats = np.concatenate([to_beats(frame, depth, ppc) for frame in frames])
    wanted = np.concatenate([to_beats(expected(f, values, ppc), depth, ppc) for f in frames])
    run = dut.run(sources={"i": beats}, sinks={"o": len(wanted)})
    assert np.array_equal(run.outputs["o"], wanted)
    assert run.cycles == len(beats) + 4


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(10, sizes=[(9, 7)])
    values = settings((2, 1, 5, 4), 1)
    cases = check_block(
        Crop(depth=10),
        to_beats(frame, 10),
        to_beats(expected(frame, values, 1), 10),
        ports=values,
        frame=(5, 4),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        Crop(depth=7)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 8"):
        Crop(depth=8, ppc=8)
