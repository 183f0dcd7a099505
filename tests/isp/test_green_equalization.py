# SPDX-License-Identifier: MIT
"""Green equalization against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data as pictures

from opsin.isp import Conveyor, GreenEqualization
from opsin_sim.blocks import (
    PAUSES,
    Format,
    conveyor_cycles,
    equal,
    random_frames,
    run_on_model,
    run_on_simulator,
)
from opsin_sim.devices.sensor import Sensor
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
SIZES = [(8, 4), (8, 3), (20, 9), (64, 33), (12, 7)]  # width less 4 - ppc
DECOY = {"phase": 2, "threshold": 1, "slope": 9, "edge": 77, "width": 8, "height": 4, "bypass": 1}


@pytest.fixture(scope="module", params=[(10, 1), (12, 2), (16, 4)], ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    depth, ppc = request.param
    with Model(
        Conveyor(GreenEqualization(depth=depth, ppc=ppc, max_width=64), max_width=64)
    ) as model:
        yield model, Format(depth, depth, ppc=ppc)


def soft(depth: int, sizes: list[tuple[int, int]]) -> Frames:
    """Noise around many levels, black and white among them, so that every test says yes and no."""
    full, rng = (1 << depth) - 1, np.random.default_rng(depth)
    frames = []
    for width, height in sizes:
        level = rng.integers(-full // 8, full + full // 8, (1, width))
        noise = rng.normal(0, full / 30, (height, width)) * (rng.random((height, 1)) < 0.7)
        frames.append(np.clip(np.sort(level) + noise, 0, full).astype(np.uint16))
    return frames


def registers(depth: int, kind: int) -> dict[str, int]:
    full = (1 << depth) - 1
    return (
        {"threshold": full // 16, "slope": 12, "edge": full // 4},
        {"threshold": 0, "slope": 255, "edge": 0},
        {"threshold": full, "slope": 255, "edge": 4 * full},
        {"threshold": full // 50, "slope": 0, "edge": 2 * full},
    )[kind % 4]


def settings(
    frame: NDArray[Any], values: dict[str, int], phase: int, bypass: int = 0
) -> dict[str, Any]:
    size = {"width": frame.shape[1], "height": frame.shape[0]}
    return {**size, **values, "phase": phase, "bypass": bypass}


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    return [
        frame
        if p["bypass"]
        else isp.green_equalization(
            frame,
            threshold=p["threshold"],
            slope=p["slope"],
            edge=p["edge"],
            phase=p["phase"],
            depth=depth,
        )
        for frame, p in zip(frames, ports, strict=True)
    ]


@pytest.mark.parametrize("phase", range(4))
def test_golden_by_hand(phase: int) -> None:
    """Up to the threshold both greens meet, beyond it less, from twice of it on not at all."""
    for apart, moved in ((10, 10), (9, 9), (40, 40), (60, 20), (79, 1), (80, 0), (200, 0)):
        level = np.array([500, 300, 300 + apart, 100])
        raw = level[isp.channels((9, 11), phase)].astype(np.uint16)
        out = isp.green_equalization(raw, threshold=40, slope=0, edge=0, phase=phase, depth=10)
        up, down = (moved + 1) // 2, moved // 2  # halves go up, whichever way the pixel moves
        want = np.array([500, 300 + up, 300 + apart - down, 100])
        assert np.array_equal(out, want[isp.channels((9, 11), phase)])


def test_golden_leaves_edges_alone() -> None:
    raw = np.full((12, 12), 200, dtype=np.uint16)
    raw[:, 6:] = 260
    out = isp.green_equalization(raw, threshold=400, slope=0, edge=59, phase=0, depth=10)
    assert np.array_equal(out, raw)
    out = isp.green_equalization(raw, threshold=400, slope=0, edge=400, phase=0, depth=10)
    assert not np.array_equal(out, raw)


def test_golden_takes_the_imbalance_away_and_keeps_the_picture() -> None:
    """Greens 4 % apart come within 2 %, edges included; a good frame hardly changes."""
    sensor = Sensor(bits=12, black=0, read_noise=1, gain=0.1)
    good = sensor.expose(pictures.astronaut())
    factor = np.array([1, 1.02, 0.98, 1])[isp.channels(good.shape, 0)]
    raw = np.clip(np.rint(good * factor), 0, 4095).astype(np.uint16)
    values = {"threshold": 8, "slope": 32, "edge": 64}
    out = isp.green_equalization(raw, **values, phase=0, depth=12)
    same = isp.green_equalization(good, **values, phase=0, depth=12)

    def imbalance(frame: NDArray[np.uint16]) -> float:
        greens = frame[::2, 1::2].astype(float), frame[1::2, ::2].astype(float)
        return abs(float(np.mean(greens[0]) / np.mean(greens[1])) - 1)

    assert imbalance(raw) > 0.04
    assert imbalance(out) < 0.02
    error = [float(np.abs(frame.astype(int) - good).mean()) for frame in (raw, out, same)]
    assert error[1] < error[0] * 0.6
    assert error[2] < error[0] * 0.25


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: dict[str, Any], phase: int) -> None:
    dut, form = model
    sizes = [(width - 4 + form.ppc, height) for width, height in SIZES]
    frames = soft(form.depth, sizes) + random_frames(form.depth, sizes=[(16, 9), (8, 3)])
    ports = [
        settings(frame, registers(form.depth, k + phase), phase ^ (k & 1), int(k == 4))
        for k, frame in enumerate(frames)
    ]
    got = run_on_model(dut, frames, ports, form, decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, form.depth))


def test_settings_change_between_frames(model: tuple[Model, Format]) -> None:
    """Frames follow each other closely, each with other settings."""
    dut, form = model
    frames = soft(form.depth, [(8, 3)] * 40)
    ports = [settings(f, registers(form.depth, k), k % 4, k % 5 == 3) for k, f in enumerate(frames)]
    got = run_on_model(dut, frames, ports, form, decoy=DECOY, **PAUSES["both"])
    assert equal(got, expected(frames, ports, form.depth))


def test_cycles(model: tuple[Model, Format]) -> None:
    """A frame takes its beats, 2 lines and the window's overhang, and the block's latency."""
    dut, form = model
    (frame,) = soft(form.depth, [(32, 9)])
    beats = to_beats(frame, form.depth, form.ppc)
    for name, value in settings(frame, registers(form.depth, 0), 0).items():
        dut.set(name, value)
    dut.run(cycles=80, sinks={"o": None})
    slots, latency = (9 + 2) * 32 // form.ppc + -(-2 // form.ppc), 23
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, latency)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, latency, frames=3)


@pytest.mark.parametrize(("depth", "ppc"), [(8, 1), (14, 4)])
def test_simulator(depth: int, ppc: int) -> None:
    frames = soft(depth, [(8, 3), (12, 5)])
    ports = [settings(frame, registers(depth, 0), 2 - k) for k, frame in enumerate(frames)]
    dut = Conveyor(GreenEqualization(depth=depth, ppc=ppc, max_width=16), max_width=16)
    form = Format(depth, depth, ppc=ppc)
    got = run_on_simulator(dut, frames, ports, form, decoy=DECOY, **PAUSES["both"])
    assert equal(got, expected(frames, ports, depth))


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = soft(12, [(9, 5)])
    ports = settings(frame, registers(12, 0), 1)
    cases = check_block(
        Conveyor(GreenEqualization(depth=12, max_width=16), max_width=16),
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
        GreenEqualization(depth=17, max_width=64)
