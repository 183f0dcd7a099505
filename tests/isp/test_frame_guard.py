# SPDX-License-Identifier: MIT
"""Frame guard against its golden model, on good and on malformed streams."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.common.video import Beat
from opsin.isp import FrameGuard, FrameStatus
from opsin_sim.blocks import PAUSES, Format, equal, random_frames, run_on_simulator
from opsin_sim.golden import isp
from opsin_sim.harness import (
    Model,
    SimulationTimeout,
    check_block,
    needs_cocotb,
    needs_icarus,
    pack,
)
from opsin_sim.malformed import malformed

DEPTH = 10
SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with Model(FrameGuard(depth=DEPTH, max_width=64)) as model:
        yield model


def packed(beats: isp.Beats) -> NDArray[Any]:
    fields = {"pixel": beats.pixel[:, None], "sof": beats.sof, "eol": beats.eol}
    return pack(Beat(DEPTH), fields)


def line(*pixels: int, sof: bool = False, eol: bool = True) -> list[tuple[int, bool, bool]]:
    last = len(pixels) - 1
    return [(p, sof and k == 0, eol and k == last) for k, p in enumerate(pixels)]


def beats(*lines: list[tuple[int, bool, bool]]) -> isp.Beats:
    pixel, sof, eol = zip(*(beat for line in lines for beat in line), strict=True)
    return isp.Beats(np.array(pixel, np.uint16), np.array(sof, bool), np.array(eol, bool))


FIRST, NEXT = line(1, 2, 3, 4, sof=True), line(5, 6, 7, 8)
GOOD = [FIRST, NEXT, NEXT, NEXT]
ROW, BLACK = [5, 6, 7, 8], [0, 0, 0, 0]
CASES: dict[str, tuple[Any, list[list[list[int]]], dict[str, bool]]] = {
    "good": (GOOD, [[[1, 2, 3, 4], ROW, ROW, ROW]], {}),
    "no sof at first": ([NEXT, *GOOD], [[[1, 2, 3, 4], ROW, ROW, ROW]], {"stray": True}),
    "one line too many": ([*GOOD, NEXT], [[[1, 2, 3, 4], ROW, ROW, ROW]], {"stray": True}),
    "short line": (
        [FIRST, line(9), NEXT, line(5, 6)],
        [[[1, 2, 3, 4], [9, 0, 0, 0], ROW, [5, 6, 0, 0]]],
        {"short_line": True},
    ),
    "short last line, then the next frame": (
        [FIRST, NEXT, NEXT, line(5, 6), *GOOD],
        [[[1, 2, 3, 4], ROW, ROW, [5, 6, 0, 0]], [[1, 2, 3, 4], ROW, ROW, ROW]],
        {"short_line": True},
    ),
    "long line": (
        [FIRST, line(5, 6, 7, 8, 9, 9), NEXT, line(5, 6, 7, 8, 9)],
        [[[1, 2, 3, 4], ROW, ROW, ROW]],
        {"long_line": True},
    ),
    "early sof after a line": (
        [FIRST, NEXT, *GOOD],
        [[[1, 2, 3, 4], ROW, BLACK, BLACK], [[1, 2, 3, 4], ROW, ROW, ROW]],
        {"early_sof": True},
    ),
    "early sof in a line": (
        [FIRST, NEXT, NEXT, line(5, eol=False), *GOOD],
        [[[1, 2, 3, 4], ROW, ROW, [5, 0, 0, 0]], [[1, 2, 3, 4], ROW, ROW, ROW]],
        {"early_sof": True},
    ),
    "early sof in what a long line has too much": (
        [FIRST, line(5, 6, 7, 8, 9, eol=False), *GOOD],
        [[[1, 2, 3, 4], ROW, BLACK, BLACK], [[1, 2, 3, 4], ROW, ROW, ROW]],
        {"early_sof": True, "long_line": True},
    ),
    "missing sof": (
        [*GOOD, *GOOD[1:], *GOOD],
        [[[1, 2, 3, 4], ROW, ROW, ROW]] * 2,
        {"stray": True},
    ),
}


def test_golden_breaks_by_hand() -> None:
    long = line(5, 6, 7, 8, 9, eol=False)
    stream = beats(FIRST, NEXT, long, line(9, 9), NEXT, *GOOD)
    out = isp.frame_guard(stream, [(4, 4)], breaks={13: "stopped"})
    good = [[1, 2, 3, 4], ROW, ROW, ROW]
    assert [frame.tolist() for frame in out.frames] == [[[1, 2, 3, 4], ROW, ROW, BLACK], good]
    assert out.flags == isp.Flags(long_line=True, stray=True, stopped=True)
    # without the line behind what is too much, nothing is stray
    stream = beats(FIRST, NEXT, long, line(9, 9), *GOOD)
    out = isp.frame_guard(stream, [(4, 4)], breaks={13: "stopped"})
    assert out.flags == isp.Flags(long_line=True, stopped=True)
    # complete frames do not stop
    assert isp.frame_guard(beats(*GOOD), [(4, 4)], breaks={16: "stopped"}).flags == isp.Flags()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_golden_by_hand(case: Any) -> None:
    lines, frames, flags = case
    out = isp.frame_guard(beats(*lines), [(4, 4)])
    assert [frame.tolist() for frame in out.frames] == frames
    assert out.tail == []
    assert out.flags == isp.Flags(**flags)


def check(
    model: Model, pieces: Sequence[isp.Beats], sizes: list[tuple[int, int]], **pauses: Any
) -> isp.Guarded:
    """Send pieces, the settings changed between them; compare all that comes, and the flags."""
    model.reset()
    got: list[NDArray[Any]] = []
    for k, (width, height) in enumerate(sizes):
        so_far = isp.Beats(
            *(np.concatenate([getattr(p, name) for p in pieces[: k + 1]]) for name in FIELDS)
        )
        wanted = isp.frame_guard(so_far, sizes)
        out = packed(wanted.beats())
        model.set("width", width)
        model.set("height", height)
        count = len(out) - sum(map(len, got))
        got.append(model.run({"i": packed(pieces[k])}, {"o": count}, **pauses).outputs["o"])
        assert np.array_equal(np.concatenate(got), out)
        assert model.get("status") == FrameStatus().const(vars(wanted.flags)).as_bits()
    return wanted


FIELDS = ("pixel", "sof", "eol")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: Model, pauses: dict[str, Any], case: Any) -> None:
    check(model, [beats(*case[0])], [(4, 4)], **pauses)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_fuzz(model: Model, pauses: dict[str, Any], seed: int) -> None:
    width, height = ((4, 4), (5, 7), (17, 9), (64, 5))[seed]
    stream = malformed(5000, width, height, depth=DEPTH, seed=seed)
    wanted = check(model, [stream], [(width, height)], seed=seed, **pauses)
    assert wanted.flags == isp.Flags(True, True, True, True)
    assert len(wanted.frames) > 5


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
@pytest.mark.parametrize(("port", "flag"), [("stop", "stopped"), ("early", "early_sof")])
def test_breaks(model: Model, pauses: dict[str, Any], seed: int, port: str, flag: str) -> None:
    """Frames are completed when no more comes; what does come is dropped until the next."""
    model.reset()
    model.set("width", 9)
    model.set("height", 6)
    stream = malformed(1500, 9, 6, depth=DEPTH, seed=seed)
    cuts = np.sort(np.random.default_rng(seed).choice(1500, 12, replace=False)).tolist()
    breaks: dict[int, str] = {}
    sent = got = 0
    for cut in [*cuts, 1500]:
        so_far = isp.Beats(*(getattr(stream, name)[:cut] for name in FIELDS))
        for stops in (0, 1):  # the beats; then the rest of a frame that is still open
            if stops:
                breaks[cut] = flag
            wanted = isp.frame_guard(so_far, [(9, 6)], breaks=breaks)
            out = packed(wanted.beats())
            model.set(port, stops)
            source = {} if stops else {"i": packed(stream)[sent:cut]}
            run = model.run(source, {"o": len(out) - got}, seed=seed, **pauses)
            model.run(cycles=3)
            model.set(port, 0)
            assert np.array_equal(run.outputs["o"], out[got:])
            assert model.get("status") == FrameStatus().const(vars(wanted.flags)).as_bits()
            got = len(out)
        sent = cut
    assert getattr(wanted.flags, flag)
    assert len(wanted.frames) > 5


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_sizes_change(model: Model, pauses: dict[str, Any]) -> None:
    """An early sof completes the old frame with the old size, then takes the new one."""
    sizes = [(9, 6), (4, 4), (64, 5), (5, 9), (7, 4)]
    pieces = []
    for k, (width, height) in enumerate(sizes):
        good = isp.frames_to_beats(random_frames(DEPTH, sizes=[(width, height)], seed=k))
        end = len(good.pixel) - (width + 2 if k % 2 == 0 else 0)
        pieces.append(isp.Beats(good.pixel[:end], good.sof[:end], good.eol[:end]))
    check(model, pieces, sizes, **pauses)


def test_size_is_clamped(model: Model) -> None:
    frame = np.arange(16, dtype=np.uint16).reshape(4, 4) + 1
    for width, height, seen in ((0, 0, (4, 4)), (65535, 4, (64, 4)), (65, 3, (64, 4))):
        model.reset()
        model.set("width", width)
        model.set("height", height)
        stream = packed(isp.frames_to_beats([frame, frame]))
        wanted = packed(isp.frame_guard(isp.frames_to_beats([frame, frame]), [seen]).beats())
        got = model.run({"i": stream}, {"o": len(wanted)}, timeout=10_000).outputs["o"]
        assert np.array_equal(got, wanted)


def test_clear(model: Model) -> None:
    check(model, [beats(NEXT, FIRST)], [(4, 4)])
    model.set("clear", 1)
    model.run(cycles=1)
    model.set("clear", 0)
    assert model.get("status") == 0


def test_hold(model: Model) -> None:
    """A held frame waits, but its predecessor is completed."""
    check(model, [beats(FIRST)], [(4, 4)])
    model.set("hold", 1)
    with pytest.raises(SimulationTimeout, match=r"i sent 0 of 4, o received 12 of 13"):
        model.run({"i": packed(beats(FIRST))}, {"o": 13}, timeout=100)
    model.set("hold", 0)
    assert len(model.run({"i": packed(beats(FIRST))}, {"o": 4}).outputs["o"]) == 4


def test_reset_in_mid_frame(model: Model) -> None:
    check(model, [malformed(777, 17, 9, depth=DEPTH, seed=9)], [(17, 9)])
    check(model, [beats(*GOOD)], [(4, 4)])


@pytest.mark.parametrize(("depth", "ppc"), [(8, 1), (12, 2), (16, 4)])
def test_simulator(depth: int, ppc: int) -> None:
    frames = random_frames(depth, sizes=[(8, 4), (12, 5), (16, 4)])
    ports = [{"width": f.shape[1], "height": f.shape[0]} for f in frames]
    dut = FrameGuard(depth=depth, max_width=16, ppc=ppc)
    form = Format(depth, depth, ppc=ppc)
    decoy = {"width": 4, "height": 9}
    got = run_on_simulator(dut, frames, ports, form, decoy=decoy, **PAUSES["both"])
    assert equal(got, frames)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    stream = malformed(400, 5, 4, depth=DEPTH, seed=3)
    cases = check_block(
        FrameGuard(depth=DEPTH, max_width=64),
        packed(stream),
        packed(isp.frame_guard(stream, [(5, 4)]).beats()),
        ports={"width": 5, "height": 4},
        frame=(5, 4),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 6"):
        FrameGuard(depth=6, max_width=64)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        FrameGuard(depth=10, max_width=64, ppc=3)
    with pytest.raises(
        ValueError, match=r"max_width must be a multiple of 4 in 8\.\.65535, not 66"
    ):
        FrameGuard(depth=10, max_width=66, ppc=4)
