# SPDX-License-Identifier: MIT
"""Overlay against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, Overlay, OverlayWrite
from opsin_sim.blocks import PAUSES, Format, equal, random_frames, run_on_model
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus, pack
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
WORDS = 64
FORMS = [Format(8, 8, 3, 1), Format(10, 10, 3, 2), Format(16, 16, 3, 4)]
DECOY = dict.fromkeys(["x", "y", "base", "palette", "bypass"], 1) | {"columns": 9, "lines": 3}


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Format]]:
    form = request.param
    with Model(
        Conveyor(Overlay(depth=form.depth, words=WORDS, ppc=form.ppc), max_width=64)
    ) as model:
        yield model, form


def memories(seed: int = 1) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Make a bitmap memory and two palettes of noise, with clear and opaque colours."""
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 1 << 32, WORDS, dtype=np.uint32)
    palettes = rng.integers(0, 256, (2, 16, 4)).astype(np.uint8)
    palettes[:, :3, 3], palettes[:, 3:6, 3] = 0, 255
    return words, palettes


def writes(words: NDArray[np.uint32], palettes: NDArray[np.uint8]) -> NDArray[Any]:
    colours = palettes.reshape(32, 4).view("<u4").ravel()
    return pack(
        OverlayWrite(WORDS),
        {
            "data": np.concatenate([words, colours]),
            "address": np.concatenate([np.arange(WORDS), np.arange(32)]),
            "palette": np.repeat([0, 1], [WORDS, 32]),
        },
    )


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    words, palettes = memories()
    out = []
    for frame, values in zip(frames, ports, strict=True):
        if values["bypass"]:
            out.append(frame)
            continue
        place = {name: values[name] for name in ("x", "y", "base")}
        place |= {"width": values["columns"], "height": values["lines"]}
        out.append(isp.overlay(frame, words, palettes[values["palette"]], depth=depth, **place))
    return out


def test_golden_by_hand() -> None:
    indices = np.array([[1, 2, 3], [3, 2, 1]], dtype=np.uint8)
    words = isp.overlay_words(indices)
    assert words.tolist() == [0x321, 0x123]
    palette = np.zeros((16, 4), dtype=np.uint8)
    palette[1:4] = [[255, 0, 128, 255], [255, 255, 255, 0], [200, 0, 101, 128]]
    picture = np.full((4, 5, 3), 401, dtype=np.uint16)
    out = isp.overlay(picture, words, palette, x=3, y=1, width=3, height=2, depth=10)
    # the third column lies outside; 200 → 803, 101 → 405; alpha 129 / 256
    opaque, half = [1023, 0, 514], [604, 199, 403]
    assert out[1, 3:].tolist() == [opaque, [401] * 3]
    assert out[2, 3:].tolist() == [half, [401] * 3]
    out[1:3, 3:] = 401
    assert np.array_equal(out, picture)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, Format], pauses: Any) -> None:
    """Every offset to the beat, partly and wholly outside, narrower than a word, bypassed."""
    dut, form = model
    dut.run(sources={"write": writes(*memories())}, timeout=1000)
    places = [(0, 0, 16, 9), (1, 2, 9, 3), (2, 1, 7, 4), (3, 0, 1, 1), (7, 3, 40, 30)]
    places += [(13, 5, 8, 2), (30, 8, 5, 5), (4, 4, 0, 3), (4, 4, 3, 0), (0, 0, 65535, 65535)]
    frames = random_frames(form.depth, channels=3, sizes=[(16, 9), (4 * form.ppc, 5)] * 5)
    ports = [
        {"x": x, "y": y, "columns": width, "lines": height, "base": 13 * k % WORDS}
        | {"palette": k & 1, "bypass": k == 5}
        for k, (x, y, width, height) in enumerate(places)
    ]
    got = run_on_model(dut, frames, ports, form, decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, form.depth))


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Nothing written: the clear palette leaves the picture."""
    (frame,) = random_frames(8, channels=3, sizes=[(9, 5)])
    ports = {"x": 2, "y": 1, "columns": 5, "lines": 3, "base": 0, "palette": 0, "bypass": 0}
    cases = check_block(
        Conveyor(Overlay(depth=8, words=WORDS), max_width=64),
        to_beats(frame, 8),
        to_beats(frame, 8),
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
        Overlay(depth=7)
    with pytest.raises(ValueError, match="words must be a power of two from 2, not 48"):
        Overlay(depth=8, words=48)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 6"):
        Overlay(depth=8, ppc=6)
