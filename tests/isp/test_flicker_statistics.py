# SPDX-License-Identifier: MIT
"""Sums of lines against their golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opsin.isp import FlickerStatistics
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.statistics import Tapped, measure, read_results
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [(10, 1), (12, 2), (16, 4)]
SIZES = [(4, 8), (5, 33), (17, 50), (8, 16)]  # times ppc in width


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    depth, ppc = request.param
    with Model(Tapped(FlickerStatistics(depth=depth, max_width=20 * ppc, ppc=ppc))) as model:
        yield model, depth, ppc


def agrees(dut: Model, frame: Any, settings: dict[str, int]) -> bool:
    wanted = isp.flicker_statistics(frame, **settings)
    got = read_results(dut, "row", ["sum"], range(wanted.size))
    return np.array_equal(got["sum"], wanted)


def test_golden_sums() -> None:
    raw = np.arange(13, dtype=np.uint16)[:, None] + np.zeros((13, 10), dtype=np.uint16)
    assert isp.flicker_statistics(raw).tolist() == [10, 50, 90, 130, 170, 210]
    assert isp.flicker_statistics(raw, lines=2).tolist() == [280]
    assert isp.flicker_statistics(raw, lines=2, scale=1).tolist() == [17]
    assert isp.flicker_statistics(np.zeros((4000, 4), dtype=np.uint16)).size == 1024


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int, int], pauses: Any) -> None:
    dut, depth, ppc = model
    dut.reset()
    seed = list(PAUSES.values()).index(pauses) + 1
    frames = random_frames(depth, sizes=[(w * ppc, h) for w, h in SIZES], seed=seed)
    for k, frame in enumerate(frames):
        settings = {"lines": (k + seed) % 4 if k else 0, "scale": (k * 2 + seed) % 4}
        assert measure(dut, frame, settings, depth=depth, ppc=ppc, **pauses)
        assert dut.get("frame") == k + 1
        assert not dut.get("busy")
        assert agrees(dut, frame, settings)


def test_more_rows_than_fit(model: tuple[Model, int, int]) -> None:
    dut, depth, ppc = model
    dut.reset()
    (frame,) = random_frames(depth, sizes=[(4 * ppc, 2070)])
    settings = {"lines": 0, "scale": 1}
    assert measure(dut, frame, settings, depth=depth, ppc=ppc)
    assert agrees(dut, frame, settings)


@pytest.mark.parametrize("how", ["broken off", "held", "reset"])
def test_left_out(model: tuple[Model, int, int], how: str) -> None:
    """A frame that is not counted, and the next is right; one that is held changes nothing."""
    dut, depth, ppc = model
    dut.reset()
    first, second, third, _ = random_frames(depth, sizes=[(w * ppc, h) for w, h in SIZES])
    settings = {"lines": 0, "scale": 1}
    assert measure(dut, first, settings, depth=depth, ppc=ppc)
    dut.set("hold", int(how == "held"))
    half = None if how == "held" else second.size // ppc // 2 + 3
    measure(dut, second, settings, depth=depth, ppc=ppc, beats=half)
    dut.set("hold", 0)
    if how == "held":
        assert agrees(dut, first, settings)
    if how == "reset":
        dut.reset()
    counted = 0 if how == "reset" else 1
    assert dut.get("frame") == counted
    assert measure(dut, third, settings, depth=depth, ppc=ppc)
    assert dut.get("frame") == counted + 1
    assert agrees(dut, third, settings)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """The stream passes, whatever stands beside it."""
    (frame,) = random_frames(10, sizes=[(9, 5)])
    results = check_block(
        Tapped(FlickerStatistics(depth=10, max_width=16)),
        to_beats(frame, 10),
        to_beats(frame, 10),
        ports={"height": 5, "hold": 0, "index": 0},
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in results:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        FlickerStatistics(depth=7, max_width=64)
