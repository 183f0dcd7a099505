# SPDX-License-Identifier: MIT
"""YCbCr to RGB against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, RgbSpace
from opsin_sim.blocks import PAUSES, SIZES, Format, equal, random_frames, run_on_model
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
FORMS = [Format(10, 8, 3, 1), Format(12, 12, 3, 2), Format(16, 8, 3, 4)]
NAMES = isp.RgbSpaceRegisters._fields


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    form = request.param
    block = RgbSpace(depth=form.depth, depth_out=form.depth_out, ppc=form.ppc)
    with Model(Conveyor(block, max_width=256)) as model:
        yield model, form


def registers(seed: int) -> dict[str, int]:
    """Whatever the registers hold: the sums clip on both sides."""
    values = np.random.default_rng(seed).integers(-(1 << 17), 1 << 17, 6)
    values[seed % 6] = [-(1 << 17), (1 << 17) - 1][seed % 2]
    return dict(zip(NAMES, values.tolist(), strict=True)) | {"bypass": 0}


def expected(frames: Frames, ports: list[dict[str, int]], form: Format) -> Frames:
    depths = {"depth": form.depth, "depth_out": form.depth_out}
    return [
        isp.rounded(frame, **depths)
        if values["bypass"]
        else isp.rgb_space(frame, *(values[name] for name in NAMES), **depths)
        for frame, values in zip(frames, ports, strict=True)
    ]


@pytest.mark.parametrize("standard", ["bt601", "bt709"])
@pytest.mark.parametrize("limited", [True, False])
def test_golden_is_color_space(standard: str, limited: bool) -> None:
    (picture,) = random_frames(10, channels=3, sizes=[(100, 100)])
    depths: dict[str, Any] = {"depth": 10, "depth_out": 8}
    general = isp.color_space_registers(standard, limited=limited, inverse=True, **depths)
    values = isp.rgb_space_registers(standard, limited=limited, **depths)
    got = isp.rgb_space(picture, *values, **depths)
    assert np.array_equal(got, isp.color_space(picture, *general, **depths))


def test_golden_rounds() -> None:
    picture = np.array([[[0, 1, 2], [5, 6, 1021], [1022, 1023, 512]]], dtype=np.uint16)
    got = isp.rounded(picture, depth=10, depth_out=8)
    assert got.tolist() == [[[0, 0, 1], [1, 2, 255], [255, 255, 128]]]
    assert isp.rounded(picture, depth=10, depth_out=12).max() == 4092


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: Any) -> None:
    dut, form = model
    sizes = [(width * form.ppc, height) for width, height in (*SIZES, (9, 5))]
    frames = random_frames(form.depth, channels=3, sizes=sizes)
    ports = [registers(seed) for seed in range(4)] + [registers(7) | {"bypass": 1}]
    got = run_on_model(dut, frames, ports, form, decoy=registers(9), **pauses)
    assert equal(got, expected(frames, ports, form))


@needs_cocotb
@pytest.mark.parametrize("simulator", ["verilator", pytest.param("icarus", marks=needs_icarus)])
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    form = Format(10, 8, 3)
    (frame,) = random_frames(10, channels=3, sizes=[(9, 5)])
    values = isp.rgb_space_registers("bt601", limited=True, depth=10, depth_out=8)
    ports = values._asdict() | {"bypass": 0}
    cases = check_block(
        Conveyor(RgbSpace(depth=10), max_width=16),
        to_beats(frame, 10),
        to_beats(expected([frame], [ports], form)[0], 8),
        ports=ports,
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        RgbSpace(depth=7)
    with pytest.raises(ValueError, match="depth_out must be at most 10, not 12"):
        RgbSpace(depth=10, depth_out=12)
