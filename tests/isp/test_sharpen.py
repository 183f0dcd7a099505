# SPDX-License-Identifier: MIT
"""Sharpening against its golden model."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import ChromaNoiseReduction, Conveyor, Sharpen
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
from opsin_sim.joined import Joined
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [Format(10, 10, 3, 1), Format(12, 12, 3, 2), Format(16, 16, 3, 4)]
SIZES = ((8, 4), (16, 9), (64, 33), (12, 5), (8, 3), (32, 7), (24, 20))
DECOY = {"width": 8, "height": 5, "gain": 99, "wide": 6, "core": 7, "edge": 8, "fall": 9,
         "overshoot": 10, "undershoot": 11, "bypass": 0}  # fmt: skip


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    form = request.param
    with Model(
        Conveyor(Sharpen(depth=form.depth, max_width=64, ppc=form.ppc), max_width=64)
    ) as model:
        yield model, form


def slanted_edge(
    depth: int, low: float, high: float, *, blur: float = 0.7, size: int = 48
) -> NDArray[np.uint16]:
    """Make a step, of 6.7 degrees from upright as in test charts, behind a Gaussian blur; grey."""
    y, x = np.mgrid[0:size, 0:size] - (size - 1) / 2
    angle = math.radians(6.7)
    away = x * math.cos(angle) + y * math.sin(angle)
    share = np.vectorize(math.erf)(away / blur / math.sqrt(2)) / 2 + 0.5
    picture = np.full((size, size, 3), 1 << (depth - 1), dtype=np.uint16)
    picture[..., 0] = np.rint(low + (high - low) * share)
    return picture


def textured(depth: int, width: int, height: int, *, seed: int) -> NDArray[np.uint16]:
    """Make a slope, an edge and noise of some samples, so that all of the arithmetic is used."""
    (picture,) = random_frames(depth, channels=3, sizes=[(width, height)], seed=seed)
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    luma = 0.1 + 0.4 * x / width + 0.1 * y / height + np.where(x > width // 2, 0.3, 0)
    luma += rng.normal(0, 0.02, luma.shape)
    picture[..., 0] = np.clip(np.rint(luma * (1 << depth)), 0, (1 << depth) - 1)
    return picture


def settings(frames: Frames, depth: int) -> Ports:
    """Give each frame other registers, some at their ends; one frame is bypassed."""
    full = (1 << depth) - 1
    registers: Ports = [
        {"gain": 255, "wide": 7, "core": 0, "edge": 0, "fall": 0, "overshoot": 15,
         "undershoot": 15},
        isp.sharpen_registers(amount=2, fall=3, edge=0.05, coring=0.01, depth=depth)._asdict(),
        isp.sharpen_registers(amount=3, radius=1, overshoot=0.2, depth=depth)._asdict(),
        {"gain": 255, "wide": 0, "core": full, "edge": full, "fall": 15, "overshoot": 0,
         "undershoot": 1},
        {"gain": 77, "wide": 3, "core": 5, "edge": 9, "fall": 15, "overshoot": 7, "undershoot": 9},
        {"gain": 99, "wide": 2, "core": 1, "edge": 1, "fall": 1, "overshoot": 3, "undershoot": 3},
        {"gain": 40, "wide": 5, "core": full // 8, "edge": full // 9, "fall": 6, "overshoot": 1,
         "undershoot": 14},
    ]  # fmt: skip
    return [
        {**values, "width": frame.shape[1], "height": frame.shape[0], "bypass": int(k == 5)}
        for k, (frame, values) in enumerate(zip(frames, registers, strict=True))
    ]


def stimuli(depth: int) -> tuple[Frames, Ports]:
    frames = [textured(depth, width, height, seed=width) for width, height in SIZES]
    frames[0], frames[3] = random_frames(depth, channels=3, sizes=[SIZES[0], SIZES[3]])
    return frames, settings(frames, depth)


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    names = isp.SharpenRegisters._fields
    return [
        frame
        if values["bypass"]
        else isp.sharpen(frame, *(values[name] for name in names), depth=depth)
        for frame, values in zip(frames, ports, strict=True)
    ]


@pytest.mark.parametrize("blur", [0.2, 0.7, 1.5])
@pytest.mark.parametrize(("low", "high"), [(200, 800), (200, 300), (4, 1010), (480, 500)])
def test_golden_edge_gets_steeper_without_halo(low: int, high: int, blur: float) -> None:
    picture = slanted_edge(10, low, high, blur=blur)
    registers = isp.sharpen_registers(amount=4, coring=0, fall=0, depth=10)
    luma = isp.sharpen(picture, *registers, depth=10)[..., 0].astype(float)
    assert luma.max() <= high + 0.05 * (high - low)
    assert luma.min() >= low - 0.05 * (high - low)

    def between(values: NDArray[Any]) -> int:
        share = (values - low) / (high - low)
        return int(((share > 0.1) & (share < 0.9)).sum())

    if blur > 0.5:
        assert between(luma) < 0.7 * between(picture[..., 0].astype(float))


def test_golden_margins_are_reached() -> None:
    picture = slanted_edge(10, 300, 700, blur=0.5)
    for over, under in ((0.0, 0.2), (0.1, 0.0), (0.1, 0.15)):
        registers = isp.sharpen_registers(
            amount=7, coring=0, fall=0, overshoot=over, undershoot=under, depth=10
        )
        luma = isp.sharpen(picture, *registers, depth=10)[..., 0].astype(float)
        assert (luma.max() - 700) / 400 == pytest.approx(over, abs=0.02)
        assert (300 - luma.min()) / 400 == pytest.approx(under, abs=0.02)


def test_golden_is_unsharp_masking() -> None:
    """Without coring and limits: y + gain · (y − blurred), with either blur, in real numbers."""
    picture = textured(12, 40, 30, seed=3)
    y: Any = picture[..., 0].astype(float)
    taps: dict[int, Any] = {0: [0, 1, 2, 1, 0], 4: [1, 4, 6, 4, 1]}
    for wide, kernel in taps.items():
        weights = np.outer(kernel, kernel) / sum(kernel) ** 2
        near: Any = isp.windows(y, 5, 5)
        exact = y + 0.125 * (y - (near * weights).sum(axis=(2, 3)))
        low, high = (f(near[:, :, 1:4, 1:4], axis=(2, 3)) for f in (np.min, np.max))
        exact = np.clip(exact, low, high)
        out = isp.sharpen(picture, 4, wide, 0, 0, 0, 0, 0, depth=12)
        assert np.abs(out[..., 0] - exact).max() <= 0.55


def test_golden_leaves_noise_below_the_core() -> None:
    rng = np.random.default_rng(1)
    picture = np.full((40, 40, 3), 512, dtype=np.uint16)
    picture[..., 0] += rng.integers(-3, 4, (40, 40)).astype(np.uint16)
    registers = isp.sharpen_registers(amount=4, coring=7 / 1024, depth=10)
    assert np.array_equal(isp.sharpen(picture, *registers, depth=10), picture)
    registers = isp.sharpen_registers(amount=4, coring=0, depth=10)
    assert not np.array_equal(isp.sharpen(picture, *registers, depth=10), picture)


def test_golden_gain_falls_at_strong_edges() -> None:
    """What an edge gains, relative to its height, is less the higher the edge."""
    gains = []
    for height in (50, 300, 600, 900):
        picture = slanted_edge(10, 60, 60 + height, blur=1.0)
        registers = isp.sharpen_registers(amount=1, coring=0, edge=0.05, fall=3, depth=10)
        change = isp.sharpen(picture, *registers, depth=10)[..., 0].astype(float) - picture[..., 0]
        gains.append(np.abs(change).max() / height)
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] < 0.5 * gains[0]


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_golden_flat_and_chroma_stay(depth: int) -> None:
    registers = isp.sharpen_registers(amount=7, coring=0, depth=depth)
    for level in (0, 1, 100, (1 << depth) - 1):
        flat = np.full((6, 8, 3), level, dtype=np.uint16)
        assert np.array_equal(isp.sharpen(flat, *registers, depth=depth), flat)
    (frame,) = random_frames(depth, channels=3, sizes=[(20, 12)])
    out = isp.sharpen(frame, *registers, depth=depth)
    assert np.array_equal(out[..., 1:], frame[..., 1:])
    assert not np.array_equal(out[..., 0], frame[..., 0])


def test_registers_saturate() -> None:
    assert isp.sharpen_registers(
        amount=99, radius=9, coring=1, edge=2, fall=99, overshoot=1, undershoot=-1, depth=10
    ) == (255, 7, 1023, 1023, 15, 15, 0)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: dict[str, Any]) -> None:
    dut, form = model
    frames, ports = stimuli(form.depth)
    got = run_on_model(dut, frames, ports, form, decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, form.depth))


def test_simulator() -> None:
    """Odd sizes, down to the smallest."""
    sizes = [(3, 3), (11, 9), (5, 5), (7, 4), (11, 7), (4, 4), (9, 3)]
    frames = [textured(8, width, height, seed=height) for width, height in sizes]
    (frames[0],) = random_frames(8, channels=3, sizes=sizes[:1])
    ports = settings(frames, 8)
    dut = Conveyor(Sharpen(depth=8, max_width=11), max_width=11)
    form, pace = Format(8, 8, 3), PAUSES["both"]
    got = run_on_simulator(dut, frames, ports, form, decoy=DECOY, **pace)
    assert equal(got, expected(frames, ports, 8))


def test_cycles(model: tuple[Model, Format]) -> None:
    """A frame takes its beats, 2 lines and the window's overhang, and the block's latency."""
    dut, form = model
    frame = textured(form.depth, 32, 9, seed=1)
    beats = to_beats(frame, form.depth, form.ppc)
    registers = isp.sharpen_registers(depth=form.depth)._asdict()
    for name, value in {**registers, "width": 32, "height": 9, "bypass": 0}.items():
        dut.set(name, value)
    dut.run(cycles=80, sinks={"o": None})
    slots, latency = (9 + 2) * 32 // form.ppc + -(-2 // form.ppc), 24
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, latency)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, latency, frames=3)


@pytest.mark.parametrize("ppc", [1, 2, 4])
def test_behind_noise_reduction(ppc: int) -> None:
    """Luma's lines come from the noise reduction's memory; either block, or both, bypassed."""
    sizes = [(8, 3), (64, 12), (16, 9), (32, 3), (24, 20), (12, 5), (8, 4)]
    frames = [textured(10, width, height, seed=height) for width, height in sizes]
    ports: Ports = []
    wanted: Frames = []
    for k, (frame, values) in enumerate(zip(frames, settings(frames, 10), strict=True)):
        noise = {"luma": 60 * k, "chroma": 900 >> k, "bypass": int(k in (2, 4))}
        out = frame
        if not noise["bypass"]:
            out = isp.chroma_noise_reduction(out, noise["luma"], noise["chroma"], rows=3)
        values["bypass"] = int(k in (3, 4))
        wanted += expected([out], [values], 10)
        size = {name: values.pop(name) for name in ("width", "height")}
        noise = {f"noise_{name}": value for name, value in noise.items()}
        ports.append({**size, **noise, **{f"sharp_{n}": value for n, value in values.items()}})
    both = Joined(
        noise=ChromaNoiseReduction(depth=10, max_width=64, rows=3, luma_rows=5, ppc=ppc),
        sharp=Sharpen(depth=10, max_width=64, ppc=ppc, tall=True),
    )
    decoy = {name: int("bypass" in name) or 7 for name in ports[0]} | {"width": 8, "height": 5}
    with Model(Conveyor(both, max_width=64)) as model:
        form = Format(10, 10, 3, ppc)
        got = run_on_model(model, frames, ports, form, decoy=decoy, **PAUSES["both"])
        assert equal(got, wanted)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    frame = textured(10, 9, 5, seed=1)
    registers = isp.sharpen_registers(amount=3, depth=10)._asdict()
    ports = {**registers, "width": 9, "height": 5, "bypass": 0}
    cases = check_block(
        Conveyor(Sharpen(depth=10, max_width=16), max_width=16),
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
        Sharpen(depth=17, max_width=64)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        Sharpen(depth=10, max_width=64, ppc=3)
