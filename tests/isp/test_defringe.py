# SPDX-License-Identifier: MIT
"""Defringing against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, Defringe
from opsin_sim.blocks import (
    PAUSES,
    Format,
    conveyor_cycles,
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
FORMS = [Format(10, 10, 3, 1), Format(12, 12, 3, 2), Format(16, 16, 3, 4)]
SIZES = ((8, 4), (16, 9), (64, 33), (12, 5), (8, 3), (32, 7), (24, 20))
DECOY = {"width": 8, "height": 5, "edge": 9, "core": 3, "limit": 200, "bypass": 0}
DEFAULT = isp.defringe_registers(depth=10)


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    form = request.param
    with Model(Conveyor(Defringe(depth=form.depth, ppc=form.ppc), max_width=64)) as model:
        yield model, form


def fringed(depth: int, width: int, height: int, *, seed: int) -> NDArray[np.uint16]:
    """Make bright stripes with seams of all colours, and noise."""
    rng = np.random.default_rng(seed)
    picture = rng.normal(0.5, 0.03, (height, width, 3))
    stripes = np.cumsum(rng.integers(1, 7, width))
    places = stripes[stripes < width]
    for place in places:
        picture[:, place:, 0] += rng.uniform(-0.5, 0.5)
        across = slice(place, place + 3)
        picture[:, across, 1:] += rng.normal(0.1, 0.15, (height, len(picture[0, across]), 2))
    return np.clip(np.rint(picture * (1 << depth)), 0, (1 << depth) - 1).astype(np.uint16)


def settings(frames: Frames, depth: int) -> Ports:
    """Give each frame other registers, some at their ends; one frame is bypassed."""
    full = (1 << depth) - 1
    registers: list[tuple[int, int, int]] = [
        (0, 0, full),
        isp.defringe_registers(depth=depth),
        isp.defringe_registers(edge=0.01, core=0.002, limit=0.3, depth=depth),
        (full // 8, full // 20, full // 3),
        (full, full, full),
        isp.defringe_registers(depth=depth),
        isp.defringe_registers(edge=0.0, core=0.0, limit=0.1, depth=depth),
    ]
    return [
        {"edge": edge, "core": core, "limit": limit, "bypass": int(k == 5)}
        | {"width": frame.shape[1], "height": frame.shape[0]}
        for k, (frame, (edge, core, limit)) in enumerate(zip(frames, registers, strict=True))
    ]


def stimuli(depth: int) -> tuple[Frames, Ports]:
    frames = [fringed(depth, width, height, seed=width) for width, height in SIZES]
    frames[0], frames[3] = random_frames(depth, channels=3, sizes=[SIZES[0], SIZES[3]])
    return frames, settings(frames, depth)


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    return [
        frame
        if values["bypass"]
        else isp.defringe(frame, *(values[k] for k in ("edge", "core", "limit")), depth=depth)
        for frame, values in zip(frames, ports, strict=True)
    ]


def line(*pixels: tuple[int, int, int, int]) -> NDArray[np.uint16]:
    """Return four lines of so many pixels of each colour."""
    row = np.concatenate([[color] * count for count, *color in pixels])
    return np.tile(row.astype(np.uint16), (4, 1, 1))


WHITE, BLACK = (900, 512, 512), (100, 512, 512)


def test_golden_takes_a_violet_seam_away() -> None:
    seam = line((20, *WHITE), (3, 150, 590, 540), (20, *BLACK))
    out = isp.defringe(seam, *DEFAULT, depth=10)
    assert np.array_equal(out[..., 0], seam[..., 0])
    assert (out[0, 20:23] == (150, 512 + DEFAULT.core, 512)).all()
    assert np.array_equal(np.delete(out, [20, 21, 22], 1), np.delete(seam, [20, 21, 22], 1))
    blue = line((20, *WHITE), (3, 150, 552, 490), (20, *BLACK))
    assert (isp.defringe(blue, *DEFAULT, depth=10)[0, 21] == (150, 520, 512)).all()


@pytest.mark.parametrize(
    "color",
    [(300, 420, 800), (400, 300, 300), (850, 250, 530), (600, 480, 700), (120, 1000, 480)],
    ids=["red", "green", "yellow", "orange", "saturated blue"],
)
@pytest.mark.parametrize("width", [2, 5, 20])
def test_golden_keeps_colors_of_things(color: tuple[int, int, int], width: int) -> None:
    """Other colours than a fringe's stay beside edges; thin lines of strong blue do, too."""
    for ground in (WHITE, BLACK):
        sign = line((20, *ground), (width, *color), (20, *ground))
        assert np.array_equal(isp.defringe(sign, *DEFAULT, depth=10), sign)


def test_golden_keeps_what_has_a_side_like_it() -> None:
    """Blue things of some width stay whole; so do seams where luma has no edge."""
    thing = line((20, *WHITE), (7, 300, 640, 480), (20, *BLACK))
    assert np.array_equal(isp.defringe(thing, *DEFAULT, depth=10)[:, :21], thing[:, :21])
    wide = line((20, *WHITE), (20, 300, 640, 480))
    assert np.array_equal(isp.defringe(wide, *DEFAULT, depth=10), wide)
    flat = line((20, 300, 512, 512), (3, 300 + DEFAULT.edge, 600, 540), (20, 300, 512, 512))
    assert np.array_equal(isp.defringe(flat, *DEFAULT, depth=10), flat)


def test_golden_by_hand() -> None:
    def blue(excess: int, edge: int, core: int, limit: int, red: int = 512) -> tuple[int, int]:
        seam = line((10, 500, 520, 500), (1, 200, 520 + excess, red), (10, 300, 530, 505))
        out = isp.defringe(seam, edge, core, limit, depth=10)[0, 10]
        return 520 + excess - int(out[1]), int(out[2]) - red

    assert blue(50, 0, 0, 1023) == (40, 0)  # down to the greater side
    assert blue(50, 0, 7, 1023) == (33, 0)
    assert blue(50, 290, 0, 1023) == (10, 0)  # contrast 300
    assert blue(50, 300, 0, 1023) == (0, 0)
    assert blue(50, 0, 0, 30) == (20, 0)  # twice the limit less the excess
    assert blue(50, 0, 0, 20) == (0, 0)
    assert blue(50, 0, 0, 1023, red=480) == (40, 20)  # to the lesser side
    assert blue(50, 0, 0, 1023, red=400) == (40, 40)  # no farther than blue
    assert blue(50, 0, 0, 1023, red=520) == (40, -8)  # to grey
    assert blue(50, 0, 0, 1023, red=600) == (40, -40)


def test_registers_saturate() -> None:
    assert isp.defringe_registers(edge=2, core=-1, limit=0.5, depth=10) == (1023, 0, 512)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: dict[str, Any]) -> None:
    dut, form = model
    frames, ports = stimuli(form.depth)
    wanted = expected(frames, ports, form.depth)
    changed = [not np.array_equal(a, b) for a, b in zip(frames, wanted, strict=True)]
    assert changed == [True, True, True, True, False, False, True]
    assert equal(run_on_model(dut, frames, ports, form, decoy=DECOY, **pauses), wanted)


@pytest.mark.parametrize("pauses", ["full rate", "stalling sink", "both"])
@pytest.mark.parametrize("ppc", [1, 2, 4])
def test_simulator(ppc: int, pauses: str) -> None:
    """Odd sizes and the smallest, of which several are in the block at a time."""
    pace: Any = PAUSES[pauses]
    least = 6 if ppc == 1 else 8
    sizes = [(least, 3), (11 // ppc * ppc, 9), (least, 3), (least, 3), (least, 4), (8, 3), (8, 3)]
    frames = [fringed(8, width, height, seed=height) for width, height in sizes]
    frames[0], frames[3] = random_frames(8, channels=3, sizes=[sizes[0], sizes[3]])
    ports = settings(frames, 8)
    dut = Conveyor(Defringe(depth=8, ppc=ppc), max_width=12)
    got = run_on_simulator(dut, frames, ports, Format(8, 8, 3, ppc), decoy=DECOY, **pace)
    assert equal(got, expected(frames, ports, 8))


def test_cycles(model: tuple[Model, Format]) -> None:
    """A frame takes its beats, the window's overhang, and the block's latency."""
    dut, form = model
    frame = fringed(form.depth, 32, 9, seed=1)
    beats = to_beats(frame, form.depth, form.ppc)
    registers = isp.defringe_registers(depth=form.depth)._asdict()
    for name, value in {**registers, "width": 32, "height": 9, "bypass": 0}.items():
        dut.set(name, value)
    dut.run(cycles=80, sinks={"o": None})
    slots = 9 * 32 // form.ppc + -(-5 // form.ppc)
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, 12)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, 12, frames=3)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    frame = fringed(10, 9, 5, seed=1)
    ports = {"edge": 20, "core": 2, "limit": 300, "width": 9, "height": 5, "bypass": 0}
    cases = check_block(
        Conveyor(Defringe(depth=10), max_width=16),
        to_beats(frame, 10),
        to_beats(expected([frame], [ports], 10)[0], 10),
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
        Defringe(depth=17)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        Defringe(depth=10, ppc=3)
