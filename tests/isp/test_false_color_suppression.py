# SPDX-License-Identifier: MIT
"""False colour suppression against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, Demosaic, FalseColorSuppression
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
DECOY = {"width": 8, "height": 5, "threshold": 9, "rise": 10, "strength": 11, "bypass": 0}


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    form = request.param
    with Model(
        Conveyor(FalseColorSuppression(depth=form.depth, max_width=64, ppc=form.ppc), max_width=64)
    ) as model:
        yield model, form


def zone_plate(size: int, *, highest: float) -> NDArray[np.uint16]:
    """Make rings whose frequency grows from the middle to ``highest`` periods at the borders."""
    y, x = np.mgrid[0:size, 0:size] - size / 2
    phase = 2 * np.pi * highest * (x * x + y * y) / size
    return np.rint(511.5 + 400 * np.cos(phase)).astype(np.uint16)


def color_error(rgb: NDArray[Any], truth: NDArray[Any]) -> float:
    """Mean square error of the differences of red and blue to green."""
    error = rgb.astype(float) - truth
    return float(np.mean((error[..., ::2] - error[..., 1:2]) ** 2))


def settings(frames: Frames, depth: int) -> Ports:
    """Give each frame other registers, some at their ends; one frame is bypassed."""
    registers = [
        (0, 15, 16),
        (1 << (depth - 1), 4, 16),
        isp.false_color_registers(depth=depth),
        (0, 1, 31),
        (5, 3, 9),
        (1, 2, 3),
        isp.false_color_registers(strength=0.6, threshold=0.3, full=0.7, depth=depth),
    ]
    return [
        {"threshold": threshold, "rise": rise, "strength": strength, "bypass": int(k == 5),
         "width": frame.shape[1], "height": frame.shape[0]}
        for k, (frame, (threshold, rise, strength)) in enumerate(
            zip(frames, registers, strict=True)
        )
    ]  # fmt: skip


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    names = isp.FalseColorRegisters._fields
    return [
        frame
        if values["bypass"]
        else isp.false_color_suppression(frame, *(values[name] for name in names), depth=depth)
        for frame, values in zip(frames, ports, strict=True)
    ]


@pytest.mark.parametrize("method", ["directional", "malvar"])
@pytest.mark.parametrize("phase", range(4))
def test_golden_zone_plate(method: Any, phase: int) -> None:
    """Of the false colour of grey rings, a quarter or more goes, root mean square."""
    truth = np.repeat(zone_plate(96, highest=0.4)[..., None], 3, axis=2)
    raw = isp.mosaic(truth, phase).astype(np.uint16)
    rgb = isp.demosaic(raw, phase=phase, depth=10, method=method)
    registers = isp.false_color_registers(depth=10)
    out = isp.false_color_suppression(rgb, *registers, depth=10)
    assert color_error(out, truth) <= 0.75**2 * color_error(rgb, truth)
    assert np.array_equal(out[..., 1], rgb[..., 1])


def test_golden_edges_and_slopes_stay() -> None:
    """Where green only rises or falls, colours stay bit for bit, however strong the edge."""
    x, y = np.meshgrid(np.arange(40), np.arange(30))
    picture = np.stack([100 + 9 * x, 50 + 5 * x + 4 * y, 900 - 11 * x], axis=-1)
    picture[:, 20:] += np.array([300, 400, -100])
    picture = np.clip(picture, 0, 1023).astype(np.uint16)
    registers = isp.FalseColorRegisters(0, 15, 16)
    out = isp.false_color_suppression(picture, *registers, depth=10)
    assert np.array_equal(out[2:-2, 2:-2], picture[2:-2, 2:-2])


def test_golden_fringe_goes() -> None:
    """Colour of single pixels in a grey pattern of stripes becomes grey, by the strength."""
    picture = np.where(np.arange(20) % 2, 900, 100)[None, :, None] * np.ones((12, 1, 3))
    fringe = picture.astype(np.uint16)
    fringe[6, 9] += np.array([80, 0, 0], dtype=np.uint16)
    fringe[3, 4] += np.array([0, 0, 160], dtype=np.uint16)
    for strength, rest in ((1.0, 0.0), (0.5, 0.5), (0.0, 1.0)):
        registers = isp.false_color_registers(strength=strength, depth=10)
        out = isp.false_color_suppression(fringe, *registers, depth=10).astype(float)
        assert out[6, 9].tolist() == [900 + 80 * rest, 900, 900]
        assert out[3, 4].tolist() == [100, 100, 100 + 160 * rest]


def test_golden_leaves_quiet_pictures() -> None:
    """Oscillation below the threshold changes nothing, colour noise or not."""
    rng = np.random.default_rng(1)
    picture = (512 + rng.integers(-10, 11, (30, 40, 3))).astype(np.uint16)
    registers = isp.false_color_registers(depth=10)
    assert np.array_equal(isp.false_color_suppression(picture, *registers, depth=10), picture)


def test_registers_saturate() -> None:
    assert isp.false_color_registers(strength=2, threshold=9, full=9, depth=10) == (4095, 15, 16)
    assert isp.false_color_registers(strength=-1, threshold=-1, full=99, depth=10) == (0, 1, 0)


def textured(depth: int, width: int, height: int, *, seed: int) -> NDArray[np.uint16]:
    """Make a slope with oscillation of all strengths, so that all shares come."""
    (picture,) = random_frames(depth, channels=3, sizes=[(width, height)], seed=seed)
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = (1 << depth) * (0.3 + 0.2 * x / width + 0.2 * y / height)
    swing = rng.normal(0, 1, (height, width, 3)) * (1 << depth) * 0.15 * (x / width)[..., None]
    whole = base[..., None] + swing
    picture[height // 3 :] = np.clip(np.rint(whole), 0, (1 << depth) - 1)[height // 3 :]
    return picture


def stimuli(depth: int) -> tuple[Frames, Ports]:
    frames = [textured(depth, width, height, seed=width) for width, height in SIZES]
    frames[0], frames[3] = random_frames(depth, channels=3, sizes=[SIZES[0], SIZES[3]])
    return frames, settings(frames, depth)


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
    least = max(3, 2 * ppc)
    sizes = [(least, 3), (11 // ppc * ppc, 9), (least, 3), (least, 3), (least, 4), (8, 3), (8, 3)]
    frames = [textured(8, width, height, seed=height) for width, height in sizes]
    frames[0], frames[3] = random_frames(8, channels=3, sizes=[sizes[0], sizes[3]])
    ports = settings(frames, 8)
    dut = Conveyor(FalseColorSuppression(depth=8, max_width=12, ppc=ppc), max_width=12)
    got = run_on_simulator(dut, frames, ports, Format(8, 8, 3, ppc), decoy=DECOY, **pace)
    assert equal(got, expected(frames, ports, 8))


def test_cycles(model: tuple[Model, Format]) -> None:
    """A frame takes its beats, a line and the windows' overhang, and the block's latency."""
    dut, form = model
    frame = textured(form.depth, 32, 9, seed=1)
    beats = to_beats(frame, form.depth, form.ppc)
    registers = isp.false_color_registers(depth=form.depth)._asdict()
    for name, value in {**registers, "width": 32, "height": 9, "bypass": 0}.items():
        dut.set(name, value)
    dut.run(cycles=80, sinks={"o": None})
    slots, latency = (9 + 1) * 32 // form.ppc + -(-2 // form.ppc), 28
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, latency)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, latency, frames=3)


@pytest.mark.parametrize("ppc", [1, 2, 4])
def test_behind_demosaic(ppc: int) -> None:
    """The pixels above and below come from the demosaic; either block, or both, bypassed."""
    sizes = [(8, 5), (64, 12), (16, 9), (32, 6), (24, 20), (12, 5), (8, 6)]
    frames = random_frames(10, sizes=sizes)
    ports: Ports = []
    wanted: Frames = []
    for k, (frame, values) in enumerate(zip(frames, settings(frames, 10), strict=True)):
        phase, passes = k % 4, k in (2, 5)
        rgb = np.repeat(frame[..., None], 3, axis=2)
        if not passes:
            rgb = isp.demosaic(frame, phase=phase, depth=10, method="directional")
        wanted += expected([rgb], [values], 10)
        size = {name: values.pop(name) for name in ("width", "height")}
        calm = {f"calm_{name}": value for name, value in values.items()}
        ports.append({**size, **calm, "phase": phase, "mosaic_bypass": int(passes)})
    both = Joined(
        mosaic=Demosaic(depth=10, max_width=64, ppc=ppc, rows=3),
        calm=FalseColorSuppression(depth=10, max_width=64, ppc=ppc, tall=True),
    )
    decoy = {name: int("bypass" in name) or 3 for name in ports[0]} | {"width": 8, "height": 5}
    with Model(Conveyor(both, max_width=64)) as model:
        form = Format(10, 10, 3, ppc)
        got = run_on_model(model, frames, ports, form, decoy=decoy, **PAUSES["both"])
        assert equal(got, wanted)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    frame = textured(10, 9, 5, seed=1)
    registers = isp.false_color_registers(depth=10)._asdict()
    ports = {**registers, "width": 9, "height": 5, "bypass": 0}
    cases = check_block(
        Conveyor(FalseColorSuppression(depth=10, max_width=16), max_width=16),
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
        FalseColorSuppression(depth=17, max_width=64)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        FalseColorSuppression(depth=10, max_width=64, ppc=3)
