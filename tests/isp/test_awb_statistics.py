# SPDX-License-Identifier: MIT
"""Statistics for white balance against their golden model."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import AwbStatistics, AwbZone
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus, unpack
from opsin_sim.harness.packing import container
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [(10, 1), (12, 2), (16, 4)]
SIZES = [(4, 4), (5, 7), (17, 9), (69, 68), (70, 33), (4, 5)]  # times ppc in width
ZONES = [(2, 2), (0, 4), (4, 2), (2, 2), (9, 7), (65535, 1)]  # times ppc in width
SETTLED = 10

Settings = dict[str, int]


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    depth, ppc = request.param
    with Model(AwbStatistics(depth=depth, max_width=72 * ppc, ppc=ppc)) as model:
        yield model, depth, ppc


def cases(depth: int, ppc: int, seed: int) -> list[tuple[NDArray[np.uint16], Settings]]:
    """Frames with their settings; about one quad in two lies in the gate."""
    frames = random_frames(depth, sizes=[(w * ppc, h) for w, h in SIZES], seed=seed)
    full = (1 << depth) - 1
    out = []
    for k, (frame, (width, height)) in enumerate(zip(frames, ZONES, strict=True)):
        gate = {"dark": full // 16 * (k % 3), "saturation": full - full // 9 * (k % 2)}
        if k == 4:  # samples at the very bounds, and next to them
            near = [gate["dark"] - 1, gate["dark"], gate["saturation"], gate["saturation"] + 1]
            near = [min(max(value, 0), full) for value in near]
            picks = np.random.default_rng(seed).choice(
                near, frame.shape, p=[0.05, 0.45, 0.45, 0.05]
            )
            frame = picks.astype(np.uint16)
        size = {"zone_width": min(width * ppc, 65535), "zone_height": height}
        out.append((frame, {"phase": (k + seed) % 4, **size, **gate}))
    return out


def set_up(dut: Model, frame: NDArray[Any], settings: Settings) -> None:
    for name, value in {**settings, "height": frame.shape[0]}.items():
        dut.set(name, value)


def send(dut: Model, frame: NDArray[Any], settings: Settings, form: Any, **pauses: Any) -> None:
    """One frame, which must pass unchanged; the ports change while it does."""
    set_up(dut, frame, settings)
    beats = to_beats(frame, *form)
    first = dut.run(sources={"i": beats[:1]}, sinks={"o": 1}, **pauses)
    decoy = {"phase": 3 - settings["phase"], "zone_width": 6, "zone_height": 6}
    set_up(dut, frame[:1], {**decoy, "dark": 9, "saturation": 77})
    rest = dut.run(sources={"i": beats[1:]}, sinks={"o": len(beats) - 1}, **pauses)
    passed = np.concatenate([first.outputs["o"], rest.outputs["o"]])
    assert np.array_equal(passed, beats)


def read(dut: Model) -> dict[str, NDArray[Any]]:
    dtype, words = container(AwbZone().size)
    packed = b""
    for k in range(1024):
        dut.set("index", k)
        dut.run(cycles=2)
        packed += dut.get("zone").to_bytes(dtype.itemsize * words, "little")
    fields: dict[str, NDArray[Any]] = unpack(
        AwbZone(), np.frombuffer(packed, dtype).reshape(-1, words)
    )
    return fields


def agrees(dut: Model, frame: NDArray[Any], settings: Settings, ppc: int) -> bool:
    got, wanted = read(dut), isp.awb_statistics(frame, **settings, ppc=ppc)
    return all(
        np.array_equal(got[name].ravel(), total.ravel()) for name, total in wanted._asdict().items()
    )


@pytest.mark.parametrize("phase", range(4))
def test_golden_finds_the_colours(phase: int) -> None:
    rgb = np.broadcast_to(np.array([10, 200, 3000]), (8, 12, 3))
    raw = isp.mosaic(rgb, phase).astype(np.uint16)
    gate = {"dark": 10, "saturation": 3000}
    got = isp.awb_statistics(raw, phase=phase, zone_width=4, zone_height=8, **gate)
    assert got.quads[0, :4].tolist() == [8, 8, 8, 0]
    for name, value in (("red", 10), ("green", 400), ("blue", 3000)):
        assert np.array_equal(getattr(got, name), value * got.quads)
    narrow = {"dark": 11, "saturation": 3000}
    got = isp.awb_statistics(raw, phase=phase, zone_width=4, zone_height=8, **narrow)
    assert got.quads.sum() == 0


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int, int], pauses: Any) -> None:
    dut, depth, ppc = model
    dut.reset()
    seed = list(PAUSES.values()).index(pauses) + 1
    for k, (frame, settings) in enumerate(cases(depth, ppc, seed)):
        send(dut, frame, settings, (depth, ppc), **pauses)
        dut.run(cycles=SETTLED)
        assert dut.get("frame") == k + 1
        assert agrees(dut, frame, settings, ppc)


def test_back_to_back(model: tuple[Model, int, int]) -> None:
    """The next frame's first beat follows the last; settings are not mixed, banks neither."""
    dut, depth, ppc = model
    dut.reset()
    frames = cases(depth, ppc, 5)
    for k, ((frame, settings), (other, after)) in enumerate(pairwise(frames)):
        beats, next_beats = to_beats(frame, depth, ppc), to_beats(other, depth, ppc)
        set_up(dut, frame, settings)
        if k == 0:
            dut.run(sources={"i": beats[:-1]}, sinks={"o": None})
        else:
            dut.run(sources={"i": beats[len(beats) // 2 : -1]}, sinks={"o": None})
        set_up(dut, other, after)
        half = len(next_beats) // 2
        both = np.concatenate([beats[-1:], next_beats[:half]])
        dut.run(sources={"i": both}, sinks={"o": None})
        dut.run(cycles=SETTLED)
        assert dut.get("frame") == k + 1
        assert agrees(dut, frame, settings, ppc)


@pytest.mark.parametrize("how", ["broken off", "held"])
def test_left_out(model: tuple[Model, int, int], how: str) -> None:
    """A frame that is not counted leaves the results as they are, and the next is right."""
    dut, depth, ppc = model
    dut.reset()
    _, _, first, second, third, _ = cases(depth, ppc, 6)
    send(dut, *first, (depth, ppc))
    dut.run(cycles=SETTLED)
    set_up(dut, *second)
    dut.set("hold", int(how == "held"))
    beats = to_beats(second[0], depth, ppc)
    beats = beats[: len(beats) // 2] if how == "broken off" else beats
    dut.run(sources={"i": beats}, sinks={"o": None})
    dut.run(cycles=SETTLED)
    dut.set("hold", 0)
    assert dut.get("frame") == 1
    assert agrees(dut, *first, ppc)
    send(dut, *third, (depth, ppc))
    dut.run(cycles=SETTLED)
    assert dut.get("frame") == 2
    assert agrees(dut, *third, ppc)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """The stream passes, whatever stands beside it."""
    (frame,) = random_frames(10, sizes=[(9, 5)])
    results = check_block(
        AwbStatistics(depth=10, max_width=16),
        to_beats(frame, 10),
        to_beats(frame, 10),
        ports={"height": 5, "phase": 0, "hold": 0, "index": 0},
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in results:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        AwbStatistics(depth=7, max_width=64)
    with pytest.raises(ValueError, match="max_width must be a multiple of ppc = 2 from 8, not 9"):
        AwbStatistics(depth=8, max_width=9, ppc=2)
