# SPDX-License-Identifier: MIT
"""Sharpness of zones against its golden model."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import AfStatistics
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.statistics import Tapped, measure, read_results
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [(10, 1), (12, 2), (16, 4)]
FIELDS = ("total", "peaks")

# Times ppc in width: of the frame, of the corner, of a zone.
SIZES = [(8, 8), (13, 11), (53, 17), (78, 22), (40, 33)]
CORNERS = [(0, 0), (0, 3), (5, 4), (2, 2), (0, 0)]
ZONES = [(8, 2), (8, 4), (11, 5), (8, 2), (40, 33)]

Case = tuple[NDArray[np.uint16], dict[str, Any]]


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    depth, ppc = request.param
    with Model(Tapped(AfStatistics(depth=depth, max_width=80 * ppc, ppc=ppc))) as model:
        yield model, depth, ppc


def cases(depth: int, ppc: int, seed: int) -> list[Case]:
    """Noise, and one frame of black and white: the filters' greatest results."""
    frames = random_frames(depth, sizes=[(w * ppc, h) for w, h in SIZES], seed=seed)
    full = (1 << depth) - 1
    frames[4] = np.where(frames[4] > full // 2, full, 0).astype(np.uint16)
    out = []
    for k, frame in enumerate(frames):
        grid = {
            "left": CORNERS[k][0] * ppc,
            "top": CORNERS[k][1],
            "zone_width": ZONES[k][0] * ppc,
            "zone_height": ZONES[k][1],
        }
        chosen = {"coarse": (k + seed) % 2, "threshold": full // 2 * (k % 3)}
        out.append((frame, {**grid, **chosen, "scale": (k + seed // 2) % 3}))
    return out


def agrees(dut: Model, case: Case, ppc: int) -> bool:
    """Whether the zones that the frame has read as the golden model says."""
    frame, settings = case
    unit = max(2, ppc)
    width = (frame.shape[1] - settings["left"] // unit * unit) // (
        settings["zone_width"] // unit * unit
    )
    height = (frame.shape[0] - settings["top"] // 2 * 2) // (settings["zone_height"] // 2 * 2)
    there = [y * 8 + x for y in range(min(height, 8)) for x in range(min(width, 8))]
    assert there
    wanted = isp.af_statistics(frame, **settings, ppc=ppc)
    got = read_results(dut, "zone", FIELDS, there)
    return all(np.array_equal(got[name], getattr(wanted, name).ravel()[there]) for name in FIELDS)


@pytest.mark.parametrize("coarse", [False, True])
def test_golden_finds_focus(coarse: bool) -> None:
    """Both sums fall as a picture of edges gets softer, in steps; flat grey has no detail."""
    edges = np.repeat(np.random.default_rng(1).integers(100, 900, 40), 8)
    kernel = np.array([1, 2, 1]) / 4
    line = edges.astype(float)
    sums = []
    for _ in range(6):
        raw = np.broadcast_to(line.round().astype(np.uint16), (16, line.size))
        settings: dict[str, Any] = {"coarse": coarse, "threshold": 10, "scale": 1}
        got = isp.af_statistics(raw, zone_width=320, zone_height=16, **settings)
        sums.append((got.total[0, 0], got.peaks[0, 0]))
        for _ in range(4):
            line = np.convolve(np.pad(line, 1, mode="edge"), kernel, mode="valid")
    assert all(a > c and b > d for (a, b), (c, d) in pairwise(sums))
    flat = np.full((16, 320), 700, dtype=np.uint16)
    assert not isp.af_statistics(flat, zone_width=320, zone_height=16).total.any()


def test_golden_filters() -> None:
    """By hand: a step of one, and what is left beyond the threshold."""
    raw = np.array([[0] * 12 + [1] * 12] * 2, dtype=np.uint16)
    fine = isp.af_statistics(raw, zone_width=24, zone_height=2)
    assert (fine.total[0, 0], fine.peaks[0, 0]) == (2 * (2 + 2), 2 * 2)
    coarse = isp.af_statistics(raw, zone_width=24, zone_height=2, coarse=True, threshold=1)
    assert (coarse.total[0, 0], coarse.peaks[0, 0]) == (2 * (1 + 3 + 3 + 1 - 0), 2 * 3)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int, int], pauses: Any) -> None:
    dut, depth, ppc = model
    dut.reset()
    seed = list(PAUSES.values()).index(pauses) + 1
    for k, case in enumerate(cases(depth, ppc, seed)):
        assert measure(dut, *case, depth=depth, ppc=ppc, **pauses)
        assert dut.get("frame") == k + 1
        assert not dut.get("busy")
        assert agrees(dut, case, ppc)


@pytest.mark.parametrize("how", ["broken off", "held", "reset"])
def test_left_out(model: tuple[Model, int, int], how: str) -> None:
    """A frame that is not counted, and the next is right; one that is held changes nothing."""
    dut, depth, ppc = model
    dut.reset()
    _, _, first, second, third = cases(depth, ppc, 6)
    assert measure(dut, *first, depth=depth, ppc=ppc)
    dut.set("hold", int(how == "held"))
    half = None if how == "held" else second[0].size // ppc // 2
    measure(dut, *second, depth=depth, ppc=ppc, beats=half)
    assert dut.get("busy") == (how != "held")
    dut.set("hold", 0)
    if how == "held":
        assert agrees(dut, first, ppc)
    if how == "reset":
        dut.reset()
    counted = 0 if how == "reset" else 1
    assert dut.get("frame") == counted
    assert measure(dut, *third, depth=depth, ppc=ppc)
    assert dut.get("frame") == counted + 1
    assert agrees(dut, third, ppc)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """The stream passes, whatever stands beside it."""
    (frame,) = random_frames(10, sizes=[(9, 5)])
    results = check_block(
        Tapped(AfStatistics(depth=10, max_width=16)),
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
        AfStatistics(depth=7, max_width=64)
    with pytest.raises(ValueError, match=r"max_width must be a multiple of ppc = 1 in 4\.\.8192"):
        AfStatistics(depth=8, max_width=8193)
