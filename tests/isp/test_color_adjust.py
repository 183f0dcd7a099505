# SPDX-License-Identifier: MIT
"""Saturation, hue, contrast and brightness against the golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import ColorAdjust, Conveyor
from opsin_sim.blocks import (
    PAUSES,
    SIZES,
    Format,
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

SETTINGS: Ports = [
    isp.color_adjust_registers(saturation=1.3, hue=-30, contrast=1.2, brightness=0.1)._asdict(),
    # every register at an end
    {"contrast": 65535, "brightness": -(1 << 19), "cosine": -32768, "sine": -32768},
    {"contrast": 65535, "brightness": (1 << 19) - 1, "cosine": 32767, "sine": -32768},
    {"contrast": 0, "brightness": 4321, "cosine": -32768, "sine": 32767},
    isp.color_adjust_registers(hue=200, contrast=3, brightness=-0.4)._asdict(),
    {"contrast": 1, "brightness": 2, "cosine": 3, "sine": 4, "bypass": 1},
]
HALVES: Ports = [  # what is rounded lies in the middle of two numbers, in every second pixel
    {"contrast": 2048, "brightness": 0, "cosine": 2048, "sine": 4096, "bypass": 0},
    {"contrast": 6144, "brightness": 0, "cosine": 0, "sine": -2048, "bypass": 0},
]
DECOY = {"contrast": 9, "brightness": 9, "cosine": 9, "sine": 9, "bypass": 1}


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    with Model(
        Conveyor(ColorAdjust(depth=request.param.depth, ppc=request.param.ppc), max_width=256)
    ) as model:
        yield model, request.param


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    names = ("contrast", "brightness", "cosine", "sine")
    return [
        frame
        if values.get("bypass")
        else isp.color_adjust(frame, **{name: values[name] for name in names}, depth=depth)
        for frame, values in zip(frames, ports, strict=True)
    ]


@pytest.mark.parametrize("depth", [8, 10, 16])
def test_golden_neutral_changes_nothing(depth: int) -> None:
    (frame,) = random_frames(depth, channels=3, sizes=[(50, 50)])
    assert np.array_equal(
        isp.color_adjust(frame, *isp.color_adjust_registers(), depth=depth), frame
    )


def test_golden_by_hand() -> None:
    picture = np.array([[[16, 128, 228], [116, 28, 128]]], dtype=np.uint16)

    def turned(**kind: float) -> Any:
        return isp.color_adjust(picture, *isp.color_adjust_registers(**kind), depth=8).tolist()[0]

    assert turned(hue=90) == [[16, 228, 128], [116, 128, 228]]  # Cr to Cb, Cb to -Cr
    assert turned(hue=180) == [[16, 128, 28], [116, 228, 128]]
    assert turned(saturation=0) == [[16, 128, 128], [116, 128, 128]]
    assert turned(saturation=0.5) == [[16, 128, 178], [116, 78, 128]]
    assert turned(contrast=2) == [[16, 128, 255], [216, 0, 128]]  # black stays
    assert turned(contrast=2, pivot=116 / 256)[1] == [116, 0, 128]
    assert turned(brightness=-20 / 256) == [[0, 128, 228], [96, 28, 128]]


def test_golden_is_the_formula() -> None:
    """Within one step of floating point, for turns that stay inside the range."""
    (frame,) = random_frames(10, channels=3, sizes=[(90, 90)])
    frame = frame // 2 + 256
    for hue in range(0, 360, 25):
        values = isp.color_adjust_registers(hue=hue, saturation=0.9, contrast=0.8, brightness=0.05)
        got = isp.color_adjust(frame, *values, depth=10).astype(float)
        vector = (frame[..., 1] - 512.0) + 1j * (frame[..., 2] - 512.0)
        vector *= 0.8 * 0.9 * np.exp(-1j * np.radians(hue))
        exact = np.stack(
            [(frame[..., 0] - 64.0) * 0.8 + 64 + 51.2, vector.real + 512, vector.imag + 512], -1
        )
        assert np.abs(got - exact).max() < 0.7


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: Any) -> None:
    dut, form = model
    sizes = [(width * form.ppc, height) for width, height in (*SIZES, (9, 5), (3, 7))]
    frames = random_frames(form.depth, channels=3, sizes=sizes)
    ports = [{"bypass": 0} | values for values in SETTINGS]
    got = run_on_model(dut, frames, ports, form, decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, form.depth))


def test_halves_are_rounded_up(model: tuple[Model, Format]) -> None:
    dut, form = model
    frames = random_frames(form.depth, channels=3, sizes=[(8 * form.ppc, 5)] * len(HALVES))
    got = run_on_model(dut, frames, HALVES, form, decoy=DECOY)
    assert equal(got, expected(frames, HALVES, form.depth))


def test_simulator() -> None:
    frames = random_frames(8, channels=3, sizes=[(4, 4), (8, 5)])
    form, pace = Format(8, 8, 3, 4), PAUSES["both"]
    ports = [{"bypass": 0} | SETTINGS[0], SETTINGS[-1]]
    dut = Conveyor(ColorAdjust(depth=8, ppc=4), max_width=256)
    got = run_on_simulator(dut, frames, ports, form, decoy=DECOY | {"bypass": 0}, **pace)  # type: ignore[arg-type]
    assert equal(got, expected(frames, ports, 8))


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    (frame,) = random_frames(10, channels=3, sizes=[(9, 5)])
    ports = {"bypass": 0} | SETTINGS[0]
    cases = check_block(
        Conveyor(ColorAdjust(depth=10), max_width=256),
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
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        ColorAdjust(depth=7)
    with pytest.raises(ValueError, match=r"contrast must be in 0\.\.15\.9998, not 16"):
        isp.color_adjust_registers(contrast=16)
    with pytest.raises(ValueError, match=r"contrast \* saturation must be in .*, not 8"):
        isp.color_adjust_registers(saturation=8)
    with pytest.raises(ValueError, match=r"brightness must be in -8\.\.8 .*, not 9"):
        isp.color_adjust_registers(brightness=9)
