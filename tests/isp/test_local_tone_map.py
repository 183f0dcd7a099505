# SPDX-License-Identifier: MIT
"""Local tone mapping against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, LocalToneMap
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
SIZES = ((16, 4), (16, 9), (64, 33), (20, 5), (16, 3), (32, 7), (24, 20))
DECOY = {"width": 16, "height": 5, "strength": 77, "pivot": 1111, "brighten": 222, "darken": 333,
         "ratio": 4, "floor": 5, "bypass": 0}  # fmt: skip


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    form = request.param
    with Model(
        Conveyor(LocalToneMap(depth=form.depth, max_width=64, ppc=form.ppc), max_width=64)
    ) as model:
        yield model, form


def scene(depth: int, width: int, height: int, *, seed: int) -> NDArray[np.uint16]:
    """Make colours from black to white, on a logarithmic scale, with an edge and noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    level = -depth + (depth - 1) * x / width + 0.5 * y / height + np.where(x > width // 2, 1, 0)
    picture = (
        2.0 ** level[..., None] * np.array([0.8, 1, 0.6])
        + rng.normal(0, 0.03, (height, width, 3)) * 2.0 ** level[..., None]
    )
    return np.clip(np.rint(picture * (1 << depth)), 0, (1 << depth) - 1).astype(np.uint16)


def settings(frames: Frames, depth: int) -> Ports:
    """Give each frame other registers, some at their ends; one frame is bypassed."""
    full = (1 << depth) - 1
    registers = [
        (255, 4095, 1023, 1023, 15, full),
        isp.tone_map_registers(depth=depth),
        (255, 2000, 1023, 1023, 3, 1),
        (200, 0, 1000, 1023, 5, 0),
        (128, 3000, 100, 50, 2, 3),
        isp.tone_map_registers(depth=depth),
        isp.tone_map_registers(strength=0.8, pivot=0.2, ratio=0.5, depth=depth),
    ]
    names = isp.ToneMapRegisters._fields
    return [
        {**dict(zip(names, values, strict=True)), "bypass": int(k == 5), "width": frame.shape[1],
         "height": frame.shape[0]}
        for k, (frame, values) in enumerate(zip(frames, registers, strict=True))
    ]  # fmt: skip


def stimuli(depth: int) -> tuple[Frames, Ports]:
    frames = [scene(depth, width, height, seed=width) for width, height in SIZES]
    frames[0], frames[3] = random_frames(depth, channels=3, sizes=[SIZES[0], SIZES[3]])
    return frames, settings(frames, depth)


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    names = isp.ToneMapRegisters._fields
    return [
        frame
        if values["bypass"]
        else isp.local_tone_map(frame, *(values[name] for name in names), depth=depth)
        for frame, values in zip(frames, ports, strict=True)
    ]


@pytest.mark.parametrize("ratio", [1.05, 1.1, 1.15, 1.2, 1.3, 2, 8])
@pytest.mark.parametrize("dark", [100, 200, 400])
def test_golden_step_edge_without_halo(dark: int, ratio: float) -> None:
    """Beside a step, brightness is within 5 % of that of the areas; beside a strong one the same.

    A step that the base does not keep has detail's full contrast, so it must stand out a little.
    """
    picture = np.full((20, 80, 3), dark, dtype=np.uint16)
    picture[:, 40:] = round(dark * ratio)
    registers = isp.tone_map_registers(depth=12)
    out = isp.local_tone_map(picture, *registers, depth=12)[..., 1].astype(float)
    for side in (out[:, :40] / out[0, 0], out[:, 40:] / out[0, -1]):
        assert np.abs(side - 1).max() <= (0.05 if ratio < 1.25 else 0)


def test_golden_takes_contrast_from_areas_and_keeps_detail() -> None:
    x = np.arange(96)
    stripes = 1 + 0.05 * (-1.0) ** x
    luma = np.where(x < 48, 100, 1600) * stripes * np.ones((16, 1))
    picture = np.repeat(np.rint(luma)[..., None], 3, axis=2).astype(np.uint16)
    registers = isp.tone_map_registers(strength=0.5, depth=12)
    out = isp.local_tone_map(picture, *registers, depth=12)[..., 0].astype(float)
    dark, bright = out[:, 12:36], out[:, 60:84]
    assert bright.mean() / dark.mean() == pytest.approx(4, rel=0.1)  # of 16
    for area in (dark, bright):
        assert area.std() / area.mean() == pytest.approx(0.05, rel=0.1)


def test_golden_is_the_power_law() -> None:
    """Flat areas of every level, within the error of the straight pieces of both logarithms."""
    for level in (3, 17, 100, 333, 1024, 2500, 4000):
        flat = np.full((5, 13, 3), level, dtype=np.uint16)
        registers = isp.tone_map_registers(strength=0.5, pivot=0.25, darkest=0.1, depth=12)
        out = isp.local_tone_map(flat, *registers, depth=12)[2, 6, 0]
        gain = min((1024 / level) ** 0.5, 8)
        assert out == pytest.approx(level * gain, rel=0.1)


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_golden_without_strength_all_stays(depth: int) -> None:
    (picture,) = random_frames(depth, channels=3, sizes=[(20, 12)])
    registers = isp.tone_map_registers(strength=0, depth=depth)
    assert np.array_equal(isp.local_tone_map(picture, *registers, depth=depth), picture)


def test_golden_base_by_hand() -> None:
    """Alike neighbours count, and the pixel for those that are not."""
    picture = np.full((9, 40, 3), 800, dtype=np.uint16)
    picture[:, 20:] = 880
    base = isp.tone_map_base(picture, 2, 0)  # 800 / 8 = 100 away counts
    assert base[4, 19] == 800 + (4 * 80 + 4 >> 3)
    assert base[4, 18] == 800 + (3 * 80 + 4 >> 3)
    assert base[4, 8] == 800 + (80 + 4 >> 3)
    assert base[4, 7] == 800
    assert np.array_equal(isp.tone_map_base(picture, 1, 20), picture[..., 0])  # 70 and 75 do
    assert base[4, 20] == 880 + (4 * -80 + 4 >> 3)


def test_registers_saturate() -> None:
    values = isp.tone_map_registers(
        strength=2, pivot=1e9, brightest=1e9, darkest=1e-9, ratio=2, floor=9, depth=10
    )
    assert values == (255, 4095, 1023, 1023, 15, 1023)
    values = isp.tone_map_registers(brightest=0.1, darkest=9, pivot=2**-20, depth=10)
    assert (values.brighten, values.darken, values.pivot) == (0, 0, 0)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: dict[str, Any]) -> None:
    dut, form = model
    frames, ports = stimuli(form.depth)
    got = run_on_model(dut, frames, ports, form, decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, form.depth))


@pytest.mark.parametrize("pauses", ["full rate", "stalling sink", "both"])
@pytest.mark.parametrize("ppc", [1, 2, 4])
def test_simulator(ppc: int, pauses: str) -> None:
    """Odd sizes and the smallest, of which several are in the block at a time."""
    pace: Any = PAUSES[pauses]
    least = {1: 13, 2: 14, 4: 16}[ppc]
    sizes = [(least, 3), (24, 9), (least, 3), (least, 3), (least, 4), (16, 3), (16, 3)]
    frames = [scene(8, width, height, seed=height) for width, height in sizes]
    frames[0], frames[3] = random_frames(8, channels=3, sizes=[sizes[0], sizes[3]])
    ports = settings(frames, 8)
    dut = Conveyor(LocalToneMap(depth=8, max_width=24, ppc=ppc), max_width=24)
    got = run_on_simulator(dut, frames, ports, Format(8, 8, 3, ppc), decoy=DECOY, **pace)
    assert equal(got, expected(frames, ports, 8))


def test_cycles(model: tuple[Model, Format]) -> None:
    """A frame takes its beats, a line and the windows' overhang, and the block's latency."""
    dut, form = model
    frame = scene(form.depth, 32, 9, seed=1)
    beats = to_beats(frame, form.depth, form.ppc)
    registers = isp.tone_map_registers(depth=form.depth)._asdict()
    for name, value in {**registers, "width": 32, "height": 9, "bypass": 0}.items():
        dut.set(name, value)
    dut.run(cycles=120, sinks={"o": None})
    slots, latency = (9 + 1) * 32 // form.ppc + -(-12 // form.ppc), 41
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, latency)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, latency, frames=3)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    frame = scene(10, 13, 5, seed=1)
    registers = isp.tone_map_registers(depth=10)._asdict()
    ports = {**registers, "width": 13, "height": 5, "bypass": 0}
    cases = check_block(
        Conveyor(LocalToneMap(depth=10, max_width=16), max_width=16),
        to_beats(frame, 10),
        to_beats(expected([frame], [ports], 10)[0], 10),
        ports=ports,
        frame=(13, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 17"):
        LocalToneMap(depth=17, max_width=64)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        LocalToneMap(depth=10, max_width=64, ppc=3)
