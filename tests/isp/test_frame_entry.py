# SPDX-License-Identifier: MIT
"""Frame entry against its golden model: windows of malformed frames, and sources that stop."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.common.video import Beat
from opsin.isp import FrameStatus
from opsin.isp.frame_entry import FrameEntry
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import Model, SimulationTimeout, pack
from opsin_sim.malformed import malformed
from opsin_sim.video import to_beats

DEPTH = 10
SIZE = (9, 6)
Window = tuple[int, int, int, int]
WINDOWS: dict[str, Window | None] = {
    "all": None,
    "inside": (2, 1, 5, 4),
    "all of it": (0, 0, 9, 6),
    "beyond the corner": (5, 3, 8, 5),
    "no such column": (60, 0, 5, 5),
    "no such line": (0, 60, 5, 5),
}


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with Model(FrameEntry(depth=DEPTH, max_width=64, min_height=4)) as model:
        yield model


def packed(beats: isp.Beats) -> NDArray[Any]:
    fields = {"pixel": beats.pixel[:, None], "sof": beats.sof, "eol": beats.eol}
    return pack(Beat(DEPTH), fields)


def prepare(
    model: Model, window: Window | None, size: tuple[int, int] = SIZE, timeout: int = 0
) -> None:
    model.reset()
    settle(model, window, size)
    model.set("timeout", timeout)
    model.set("phase", 1)


def settle(model: Model, window: Window | None, size: tuple[int, int]) -> None:
    crop = dict(zip(("x", "y", "width", "height"), window or (0, 0, 0, 0), strict=True))
    model.set("crop", crop | {"bypass": window is None})
    model.set("width", size[0])
    model.set("height", size[1])


def status(flags: isp.Flags) -> int:
    return FrameStatus().const(vars(flags)).as_bits()


def part(beats: isp.Beats, begin: int, end: int) -> isp.Beats:
    return isp.Beats(beats.pixel[begin:end], beats.sof[begin:end], beats.eol[begin:end])


def check(model: Model, stream: isp.Beats, window: Window | None, **pauses: Any) -> isp.Guarded:
    wanted = isp.frame_entry(stream, SIZE, window)
    out = packed(wanted.beats())
    run = model.run({"i": packed(stream)}, {"o": len(out)}, **pauses)
    assert np.array_equal(run.outputs["o"], out)
    model.run(cycles=20)
    assert model.get("status") == status(wanted.flags)
    return wanted


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_malformed(model: Model, pauses: dict[str, Any], window: Window | None) -> None:
    for seed in range(3):
        prepare(model, window)
        stream = malformed(2500, *SIZE, depth=DEPTH, seed=seed)
        wanted = check(model, stream, window, seed=seed, **pauses)
        assert wanted.flags.early_sof
        assert bool(wanted.frames) == (not window or window[0] < 60 > window[1])


@pytest.mark.parametrize("window", [None, (2, 1, 5, 4), (5, 3, 8, 5)], ids=str)
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_source_stops(model: Model, pauses: dict[str, Any], window: Window | None) -> None:
    """After the time-out the frame is completed; what comes then is dropped until the next."""
    for seed in range(3):
        prepare(model, window, timeout=60)
        stream = malformed(1500, *SIZE, depth=DEPTH, seed=seed)
        cuts = np.sort(np.random.default_rng(seed).choice(1500, 12, replace=False)).tolist()
        got = 0
        for k, cut in enumerate([*cuts, 1500]):
            stops = tuple(cuts[: k + 1])
            wanted = isp.frame_entry(part(stream, 0, cut), SIZE, window, stops=stops)
            out = packed(wanted.beats())[got:]
            begin = cuts[k - 1] if k else 0
            source = {"i": packed(part(stream, begin, cut))}
            run = model.run(source, {"o": len(out)}, seed=seed, **pauses)
            assert np.array_equal(run.outputs["o"], out)
            got += len(out)
            model.run(cycles=100)
            if k < len(cuts):
                assert model.get("status") == status(wanted.flags)
        assert wanted.flags.stopped


def test_timeout_counts_silence(model: Model) -> None:
    """Neither pauses below the time-out nor a stalled pipeline stop a frame."""
    (frame,) = random_frames(DEPTH, sizes=[SIZE])
    beats = to_beats(frame, DEPTH)
    prepare(model, None, timeout=40)
    for begin in range(0, len(beats), 7):
        piece = beats[begin : begin + 7]
        run = model.run({"i": piece}, {"o": len(piece)})
        assert np.array_equal(run.outputs["o"], piece)
        model.run(cycles=30)
    assert model.get("status") == 0
    with pytest.raises(SimulationTimeout):
        model.run({"i": beats}, timeout=200)  # it has nowhere to go, but is offered
    assert model.get("status") == 0


def test_source_goes_on_too_late(model: Model) -> None:
    """What comes of a frame that is being completed does not get into it."""
    first, second = random_frames(DEPTH, sizes=[SIZE, SIZE])
    beats = to_beats(first, DEPTH)
    prepare(model, None, timeout=40)
    model.run({"i": beats[:9]}, {"o": 9})
    model.run(cycles=80)  # nothing is taken: the frame is still open
    late = np.concatenate([beats[9:], to_beats(second, DEPTH)])
    run = model.run({"i": late}, {"o": 2 * len(beats) - 9})
    filled = first.ravel().copy()
    filled[9:] = 0
    wanted = np.concatenate([to_beats(filled.reshape(first.shape), DEPTH)[9:], late[-len(beats) :]])
    assert np.array_equal(run.outputs["o"], wanted)
    assert model.get("status") == status(isp.Flags(stopped=True, stray=True))


def test_large_timeout(model: Model) -> None:
    """All bytes of the number count."""
    prepare(model, None, timeout=0x205)
    (frame,) = random_frames(DEPTH, sizes=[SIZE])
    model.run({"i": to_beats(frame, DEPTH)[:4]}, {"o": 4})
    model.run(cycles=0x200)
    assert model.get("status") == 0
    model.run(sinks={"o": 50}, timeout=100)
    assert model.get("status") == status(isp.Flags(stopped=True))
    prepare(model, None, timeout=0)
    model.run({"i": to_beats(frame, DEPTH)[:4]}, {"o": 4})
    model.run(cycles=5000)
    assert model.get("status") == 0


def test_one_at_a_time(model: Model) -> None:
    """While one is on its way behind, no frame enters, and its rest is taken."""
    frames = random_frames(DEPTH, sizes=[SIZE] * 2)
    first, second = (to_beats(frame, DEPTH) for frame in frames)
    prepare(model, None)
    model.run({"i": first[:-3]}, {"o": len(first) - 3})
    model.set("busy", 1)
    model.run({"i": first[-3:]}, {"o": 3})
    with pytest.raises(SimulationTimeout, match="i sent 0 of 54"):
        model.run({"i": second}, {"o": 1}, timeout=100)
    model.set("busy", 0)
    assert np.array_equal(model.run({"i": second}, {"o": 54}).outputs["o"], second)
    assert model.get("status") == 0


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_settings_follow_begin(model: Model, pauses: dict[str, Any]) -> None:
    """Settings that change in the second cycle after ``begin`` are those of the frame."""
    prepare(model, (0, 0, 4, 4))
    kinds: list[tuple[tuple[int, int], Window | None]]
    kinds = [((9, 6), (3, 1, 5, 4)), ((7, 5), None), ((16, 8), (1, 2, 7, 6)), ((4, 4), None)]
    for (width, height), window in kinds:
        (frame,) = random_frames(DEPTH, sizes=[(width, height)])
        beats = to_beats(frame, DEPTH)
        model.run({"i": beats[:1]}, until="begin", timeout=100, **pauses)
        model.run({"i": beats[:1]}, cycles=1)
        settle(model, window, (width, height))
        x, y, columns, lines = window or (0, 0, width, height)
        wanted = to_beats(frame[y : y + lines, x : x + columns], DEPTH)
        got = model.run({"i": beats}, {"o": len(wanted)}, timeout=9999, **pauses).outputs["o"]
        assert np.array_equal(got, wanted)
        assert model.get("frame_width") == columns
        assert model.get("frame_height") == lines
        assert model.get("frame_phase") == isp.crop_phase(1, x=x, y=y)
    assert model.get("status") == 0


def test_reset_in_mid_frame(model: Model) -> None:
    prepare(model, None)
    stream = malformed(800, *SIZE, depth=DEPTH, seed=9)
    model.run({"i": packed(part(stream, 0, 70))}, {"o": 99}, cycles=80)
    prepare(model, WINDOWS["inside"])
    check(model, stream, WINDOWS["inside"])


def test_clear(model: Model) -> None:
    for window in WINDOWS.values():
        prepare(model, window)
        check(model, malformed(800, *SIZE, depth=DEPTH, seed=9), window)
        model.set("clear", 1)
        model.run(cycles=1)
        model.set("clear", 0)
        assert model.get("status") == 0


@pytest.mark.parametrize("ppc", [2, 4])
def test_wide(ppc: int) -> None:
    """Pixels side by side; windows are rounded to beats."""
    window = {"x": 5, "y": 1, "width": 4 * ppc + 1, "height": 5}
    frames = random_frames(8, sizes=[(8 * ppc, 7)] * 3)
    with Model(FrameEntry(depth=8, max_width=64, min_height=4, ppc=ppc)) as model:
        model.set("crop", window | {"bypass": 0})
        beats = np.concatenate([to_beats(frame, 8, ppc) for frame in frames])
        wanted = np.concatenate(
            [to_beats(isp.crop(frame, **window, ppc=ppc), 8, ppc) for frame in frames]
        )
        run = model.run({"i": beats}, {"o": len(wanted)}, timeout=9999)
        assert np.array_equal(run.outputs["o"], wanted)
        assert model.get("status") == 0
