# SPDX-License-Identifier: MIT
"""Lens shading against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, LensShading, MeshWrite
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
from opsin_sim.harness import (
    Model,
    SimulationTimeout,
    check_block,
    needs_cocotb,
    needs_icarus,
    pack,
)
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
SIZES = [(4, 4), (12, 7), (20, 9), (64, 33), (124, 15)]
CELLS = [(4, 1), (4, 2), (8, 3), (64, 4), (4, 1)]
DECOY = {"phase": 2, "cell_width": 12, "cell_height": 5, "step_x": 777, "step_y": 9, "bypass": 0}
ONES = np.full((16, 32, 4), isp.MESH_ONE, dtype=np.uint16)


@pytest.fixture(scope="module", params=[(10, 1), (12, 2), (16, 4)], ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    depth, ppc = request.param
    with Model(Conveyor(LensShading(depth=depth, ppc=ppc), max_width=8192)) as model:
        yield model, Format(depth, depth, ppc=ppc)


def mesh(seed: int) -> NDArray[np.uint16]:
    """Up and down at random, over the whole range."""
    gains = np.random.default_rng(seed).integers(0, 65536, (16, 32, 4)).astype(np.uint16)
    gains[::3, ::5] = 65535
    gains[1::3, ::5] = 0
    return gains


def writes(gains: NDArray[np.uint16]) -> NDArray[Any]:
    row, column, line = (axis.ravel() for axis in np.indices((16, 32, 2)))
    pairs = gains.reshape(-1, 2)
    return pack(MeshWrite(), {"row": row, "column": column, "line": line, "gain": pairs})


def settings(cell: tuple[int, int], phase: int, bank: int, bypass: int = 0) -> dict[str, Any]:
    step_x, step_y = isp.mesh_steps(cell)
    places = {"cell_width": cell[0], "cell_height": cell[1], "step_x": step_x, "step_y": step_y}
    return {"phase": phase, "bank": bank, "bypass": bypass, **places}


def expected(frames: Frames, ports: Ports, gains: NDArray[np.uint16], depth: int) -> Frames:
    return [
        frame
        if p["bypass"]
        else isp.lens_shading(
            frame, gains, cell=(p["cell_width"], p["cell_height"]), phase=p["phase"], depth=depth
        )
        for frame, p in zip(frames, ports, strict=True)
    ]


def test_golden_by_hand() -> None:
    gains = np.full((2, 2, 4), isp.MESH_ONE, dtype=np.uint16)
    gains[0, 1], gains[1, 1] = 2 * isp.MESH_ONE, 3 * isp.MESH_ONE
    raw = np.array([[100] * 4, [100, 100, 400, 101]], dtype=np.uint16)
    # the right border: 2, 2.5; a quarter, half and three quarters of the way; 800 and more saturate
    out = isp.lens_shading(raw, gains, cell=(4, 2), phase=0, depth=9)
    assert out.tolist() == [[100, 125, 150, 175], [100, 138, 511, 215]]


@pytest.mark.parametrize("phase", range(4))
def test_golden_knows_the_channels(phase: int) -> None:
    gains = np.broadcast_to(isp.MESH_ONE * np.arange(4), (3, 4, 4)).astype(np.uint16)
    raw = np.full((5, 7), 100, dtype=np.uint16)
    out = isp.lens_shading(raw, gains, cell=(4, 3), phase=phase, depth=10)
    assert np.array_equal(out, 100 * isp.channels(raw.shape, phase).astype(int))


def test_golden_is_smooth() -> None:
    """Of two neighbours in a channel the gains differ by no more than the nodes' slope."""
    gains = np.sort(mesh(3).astype(int) // 8, axis=1).astype(np.uint16)
    gain = isp.shading_gain((60, 480), gains, cell=(24, 5), phase=1)
    largest = np.abs(np.diff(gains.astype(int), axis=1)).max()
    assert np.abs(gain[:, 2:] - gain[:, :-2]).max() <= largest * 2 / 24 + 3


def test_golden_rejects() -> None:
    raw = np.zeros((9, 9), dtype=np.uint16)
    with pytest.raises(ValueError, match=r"mesh must be \(1..16, 1..32, 4\) gains"):
        isp.lens_shading(raw, np.zeros((17, 2, 4), np.uint16), cell=(4, 4), phase=0, depth=8)
    with pytest.raises(ValueError, match="cell must be a multiple of 4 columns"):
        isp.lens_shading(raw, ONES, cell=(6, 4), phase=0, depth=8)
    with pytest.raises(ValueError, match=r"mesh must cover \(9, 9\) pixels"):
        isp.lens_shading(raw, ONES[:, :3], cell=(4, 4), phase=0, depth=8)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: dict[str, Any]) -> None:
    dut, form = model
    dut.reset()
    frames = random_frames(form.depth, sizes=SIZES)
    for phase in range(4):
        bank = ~phase & 1
        dut.set("bank", 1 - bank)
        dut.run(sources={"write": writes(mesh(phase))}, timeout=3000)
        ports = [
            settings(cell, phase ^ (k & 1), bank, bypass=int(k == 2))
            for k, cell in enumerate(CELLS)
        ]
        decoy = {**DECOY, "bank": 1 - bank}
        got = run_on_model(dut, frames, ports, form, decoy=decoy, **pauses)
        assert equal(got, expected(frames, ports, mesh(phase), form.depth))


def test_a_wide_frame(model: tuple[Model, Format]) -> None:
    """8192 pixels a line, few lines, the last cell of the mesh in use."""
    dut, form = model
    dut.reset()
    dut.set("bank", 0)
    dut.run(sources={"write": writes(mesh(9))}, timeout=3000)
    frames = random_frames(form.depth, sizes=[(8192, 15)])
    ports = [settings((268, 1), 3, 1)]
    got = run_on_model(dut, frames, ports, form)
    assert equal(got, expected(frames, ports, mesh(9), form.depth))


def test_writes_wait_for_the_frame(model: tuple[Model, Format]) -> None:
    """The mesh in use cannot be written: writes wait until a frame uses the other."""
    dut, form = model
    dut.reset()
    for name, value in {"width": 64, "height": 9, **settings((64, 9), 0, 0)}.items():
        dut.set(name, value)
    beats = to_beats(random_frames(form.depth, sizes=[(64, 9)])[0], form.depth, form.ppc)
    dut.run(sources={"i": beats[:5]}, sinks={"o": None})
    dut.set("bank", 1)
    with pytest.raises(SimulationTimeout):
        dut.run(sources={"write": writes(mesh(1))}, sinks={"o": None}, timeout=3000)
    dut.run(sources={"i": beats[5:]}, sinks={"o": None})
    dut.run(sources={"i": beats, "write": writes(mesh(1))}, sinks={"o": None}, timeout=3000)


@pytest.mark.parametrize(("depth", "ppc"), [(8, 1), (12, 2), (16, 4)])
def test_simulator(depth: int, ppc: int) -> None:
    frames = random_frames(depth, sizes=[(8, 4), (12, 5)])
    ports = [settings((4, 3), phase, 1 - phase, bypass=phase) for phase in range(2)]
    dut = Conveyor(LensShading(depth=depth, ppc=ppc), max_width=64)
    form = Format(depth, depth, ppc=ppc)
    got = run_on_simulator(dut, frames, ports, form, decoy=DECOY, **PAUSES["both"])
    assert equal(got, expected(frames, ports, ONES, depth))


def test_cycles(model: tuple[Model, Format]) -> None:
    dut, form = model
    dut.reset()
    (frame,) = random_frames(form.depth, sizes=[(64, 9)])
    for name, value in {"width": 64, "height": 9, **settings((64, 9), 0, 0)}.items():
        dut.set(name, value)
    beats = to_beats(frame, form.depth, form.ppc)
    slots, latency = len(beats), LensShading(depth=form.depth).latency
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, latency)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, latency, frames=3)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(12, sizes=[(12, 5)])
    ports = settings((4, 2), 3, 0)
    cases = check_block(
        Conveyor(LensShading(depth=12), max_width=64),
        to_beats(frame, 12),
        to_beats(expected([frame], [ports], ONES, 12)[0], 12),
        ports=ports,
        frame=(12, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        LensShading(depth=7)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 6"):
        LensShading(depth=8, ppc=6)
