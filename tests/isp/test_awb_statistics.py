# SPDX-License-Identifier: MIT
"""Statistics for white balance against their golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import AwbStatistics
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.statistics import Tapped, measure, read_results
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [(10, 1), (12, 2), (16, 4)]
FIELDS = ("red", "green", "blue", "quads")

# Times ppc in width: of the frame, of the corner, of a zone.
SIZES = [(8, 8), (9, 11), (53, 17), (270, 70), (40, 33), (17, 8)]
CORNERS = [(0, 0), (0, 3), (5, 4), (2, 2), (0, 0), (8, 2)]
ZONES = [(8, 2), (8, 4), (11, 5), (8, 2), (40, 33), (8, 8)]

Case = tuple[NDArray[np.uint16], dict[str, int]]


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    depth, ppc = request.param
    with Model(Tapped(AwbStatistics(depth=depth, max_width=272 * ppc, ppc=ppc))) as model:
        yield model, depth, ppc


def cases(depth: int, ppc: int, seed: int) -> list[Case]:
    """Frames with their settings; about one quad in two lies in the gate."""
    frames = random_frames(depth, sizes=[(w * ppc, h) for w, h in SIZES], seed=seed)
    full = (1 << depth) - 1
    out = []
    for k, frame in enumerate(frames):
        gate = {"dark": full // 16 * (k % 3), "saturation": full - full // 9 * (k % 2)}
        if k == 4:  # samples at the very bounds, and next to them
            near = [gate["dark"] - 1, gate["dark"], gate["saturation"], gate["saturation"] + 1]
            near = [min(max(value, 0), full) for value in near]
            picks = np.random.default_rng(seed).choice(
                near, frame.shape, p=[0.05, 0.45, 0.45, 0.05]
            )
            frame = picks.astype(np.uint16)
        grid = {
            "left": CORNERS[k][0] * ppc,
            "top": CORNERS[k][1],
            "zone_width": ZONES[k][0] * ppc,
            "zone_height": ZONES[k][1],
        }
        out.append((frame, {"phase": (k + seed) % 4, **grid, **gate, "scale": (k + seed) % 4}))
    return out


def agrees(dut: Model, case: Case, ppc: int) -> bool:
    """Whether the zones that the frame has read as the golden model says."""
    frame, settings = case
    unit = max(2, ppc)
    width = (frame.shape[1] - settings["left"] // unit * unit) // (
        settings["zone_width"] // unit * unit
    )
    height = (frame.shape[0] - settings["top"] // 2 * 2) // (settings["zone_height"] // 2 * 2)
    there = [y * 32 + x for y in range(min(height, 32)) for x in range(min(width, 32))]
    wanted = isp.awb_statistics(frame, **settings, ppc=ppc)._asdict()
    got = read_results(dut, "zone", FIELDS, there)
    return all(np.array_equal(got[name], wanted[name].ravel()[there]) for name in FIELDS)


@pytest.mark.parametrize("phase", range(4))
def test_golden_finds_the_colours(phase: int) -> None:
    rgb = np.broadcast_to(np.array([10, 200, 3000]), (9, 15, 3))
    raw = isp.mosaic(rgb, phase).astype(np.uint16)
    grid = {"zone_width": 4, "zone_height": 8}
    got = isp.awb_statistics(raw, phase=phase, **grid, dark=10, saturation=3000)
    assert got.quads[0, :4].tolist() == [8, 8, 8, 0]
    assert not got.quads[1:].any()
    for name, value in (("red", 10), ("green", 400), ("blue", 3000)):
        assert np.array_equal(getattr(got, name), value * got.quads)
    scaled = isp.awb_statistics(raw, phase=phase, **grid, dark=10, saturation=3000, scale=1)
    assert (scaled.blue[0, 0], scaled.quads[0, 0]) == (1500, 8)
    assert isp.awb_statistics(raw, phase=phase, **grid, dark=11, saturation=3000).quads.sum() == 0


def test_scale_that_is_enough() -> None:
    """No zone of white saturates, and a smaller scale would."""
    white = np.full((64, 64), 4095, dtype=np.uint16)
    for size in (2, 4, 16, 64):
        scale = isp.awb_scale(12, size, size)
        grid = {"zone_width": size, "zone_height": size}
        sums = [
            isp.awb_statistics(white, phase=0, **grid, dark=0, saturation=4095, scale=s).green[0, 0]
            for s in (scale, max(scale - 1, 0))
        ]
        assert sums[0] == 2 * 4095 * (size // 2) ** 2 >> 4 * scale
        assert scale == 0 or sums[1] == 262143


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


def test_saturates(model: tuple[Model, int, int]) -> None:
    """White: sums that do not fit are the greatest result, and those that just do are right."""
    dut, depth, ppc = model
    dut.reset()
    full = (1 << depth) - 1
    frame = np.full((256, 64 * ppc), full, dtype=np.uint16)
    gate = {"phase": 0, "left": 0, "top": 0, "dark": 0, "saturation": full}
    for height in (2, 8, 32, 64, 256):
        for scale in range(4):
            grid = {"zone_width": 32 * ppc, "zone_height": height, "scale": scale}
            if height in (8, 64) or scale == 2:
                assert measure(dut, frame, {**gate, **grid}, depth=depth, ppc=ppc)
                assert agrees(dut, (frame, {**gate, **grid}), ppc)


@pytest.mark.parametrize("how", ["broken off", "held", "reset"])
def test_left_out(model: tuple[Model, int, int], how: str) -> None:
    """A frame that is not counted, and the next is right; one that is held changes nothing."""
    dut, depth, ppc = model
    dut.reset()
    _, _, first, _, second, third = cases(depth, ppc, 6)
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
    """Zones are of one frame or of the other, never anything else, in whichever cycle."""
    dut, depth, ppc = model
    dut.reset()
    _, _, first, _, _, _ = cases(depth, ppc, 3)
    frame, settings = first
    assert measure(dut, *first, depth=depth, ppc=ppc)
    other = (frame[::-1].copy(), settings)
    words = {}
    for case in (first, other):
        wanted = isp.awb_statistics(case[0], **settings, ppc=ppc)
        words[int(case is first)] = [int(getattr(wanted, name)[1, 1]) for name in FIELDS]
    dut.set("index", 33)
    dut.run(cycles=3)
    seen = set()
    beats = to_beats(other[0], depth, ppc)
    for k in range(len(beats)):
        dut.run(sources={"i": beats[k : k + 1]}, sinks={"o": 1})
        word = dut.get("zone")
        seen.add(tuple(word >> 18 * k & (1 << 18) - 1 for k in range(4)))
    assert seen <= {tuple(word) for word in words.values()}


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """The stream passes, whatever stands beside it."""
    (frame,) = random_frames(10, sizes=[(9, 5)])
    results = check_block(
        Tapped(AwbStatistics(depth=10, max_width=16)),
        to_beats(frame, 10),
        to_beats(frame, 10),
        ports={"height": 5, "phase": 0, "hold": 0, "index": 0},
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in results:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        AwbStatistics(depth=7, max_width=64)
    message = r"max_width must be a multiple of ppc = 2 in 8\.\.8192, not 9"
    with pytest.raises(ValueError, match=message):
        AwbStatistics(depth=8, max_width=9, ppc=2)
