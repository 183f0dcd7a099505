# SPDX-License-Identifier: MIT
"""Chroma subsampling against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import ChromaSubsample, Conveyor
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
FORMS = [Format(10, 10, 3, 1), Format(8, 8, 3, 2), Format(16, 16, 3, 4)]
DECOY = {"format": 0, "centred": 1}


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    form = request.param
    width = 64 * form.ppc
    block = ChromaSubsample(depth=form.depth, max_width=width, ppc=form.ppc)
    with Model(Conveyor(block, max_width=width)) as model:
        yield model, form


def expected(frames: Frames, ports: Ports) -> Frames:
    return [
        isp.chroma_subsample(frame, values["format"], centred=bool(values["centred"]))
        for frame, values in zip(frames, ports, strict=True)
    ]


def test_golden_by_hand() -> None:
    picture = np.zeros((3, 5, 3), dtype=np.uint16)
    picture[..., 0] = np.arange(15).reshape(3, 5)
    picture[..., 1] = [[0, 10, 20, 30, 41], [100, 100, 100, 100, 100], [7, 0, 0, 0, 0]]
    picture[..., 2] = picture[..., 1] + 50

    def cb(chroma_format: int, centred: bool = False) -> Any:
        out = isp.chroma_subsample(picture, chroma_format, centred=centred)
        assert np.array_equal(out[..., 0], picture[..., 0])
        y, cb, cr = isp.chroma_planes(out, chroma_format)
        assert np.array_equal(y, picture[..., 0])
        assert np.array_equal(cr, cb + 50)
        return cb.tolist()

    # (10 + 0 + 10) / 4 up; (10 + 40 + 30) / 4; (30 + 82 + 30) / 4 = 35.5 up
    assert cb(1) == [[5, 20, 36], [100, 100, 100], [4, 0, 0]]
    assert cb(1, centred=True) == [[5, 25, 41], [100, 100, 100], [4, 0, 0]]
    assert cb(2) == [[53, 60, 68], [4, 0, 0]]  # 52.5 up, 60, 67.75; the last line alone
    assert cb(0) == picture[..., 1].tolist()


def test_golden_siting() -> None:
    """A ramp keeps its values where the samples lie."""
    x, y = np.meshgrid(np.arange(20), np.arange(10))
    picture = np.repeat((100 + 8 * x + 2 * y).astype(np.uint16)[..., None], 3, axis=2)
    for centred in (False, True):
        out = isp.chroma_subsample(picture, 2, centred=centred)
        _, cb, _ = isp.chroma_planes(out, 2)
        # columns 2k or 2k + 1/2, lines 2k + 1/2
        exact = 100 + 8 * (x[0::2, 0::2] + 0.5 * centred) + 2 * (y[0::2, 0::2] + 0.5)
        assert np.array_equal(cb[:, 1:], exact[:, 1:])


@pytest.mark.parametrize("centred", [0, 1])
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: Any, centred: int) -> None:
    dut, form = model
    sizes = [(width * form.ppc, height) for width, height in (*SIZES, (2, 3), (3, 1), (9, 6))]
    frames = random_frames(form.depth, channels=3, sizes=sizes)
    ports = [
        {"format": (k + start) % 3, "centred": centred ^ (k == 3)}
        for start in range(3)
        for k in range(len(frames))
    ]
    got = run_on_model(dut, frames * 3, ports, form, decoy=DECOY, **pauses)
    assert equal(got, expected(frames * 3, ports))


@pytest.mark.parametrize("ppc", [1, 2])
def test_simulator(ppc: int) -> None:
    frames = random_frames(8, channels=3, sizes=[(4, 4), (6, 5), (8, 2)])
    ports = [{"format": 2, "centred": 0}, {"format": 2, "centred": 1}, {"format": 1, "centred": 0}]
    dut = Conveyor(ChromaSubsample(depth=8, max_width=8, ppc=ppc), max_width=8)
    pace: Any = PAUSES["both"]
    got = run_on_simulator(dut, frames, ports, Format(8, 8, 3, ppc), decoy=DECOY, **pace)
    assert equal(got, expected(frames, ports))


def test_cycles(model: tuple[Model, Format]) -> None:
    """One beat per cycle."""
    dut, form = model
    (frame,) = random_frames(form.depth, channels=3, sizes=[(16 * form.ppc, 5)])
    beats = to_beats(frame, form.depth, form.ppc)
    for name, value in {"format": 2, "width": frame.shape[1], "height": 5}.items():
        dut.set(name, value)
    run = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert run.cycles <= len(beats) + 7 + 12


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(10, channels=3, sizes=[(9, 5)])
    ports = {"format": 2, "centred": 0, "width": 9, "height": 5}
    cases = check_block(
        Conveyor(ChromaSubsample(depth=10, max_width=16), max_width=16),
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
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        ChromaSubsample(depth=7, max_width=64)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        ChromaSubsample(depth=8, max_width=64, ppc=3)
    with pytest.raises(ValueError, match="max_width must be a multiple of ppc = 4 from 8, not 10"):
        ChromaSubsample(depth=8, max_width=10, ppc=4)
