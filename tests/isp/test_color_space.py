# SPDX-License-Identifier: MIT
"""Colour space against its golden model, and that against the standards."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import ColorSpace, Conveyor
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
STANDARDS = [*product(["bt601", "bt709"], [True, False])]
FORMS = [Format(12, 10, 3, 1), Format(16, 8, 3, 2), Format(8, 10, 3, 4)]


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    form = request.param
    with Model(
        Conveyor(
            ColorSpace(depth=form.depth, depth_out=form.depth_out, ppc=form.ppc), max_width=256
        )
    ) as model:
        yield model, form


def registers(form: Format, seed: int) -> dict[str, Any]:
    """Whatever the registers hold: the sums clip on both sides."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-(1 << 17), 1 << 17, (3, 3))
    matrix[seed % 3] = [-(1 << 17), (1 << 17) - 1, -(1 << 17)][seed % 3]
    limit = 1 << 17
    offset = [*rng.integers(-limit, limit, 2).tolist(), [-limit, limit - 1][seed % 2]]
    return {"matrix": matrix.tolist(), "offset": offset, "bypass": 0}


def of_standard(form: Format, standard: str, limited: bool, inverse: bool = False) -> Any:
    values = isp.color_space_registers(
        standard, limited=limited, depth=form.depth, depth_out=form.depth_out, inverse=inverse
    )
    return {"matrix": values.matrix, "offset": values.offset, "bypass": 0}


def expected(frames: Frames, ports: Ports, form: Format) -> Frames:
    depth, depth_out = form.depth, form.depth_out
    return [
        frame.astype(np.uint32) << depth_out >> depth
        if values["bypass"]
        else isp.color_space(
            frame, values["matrix"], values["offset"], depth=depth, depth_out=depth_out
        )
        for frame, values in zip(frames, ports, strict=True)
    ]


def formula(rgb: NDArray[Any], standard: str, limited: bool, depth: int, bits: int) -> Any:
    """YCbCr as the standards write it, rounded at the very end."""
    kr, kb = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[standard]
    r, g, b = np.moveaxis(rgb / ((1 << depth) - 1), -1, 0)
    y = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    if limited:
        coded = np.stack([219 * y + 16, 224 * cb + 128, 224 * cr + 128], -1) * (1 << (bits - 8))
    else:
        full, half = (1 << bits) - 1, 1 << (bits - 1)
        coded = np.stack([full * y, full * cb + half, full * cr + half], -1)
    return np.clip(np.floor(coded + 0.5), 0, (1 << bits) - 1).astype(int)


@pytest.mark.parametrize(
    ("standard", "colour", "coded"),
    [  # the 100 % bars in limited range
        ("bt601", (255, 0, 0), (81, 90, 240)),
        ("bt601", (0, 255, 0), (145, 54, 34)),
        ("bt601", (0, 0, 255), (41, 240, 110)),
        ("bt709", (255, 0, 0), (63, 102, 240)),
        ("bt709", (0, 255, 0), (173, 42, 26)),
        ("bt709", (0, 0, 255), (32, 240, 118)),
        ("bt709", (255, 255, 255), (235, 128, 128)),
        ("bt709", (0, 0, 0), (16, 128, 128)),
    ],
)
def test_golden_colour_bars(standard: str, colour: Any, coded: Any) -> None:
    values = isp.color_space_registers(standard, limited=True, depth=8, depth_out=8)
    out = isp.color_space(np.array([[colour]], dtype=np.uint16), *values, depth=8, depth_out=8)
    assert tuple(out[0, 0]) == coded


@pytest.mark.parametrize(("standard", "limited"), STANDARDS)
@pytest.mark.parametrize(("depth", "depth_out"), [(8, 8), (8, 10), (10, 10), (12, 10), (16, 8)])
def test_golden_is_the_standard(standard: str, limited: bool, depth: int, depth_out: int) -> None:
    """Within one step everywhere, and the very value nearly everywhere."""
    rgb = random_frames(depth, channels=3, sizes=[(200, 200)])[0]
    values = isp.color_space_registers(standard, limited=limited, depth=depth, depth_out=depth_out)
    got = isp.color_space(rgb, *values, depth=depth, depth_out=depth_out).astype(int)
    error = np.abs(got - formula(rgb, standard, limited, depth, depth_out))
    assert error.max() <= 1
    assert error.mean() < 0.02


@pytest.mark.parametrize(("standard", "limited"), STANDARDS)
@pytest.mark.parametrize(("depth", "coded"), [(8, 8), (8, 10), (10, 12), (12, 16)])
def test_golden_there_and_back(standard: str, limited: bool, depth: int, coded: int) -> None:
    rgb = random_frames(depth, channels=3, sizes=[(100, 100)])[0]
    there = isp.color_space_registers(standard, limited=limited, depth=depth, depth_out=coded)
    back = isp.color_space_registers(
        standard, limited=limited, depth=coded, depth_out=depth, inverse=True
    )
    ycbcr = isp.color_space(rgb, *there, depth=depth, depth_out=coded)
    got = isp.color_space(ycbcr, *back, depth=coded, depth_out=depth).astype(int)
    assert np.abs(got - rgb).max() <= (2 if coded == depth else 1 if coded < depth + 4 else 0)


@pytest.mark.parametrize(("standard", "limited"), STANDARDS)
def test_golden_grey_stays_grey(standard: str, limited: bool) -> None:
    grey = np.repeat(np.arange(4096, dtype=np.uint16)[None, :, None], 3, axis=2)
    there = isp.color_space_registers(standard, limited=limited, depth=12, depth_out=10)
    ycbcr = isp.color_space(grey, *there, depth=12, depth_out=10)
    assert np.all(ycbcr[..., 1:] == 512)
    assert ycbcr[0, [0, -1], 0].tolist() == ([64, 940] if limited else [0, 1023])
    back = isp.color_space_registers(standard, limited=limited, depth=10, depth_out=8, inverse=True)
    rgb = isp.color_space(ycbcr, *back, depth=10, depth_out=8)
    assert np.all(rgb == rgb[..., :1])
    assert rgb[0, [0, -1], 0].tolist() == [0, 255]


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: Any) -> None:
    dut, form = model
    sizes = [(width * form.ppc, height) for width, height in (*SIZES, (9, 5))]
    frames = random_frames(form.depth, channels=3, sizes=sizes)
    ports = [registers(form, seed) for seed in range(3)]
    ports += [of_standard(form, "bt709", True), registers(form, 7) | {"bypass": 1}]
    decoy = registers(form, 9)
    got = run_on_model(dut, frames, ports, form, decoy=decoy, **pauses)
    assert equal(got, expected(frames, ports, form))


@pytest.mark.parametrize(("depth", "depth_out", "ppc"), [(10, 8, 1), (8, 12, 2)])
def test_simulator_inverse(depth: int, depth_out: int, ppc: int) -> None:
    form = Format(depth, depth_out, 3, ppc)
    frames = random_frames(depth, channels=3, sizes=[(4, 4), (8, 5)] * 2)
    ports = [of_standard(form, *standard, inverse=True) for standard in STANDARDS]
    dut = Conveyor(ColorSpace(depth=depth, depth_out=depth_out, to="rgb", ppc=ppc), max_width=256)
    pace: Any = PAUSES["both"]
    got = run_on_simulator(dut, frames, ports, form, decoy=registers(form, 1), **pace)
    assert equal(got, expected(frames, ports, form))


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    form = Format(10, 8, 3)
    (frame,) = random_frames(10, channels=3, sizes=[(9, 5)])
    ports = of_standard(form, "bt601", True)
    cases = check_block(
        Conveyor(ColorSpace(depth=10, depth_out=8), max_width=256),
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
        ColorSpace(depth=7, depth_out=8)
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 17"):
        ColorSpace(depth=8, depth_out=17)
    with pytest.raises(ValueError, match=r"to must be one of \['ycbcr', 'rgb'\], not 'lab'"):
        ColorSpace(depth=8, depth_out=8, to="lab")
    with pytest.raises(ValueError, match=r"standard must be one of .*, not 'bt2020'"):
        isp.color_space_registers("bt2020", limited=True, depth=8, depth_out=8)
