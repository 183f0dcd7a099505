# SPDX-License-Identifier: MIT
"""Demosaic against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from opsin.isp import Conveyor, Demosaic
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
from opsin_sim.video import from_beats, to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

METHODS = ("directional", "malvar")
SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
DECOY = {"phase": 2, "width": 8, "height": 5, "bypass": 1}
SIZES = ((8, 5), (8, 5), (12, 9), (64, 33), (8, 6), (24, 20))

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


@pytest.fixture(
    scope="module",
    params=[
        *(("directional", 10, 1), ("directional", 12, 2), ("directional", 16, 4)),
        *(("malvar", 10, 1), ("malvar", 16, 4)),
    ],
    ids=str,
)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, str, Format]]:
    method, depth, ppc = request.param
    with Model(
        Conveyor(Demosaic(depth=depth, max_width=64, ppc=ppc, method=method), max_width=64)
    ) as model:
        yield model, method, Format(depth, depth, 3, ppc)


def settings(frame: NDArray[Any], phase: int, bypass: int = 0) -> dict[str, Any]:
    height, width = frame.shape
    return {"phase": phase, "width": width, "height": height, "bypass": bypass}


def expected(frames: Frames, ports: Ports, method: Any, depth: int) -> Frames:
    return [
        np.repeat(frame[..., None], 3, axis=2)
        if values["bypass"]
        else isp.demosaic(frame, phase=values["phase"], depth=depth, method=method)
        for frame, values in zip(frames, ports, strict=True)
    ]


def textured(depth: int, width: int, height: int, *, seed: int = 1) -> NDArray[np.uint16]:
    """Draw a slope, an edge and a little noise, so that no direction is as good as any other."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    plane = 60 + 3 * x + 2 * y + np.where(x + 2 * y > width, 40, 0)
    samples = (plane + rng.normal(0, 1.5, plane.shape)) * 2.0 ** (depth - 8)
    return np.clip(np.rint(samples), 0, (1 << depth) - 1).astype(np.uint16)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("phase", range(4))
def test_golden_flat_grey_stays(phase: int, method: Any) -> None:
    raw = np.full((6, 7), 517, dtype=np.uint16)
    assert np.all(isp.demosaic(raw, phase=phase, depth=10, method=method) == 517)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("phase", range(4))
def test_golden_ramp_is_exact_inside(phase: int, method: Any) -> None:
    y, x = np.mgrid[0:15, 0:16]
    raw = (100 + 16 * x + 32 * y).astype(np.uint16)
    rgb = isp.demosaic(raw, phase=phase, depth=10, method=method)
    reach = {"malvar": 2, "directional": 6}[method]
    inside = np.s_[reach:-reach, reach:-reach]
    assert np.array_equal(rgb[inside], np.repeat(raw[inside][..., None], 3, axis=2))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("phase", range(4))
def test_golden_keeps_what_the_sensor_saw(phase: int, method: Any) -> None:
    rgb = random_frames(12, channels=3, sizes=[(17, 9)])[0]
    raw = isp.mosaic(rgb, phase).astype(np.uint16)
    out = isp.demosaic(raw, phase=phase, depth=12, method=method)
    assert np.array_equal(isp.mosaic(out, phase), raw)


@pytest.mark.parametrize("phase", range(4))
def test_golden_turned_picture(phase: int) -> None:
    """Columns are treated as rows are: a transposed frame gives the transposed picture.

    Not any frame, as roughness is taken from 3 × 5 pixels in both directions.
    """
    raw = np.zeros((16, 16), dtype=np.uint16)
    raw[8:, :] = 900
    turned = {0: 0, 1: 2, 2: 1, 3: 3}[phase]
    across = isp.demosaic(raw, phase=phase, depth=10)
    down = isp.demosaic(raw.T, phase=turned, depth=10).transpose(1, 0, 2)
    assert np.array_equal(across, down)


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("turned", [False, True])
def test_golden_edge_without_zipper(phase: int, turned: bool) -> None:
    """A sharp grey edge comes through unchanged where Malvar's filter colours it."""
    raw = np.full((16, 20), 200, dtype=np.uint16)
    raw[:, 10:] = 800
    raw = raw.T if turned else raw
    grey = np.repeat(raw[..., None], 3, axis=2)
    assert np.array_equal(isp.demosaic(raw, phase=phase, depth=10), grey)
    assert not np.array_equal(isp.demosaic(raw, phase=phase, depth=10, method="malvar"), grey)


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("colour", [0, 2])
def test_golden_saturated_colour_without_zipper(phase: int, colour: int) -> None:
    """Green stays even beneath waves of a colour 30 times as strong, and grey ones stay grey."""
    y, x = np.mgrid[0:40, 0:40]
    wave = 2000 + 900 * np.sin(0.9 * x + 0.4 * y) * np.sin(0.3 * x - 0.8 * y)
    rgb = np.full((40, 40, 3), 70.0)
    rgb[..., colour] = wave
    inside = np.s_[6:-6, 6:-6]

    def green(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
        raw = isp.mosaic(np.rint(rgb), phase).astype(np.uint16)
        found = isp.demosaic(raw, phase=phase, depth=12)[..., 1].astype(float)
        return found - rgb[..., 1]

    assert np.abs(green(rgb))[inside].max() < 80  # 549 without the limit
    grey = np.repeat(wave[..., None], 3, axis=2)
    assert np.abs(green(grey))[inside].max() < 60


def test_golden_of_a_picture() -> None:
    """A photograph loses less than with Malvar's filter; the figure is the integer model's."""
    picture = data.chelsea()[:200, :200]
    raw = isp.mosaic(picture, 0).astype(np.uint16)

    def loss(method: Any) -> float:
        out = isp.demosaic(raw, phase=0, depth=8, method=method)
        error = (out.astype(float) - picture)[10:-10, 10:-10]
        return float(10 * np.log10(255**2 / np.mean(error**2)))

    assert loss("directional") > loss("malvar") + 2


def test_golden_is_the_paper_s_filter() -> None:
    (raw,) = random_frames(12, sizes=[(17, 9)])
    rgb = isp.demosaic(raw, phase=0, depth=12, method="malvar").astype(float)
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
def test_model(model: tuple[Model, str, Format], pauses: dict[str, Any], phase: int) -> None:
    """Noise, then a texture, frames of all sizes; every third is bypassed."""
    dut, method, form = model
    frames = random_frames(form.depth, sizes=SIZES)
    frames += [textured(form.depth, *size) for size in ((24, 20), (64, 9))]
    ports = [settings(f, phase ^ (k & 1), int(k % 3 == 2)) for k, f in enumerate(frames)]
    got = run_on_model(dut, frames, ports, form, decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, method, form.depth))


@pytest.mark.parametrize("model", [("directional", 16, 4)], indirect=True, ids=str)
def test_small_frames_close_together(model: tuple[Model, str, Format]) -> None:
    """A sink that stalls for long lets several of the smallest frames into the block at once."""
    dut, method, form = model
    rng = np.random.default_rng(5)
    frames = random_frames(form.depth, sizes=[(8, 5)] * 80)
    ports = [settings(f, int(rng.integers(4)), int(rng.integers(4) == 0)) for f in frames]
    size, most = 40 // form.ppc, 20
    pieces: list[NDArray[Any]] = []
    taken = 0
    for k, (frame, values) in enumerate(zip(frames, ports, strict=True)):
        beats = to_beats(frame, form.depth, form.ppc)
        for part, now in ((beats[:1], values), (beats[1:], DECOY)):
            for name, value in now.items():
                dut.set(name, value)
            least = max(taken, size * k - most)
            until = int(rng.integers(least, size * k + 1)) if rng.random() < 0.5 else least
            run = dut.run({"i": part}, {"o": until - taken}, timeout=10_000)
            pieces.append(run.outputs["o"])
            taken = until
    pieces.append(dut.run(sinks={"o": size * len(frames) - taken}, timeout=10_000).outputs["o"])
    pictures = np.split(np.concatenate(pieces), len(frames))
    got = [from_beats(p, 8, 5, depth=form.depth, ppc=form.ppc, channels=3) for p in pictures]
    assert equal(got, expected(frames, ports, method, form.depth))


@pytest.mark.parametrize(
    ("method", "ppc", "sizes"),
    [
        ("directional", 1, [(4, 5), (5, 7), (4, 5), (7, 5)]),
        ("malvar", 1, [(4, 4), (5, 7), (3, 3), (7, 5)]),
        ("malvar", 2, [(4, 3), (6, 7), (4, 3), (8, 5)]),
    ],
)
@pytest.mark.parametrize("pauses", ["full rate", "both"])
def test_simulator(method: Any, ppc: int, sizes: list[tuple[int, int]], pauses: str) -> None:
    """The smallest frames."""
    frames = random_frames(8, sizes=sizes)
    ports = [settings(frame, phase, phase & 1) for phase, frame in enumerate(frames)]
    dut = Conveyor(Demosaic(depth=8, max_width=8, ppc=ppc, method=method), max_width=8)
    form = Format(8, 8, 3, ppc)
    got = run_on_simulator(dut, frames, ports, form, decoy=DECOY, **PAUSES[pauses])
    assert equal(got, expected(frames, ports, method, 8))


def test_cycles(model: tuple[Model, Any, Format]) -> None:
    dut, method, form = model
    (frame,) = random_frames(form.depth, sizes=[(24, 9)])
    line, beats = 24 // form.ppc, to_beats(frame, form.depth, form.ppc)
    for name, value in settings(frame, 0).items():
        dut.set(name, value)
    dut.run(cycles=400, sinks={"o": None})
    windows = {"directional": [(4, 3), (0, 2), (1, 1)], "malvar": [(2, 2)]}[method]
    slots = len(beats) + sum(lines * line + -(-reach // form.ppc) for lines, reach in windows)
    latency = Demosaic(depth=form.depth, max_width=32, method=method).latency
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, latency)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, latency, frames=3)


@needs_cocotb
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, method: Any, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(12, sizes=[(9, 5)])
    ports = settings(frame, 2)
    cases = check_block(
        Conveyor(Demosaic(depth=12, max_width=16, method=method), max_width=16),
        to_beats(frame, 12),
        to_beats(expected([frame], [ports], method, 12)[0], 12),
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
    with pytest.raises(ValueError, match="max_width must be at least 7, not 4"):
        Demosaic(depth=10, max_width=4)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 8"):
        Demosaic(depth=10, max_width=64, ppc=8)
    with pytest.raises(ValueError, match="rows must be 1, or 3 of directional, not 3 of malvar"):
        Demosaic(depth=10, max_width=64, method="malvar", rows=3)
    unknown: Any = "nearest"
    with pytest.raises(ValueError, match="method must be directional or malvar, not 'nearest'"):
        Demosaic(depth=10, max_width=64, method=unknown)
