# SPDX-License-Identifier: MIT
"""Black level against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import BlackLevel, Conveyor
from opsin_sim.blocks import PAUSES, Format, equal, random_frames, run_on_model, run_on_simulator
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
DEPTH = 12
LEVELS = [256, 255, 0, 4095]
DECOY = {"phase": 2, "black": [1, 2, 3, 4]}


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with Model(Conveyor(BlackLevel(depth=DEPTH), max_width=64)) as model:
        yield model


def expected(frames: Frames, ports: Ports) -> Frames:
    return [
        isp.black_level(frame, values["black"], phase=values["phase"])
        for frame, values in zip(frames, ports, strict=True)
    ]


def test_golden_by_hand() -> None:
    raw = np.full((4, 4), 100, dtype=np.uint16)
    out = isp.black_level(raw, [10, 20, 30, 200], phase=isp.PHASES.index("GBRG"))
    assert out.tolist() == [[70, 0, 70, 0], [90, 80, 90, 80]] * 2


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: Model, pauses: dict[str, Any], phase: int) -> None:
    frames = random_frames(DEPTH)
    ports = [{"phase": phase ^ (k & 1), "black": LEVELS[k:] + LEVELS[:k]} for k in range(4)]
    form = Format(DEPTH, DEPTH)
    got = run_on_model(model, frames, ports, form, decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports))


@pytest.mark.parametrize(("depth", "ppc"), [(8, 1), (10, 2), (16, 4)])
def test_simulator(depth: int, ppc: int) -> None:
    frames = random_frames(depth, sizes=[(4, 4), (8, 5)] * 2)
    black = [1 << (depth - 2), 7, 0, (1 << depth) - 1]
    ports: Ports = [{"phase": phase, "black": black} for phase in range(4)]
    dut = Conveyor(BlackLevel(depth=depth, ppc=ppc), max_width=64)
    form = Format(depth, depth, ppc=ppc)
    got = run_on_simulator(dut, frames, ports, form, decoy=DECOY, **PAUSES["both"])
    assert equal(got, expected(frames, ports))


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(DEPTH, sizes=[(9, 5)])
    ports = {"phase": 1, "black": LEVELS}
    cases = check_block(
        Conveyor(BlackLevel(depth=DEPTH), max_width=64),
        to_beats(frame, DEPTH),
        to_beats(expected([frame], [ports])[0], DEPTH),
        ports=ports,
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


@pytest.mark.parametrize("depth", [7, 17])
def test_rejects_depth(depth: int) -> None:
    with pytest.raises(ValueError, match=rf"depth must be in 8\.\.16, not {depth}"):
        BlackLevel(depth=depth)


@pytest.mark.parametrize("ppc", [0, 3])
def test_rejects_ppc(ppc: int) -> None:
    with pytest.raises(ValueError, match=f"ppc must be 1, 2 or 4, not {ppc}"):
        BlackLevel(depth=10, ppc=ppc)
