# SPDX-License-Identifier: MIT
"""Brightness of zones against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import AeZones
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.statistics import Tapped, measure, read_results
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [(10, 1), (12, 2), (16, 4)]
FIELDS = ("luma", "bright")

# Times ppc in width: of the frame, of the corner, of a zone.
SIZES = [(8, 8), (9, 11), (53, 17), (142, 38), (40, 33)]
CORNERS = [(0, 0), (0, 3), (5, 4), (2, 2), (0, 0)]
ZONES = [(8, 2), (8, 4), (11, 5), (8, 2), (40, 33)]

Case = tuple[NDArray[np.uint16], dict[str, int]]


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    depth, ppc = request.param
    with Model(Tapped(AeZones(depth=depth, max_width=144 * ppc, ppc=ppc))) as model:
        yield model, depth, ppc


def cases(depth: int, ppc: int, seed: int) -> list[Case]:
    frames = random_frames(depth, sizes=[(w * ppc, h) for w, h in SIZES], seed=seed)
    out = []
    for k, frame in enumerate(frames):
        grid = {
            "left": CORNERS[k][0] * ppc,
            "top": CORNERS[k][1],
            "zone_width": ZONES[k][0] * ppc,
            "zone_height": ZONES[k][1],
        }
        bright = int(frame.flat[k * 7])
        out.append((frame, {**grid, "bright": bright, "scale": (k + seed) % 4}))
    return out


def agrees(dut: Model, case: Case, ppc: int) -> bool:
    """Whether the zones that the frame has read as the golden model says."""
    frame, settings = case
    wanted = isp.ae_zones(frame, **settings, ppc=ppc)
    everything = isp.ae_zones(frame, **{**settings, "bright": 0}, ppc=ppc)
    there = np.flatnonzero(everything.bright)
    assert there.size
    got = read_results(dut, "zone", FIELDS, there)
    return all(np.array_equal(got[name], getattr(wanted, name).ravel()[there]) for name in FIELDS)


def test_golden_means() -> None:
    """The mean of a zone weighs green like red and blue together."""
    rgb = np.broadcast_to(np.array([10, 200, 3000]), (9, 19, 3))
    for phase in range(4):
        raw = isp.mosaic(rgb, phase).astype(np.uint16)
        got = isp.ae_zones(raw, zone_width=8, zone_height=4, bright=200)
        luma = (10 + 2 * 200 + 3000) / 4
        assert got.luma[:3, :3].tolist() == [[32 * luma] * 2 + [0]] * 2 + [[0] * 3]
        assert got.bright[:3, :3].tolist() == [[24, 24, 0]] * 2 + [[0] * 3]


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


def test_reads_while_busy(model: tuple[Model, int, int]) -> None:
    """A zone is of one frame or of the other, never anything else, in whichever cycle."""
    dut, depth, ppc = model
    dut.reset()
    frame, settings = cases(depth, ppc, 3)[3]
    other = frame[::-1, ::-1].copy()
    assert measure(dut, frame, settings, depth=depth, ppc=ppc)
    words = set()
    for shown in (frame, other):
        wanted = isp.ae_zones(shown, **settings, ppc=ppc)
        words.add((int(wanted.luma[2, 3]), int(wanted.bright[2, 3])))
    assert len(words) == 2
    dut.set("index", 35)
    dut.run(cycles=6)
    seen = set()
    beats = to_beats(other, depth, ppc)
    for k in range(len(beats)):
        dut.run(sources={"i": beats[k : k + 1]}, sinks={"o": 1})
        word = dut.get("zone")
        seen.add((word & (1 << 18) - 1, word >> 18))
    assert seen == words


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """The stream passes, whatever stands beside it."""
    (frame,) = random_frames(10, sizes=[(9, 5)])
    results = check_block(
        Tapped(AeZones(depth=10, max_width=16)),
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
        AeZones(depth=7, max_width=64)
    with pytest.raises(ValueError, match=r"max_width must be a multiple of ppc = 1 in 4\.\.8192"):
        AeZones(depth=8, max_width=8193)
