# SPDX-License-Identifier: MIT
"""Histogram against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import AeHistogram
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.statistics import Tapped
from opsin_sim.video import to_beats

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
FORMS = [(8, 1), (12, 2), (16, 4)]
SIZES = [(4, 5), (5, 7), (17, 9), (64, 33)]
CLEAR = 1040


@pytest.fixture(scope="module", params=FORMS, ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    depth, ppc = request.param
    with Model(Tapped(AeHistogram(depth=depth, ppc=ppc))) as model:
        yield model, depth, ppc


def frames_of(depth: int, ppc: int, seed: int) -> list[NDArray[np.uint16]]:
    """Noise; and few values in any order, so that a bin comes again after 1, 2, 3 .. samples."""
    sizes = [(w * ppc, h) for w, h in SIZES]
    noise = random_frames(depth, sizes=sizes, seed=seed)
    rng = np.random.default_rng(seed)
    for k in (1, 3):
        noise[k] = rng.choice(noise[k].ravel()[:3], noise[k].shape)
    return noise


def send(dut: Model, frame: NDArray[Any], form: tuple[int, int], **pauses: Any) -> None:
    """One frame, which must pass unchanged."""
    depth, ppc = form
    beats = to_beats(frame, depth, ppc)
    run = dut.run(sources={"i": beats}, sinks={"o": len(beats)}, **pauses)
    assert np.array_equal(run.outputs["o"], beats)


def read(dut: Model) -> NDArray[np.int64]:
    counts = np.zeros(1024, dtype=np.int64)
    for k in range(1024):
        dut.set("index", k)
        dut.run(cycles=4)
        counts[k] = dut.get("count")
    return counts


def set_up(dut: Model, frame: NDArray[Any], phase: int, green_only: bool, skip: int = 0) -> None:
    dut.set("height", frame.shape[0])
    dut.set("phase", phase)
    dut.set("green_only", int(green_only))
    dut.set("skip", skip)


@pytest.mark.parametrize("phase", range(4))
def test_golden_counts(phase: int) -> None:
    """Green pixels only: what is green in the mosaic of a picture that has only green."""
    (rgb,) = random_frames(10, channels=3, sizes=[(13, 9)])
    rgb[..., 1] |= 1
    rgb[..., 0] = rgb[..., 2] = 0
    raw = isp.mosaic(rgb, phase).astype(np.uint16)
    green = isp.ae_histogram(raw, depth=10, phase=phase, green_only=True)
    everything = isp.ae_histogram(raw, depth=10, phase=phase)
    assert everything.sum() == raw.size
    assert green[0] == 0
    assert np.array_equal(green[1:], everything[1:])


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int, int], pauses: Any) -> None:
    dut, depth, ppc = model
    dut.reset()
    dut.run(cycles=CLEAR)
    seed = list(PAUSES.values()).index(pauses) + 1
    for k, frame in enumerate(frames_of(depth, ppc, seed)):
        phase, green_only, skip = (k + seed) % 4, (k + seed) % 3 != 0, max(k + seed - 3, 0)
        set_up(dut, frame, phase, green_only, skip)
        send(dut, frame, (depth, ppc), **pauses)
        dut.run(cycles=8)
        assert dut.get("frame") == k + 1
        wanted = isp.ae_histogram(
            frame, depth=depth, phase=phase, green_only=green_only, skip=skip, ppc=ppc
        )
        assert np.array_equal(read(dut), wanted)  # takes longer than clearing


def test_a_bank_is_read_while_the_other_fills(model: tuple[Model, int, int]) -> None:
    dut, depth, ppc = model
    dut.reset()
    dut.run(cycles=CLEAR)
    first, _, second, _ = frames_of(depth, ppc, 7)
    set_up(dut, first, 0, False)
    send(dut, first, (depth, ppc))
    dut.run(cycles=CLEAR)
    set_up(dut, second, 0, False)
    beats = to_beats(second, depth, ppc)
    dut.run(sources={"i": beats[:-1]}, sinks={"o": None})
    assert dut.get("frame") == 1
    assert np.array_equal(read(dut), isp.ae_histogram(first, depth=depth))
    dut.run(sources={"i": beats[-1:]}, sinks={"o": None})
    dut.run(cycles=8)
    assert dut.get("frame") == 2
    assert np.array_equal(read(dut), isp.ae_histogram(second, depth=depth))


def test_reset_clears(model: tuple[Model, int, int]) -> None:
    """After one frame, the bank that fills after reset is the one with its counts."""
    dut, depth, ppc = model
    dut.reset()
    dut.run(cycles=CLEAR)
    first, _, second, _ = frames_of(depth, ppc, 9)
    for frame in (second, first):
        set_up(dut, frame, 0, False)
        send(dut, frame, (depth, ppc))
        dut.run(cycles=8)
        assert dut.get("frame") == 1
        assert np.array_equal(read(dut), isp.ae_histogram(frame, depth=depth))
        dut.reset()
        assert dut.get("frame") == 0
        dut.run(cycles=CLEAR)


def test_saturates(model: tuple[Model, int, int]) -> None:
    """Counters stop; the one before the last sample and the other bins are right."""
    dut, depth, ppc = model
    dut.reset()
    dut.run(cycles=CLEAR)
    frame = np.zeros((514, 512 * ppc), dtype=np.uint16)
    frame[512:] = (1 << depth) - 1
    frame[0, : 2 * ppc] = 1 << depth - 1
    frame[0, :ppc] = 1 << depth - 2
    set_up(dut, frame, 0, False)
    send(dut, frame, (depth, ppc))
    dut.run(cycles=8)
    counts = read(dut)
    assert counts[0] == (512 * 512 - 2) * ppc
    assert np.array_equal(counts, isp.ae_histogram(frame, depth=depth, ppc=ppc))
    dut.run(cycles=CLEAR)
    frame[0] = 0
    set_up(dut, frame, 0, False)
    send(dut, frame, (depth, ppc))
    dut.run(cycles=8)
    counts = read(dut)
    assert counts[0] == (512 * 512 - 1) * ppc
    assert np.array_equal(counts, isp.ae_histogram(frame, depth=depth, ppc=ppc))


@pytest.mark.parametrize("how", ["early", "broken off", "held"])
def test_left_out(model: tuple[Model, int, int], how: str) -> None:
    """A frame that cannot be counted leaves the results as they are, and the next is right."""
    dut, depth, ppc = model
    dut.reset()
    dut.run(cycles=CLEAR)
    first, second, third, _ = frames_of(depth, ppc, 8)
    set_up(dut, first, 0, False)
    send(dut, first, (depth, ppc))
    dut.run(cycles=1027 if how == "early" else 1028)
    set_up(dut, second, 0, False)
    beats = to_beats(second, depth, ppc)
    dut.set("hold", int(how == "held"))
    beats = beats[:-1] if how == "broken off" else beats
    dut.run(sources={"i": beats}, sinks={"o": None})
    dut.run(cycles=CLEAR)
    dut.set("hold", 0)
    if how == "broken off":  # a frame later, as clearing begins with the next sof
        send(dut, second, (depth, ppc))
        dut.run(cycles=CLEAR)
    assert dut.get("frame") == 1
    assert np.array_equal(read(dut), isp.ae_histogram(first, depth=depth))
    set_up(dut, third, 0, False)
    send(dut, third, (depth, ppc))
    dut.run(cycles=8)
    assert dut.get("frame") == 2
    assert np.array_equal(read(dut), isp.ae_histogram(third, depth=depth))


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """The stream passes, whatever stands beside it."""
    (frame,) = random_frames(10, sizes=[(9, 5)])
    cases = check_block(
        Tapped(AeHistogram(depth=10)),
        to_beats(frame, 10),
        to_beats(frame, 10),
        ports={"height": 5, "phase": 0, "hold": 0, "index": 0},
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 17"):
        AeHistogram(depth=17)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        AeHistogram(depth=8, ppc=3)
