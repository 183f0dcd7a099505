# SPDX-License-Identifier: MIT
"""White balance against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, WhiteBalance
from opsin_sim.blocks import PAUSES, Format, equal, random_frames, run_on_model, run_on_simulator
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
GAINS = [7984, 4096, 4097, 65535]
DECOY = {"phase": 2, "gain": [1, 2, 3, 4]}


@pytest.fixture(scope="module", params=[10, 16])
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int]]:
    with Model(Conveyor(WhiteBalance(depth=request.param), max_width=64)) as model:
        yield model, request.param


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    return [
        isp.white_balance(frame, values["gain"], phase=values["phase"], depth=depth)
        for frame, values in zip(frames, ports, strict=True)
    ]


def test_golden_by_hand() -> None:
    raw = np.array([[3, 3, 1000, 1], [3, 1023, 1, 1]], dtype=np.uint16)
    # 3 * 1.5 = 4.5 is rounded up, 1000 * 1.5 saturates, 1 * (0.5 - 2**-12) is rounded down
    out = isp.white_balance(raw, [6144, 4096, 2047, 2048], phase=0, depth=10)
    assert out.tolist() == [[5, 3, 1023, 1], [1, 512, 0, 1]]


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int], pauses: dict[str, Any], phase: int) -> None:
    dut, depth = model
    frames = random_frames(depth)
    ports = [{"phase": phase ^ (k & 1), "gain": GAINS[k:] + GAINS[:k]} for k in range(4)]
    got = run_on_model(dut, frames, ports, Format(depth, depth), decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, depth))


@pytest.mark.parametrize(("depth", "ppc"), [(8, 1), (12, 2), (16, 4)])
def test_simulator(depth: int, ppc: int) -> None:
    frames = random_frames(depth, sizes=[(4, 4), (8, 5)] * 2)
    ports: Ports = [{"phase": phase, "gain": GAINS} for phase in range(4)]
    dut = Conveyor(WhiteBalance(depth=depth, ppc=ppc), max_width=64)
    form = Format(depth, depth, ppc=ppc)
    got = run_on_simulator(dut, frames, ports, form, decoy=DECOY, **PAUSES["both"])
    assert equal(got, expected(frames, ports, depth))


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(12, sizes=[(9, 5)])
    ports = {"phase": 3, "gain": GAINS}
    cases = check_block(
        Conveyor(WhiteBalance(depth=12), max_width=64),
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


@pytest.mark.parametrize("depth", [7, 17])
def test_rejects_depth(depth: int) -> None:
    with pytest.raises(ValueError, match=rf"depth must be in 8\.\.16, not {depth}"):
        WhiteBalance(depth=depth)
