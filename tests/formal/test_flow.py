# SPDX-License-Identifier: MIT
"""Proofs of conveyors: every slot arrives on time, every beat in its turn, none too many."""

from collections.abc import Callable
from typing import Any

import pytest
from amaranth import C, Cat, Module, Mux, Signal, Value
from amaranth.hdl import unsigned

from opsin import isp
from opsin.common import conveyor
from opsin.common.conveyor import Feed, Unload
from opsin.common.flow import delayed
from opsin.common.line_window import LineWindow
from opsin.isp import ChromaSubsample, OutputFormat, PixelFormat
from opsin_sim.formal import (
    fixed,
    frames,
    free,
    given,
    implies,
    in_order,
    needs_sby,
    prove,
    responds,
    rule,
    sink,
    source,
)
from opsin_sim.formal.flow import as_stream, flow_rules, slots
from opsin_sim.formal.testing import each, expect_bug

Proof = Callable[[Any], Module]
POINTS = ("BlackLevel", "WhiteBalance", "ColorCorrection", "ColorAdjust", "LensShading")
OTHERS = ("ColorSpace", "Decompand", "ToneCurve", "Overlay", "RgbSpace", "AeHistogram")
OPTIONS = {name: {"depth_out": 8} for name in ("ColorSpace", "Decompand")}
WINDOWS = (
    "ChromaNoiseReduction",
    "DefectCorrection",
    "Demosaic",
    "FalseColorSuppression",
    "GreenEqualization",
    "LocalToneMap",
    "RawNoiseReduction",
    "Sharpen",
)
TAPS = ("AeZones", "AfStatistics", "AwbStatistics", "FlickerStatistics")


def blocks(names: tuple[str, ...], *, sized: bool, windows: bool = False) -> Proof:
    """Any slots, any settings."""

    def proof(changed: Any) -> Module:
        m = Module()
        for name in names:
            block = changed if name == changed.__name__ else getattr(isp, name)
            options = {"max_width": 16} if sized else OPTIONS.get(name, {})
            dut = block(depth=8, **options)
            m.submodules[name] = dut
            slots(m, dut.i, name)
            flow_rules(m, dut, name, windows=windows)
        return m

    return proof


def line_window(block: Any, height: int = 2, around: bool = False) -> Module:
    """Pixels that carry their place: windows of all leave, in order, none held back too long."""
    width = 4
    m = Module()
    m.submodules.dut = dut = block(unsigned(4), rows=3, columns=3, max_width=width)
    m.d.comb += [dut.width.eq(width), dut.height.eq(height)]
    i, o = dut.i, dut.o

    # frames, behind each empty slots until its last beat has left, and what Feed waits then
    settle = Signal(2, init=3)
    step = free(m, 1, "go") & (settle == 0)
    entered, left, pushed = Signal(range(13)), Signal(range(13)), Signal(range(13))
    draining = entered == width * height
    last = o.live & (left == width * height - 1)
    m.d.comb += [
        i.step.eq(step),
        i.live.eq(step & ~draining),
        i.p.pixel[0].eq(entered[:4]),
        i.p.sof.eq(entered == 0),
        i.p.eol.eq(entered[:2] == 3),
    ]
    m.d.sync += [
        entered.eq(Mux(last, 0, entered + i.live)),
        left.eq(Mux(last, 0, left + o.live)),
        settle.eq(Mux(last, 3, settle - (settle != 0))),
        pushed.eq(Mux(draining & ~last, pushed + (step & (pushed != 12)), 0)),
    ]

    x, y = left[:2], left[2:4]
    rule(m, implies(o.live, o.p.sof == (left == 0)), "sof_in_place")
    rule(m, implies(o.live, o.p.eol == (x == 3)), "eol_in_place")
    for row in range(3) if around else [1]:
        for column in range(3) if around else [1]:
            # mirrored at the borders
            across, down = (
                Mux(at == 0, abs(offset), Mux(at == end, end - abs(offset), at + offset))
                for at, end, offset in ((x, 3, column - 1), (y, height - 1, row - 1))
            )
            place = Cat(across[:2], down[:2])
            rule(m, implies(o.live, o.p.pixel[0][row][column] == place), f"pixel_{row}_{column}")
    responds(m, (pushed > width + 1) & draining, dut.latency + 1, "all_leave")
    return m


def unload(block: Any) -> Module:
    """Slots stop as late as they may after there is no more room; nothing is overwritten.

    That words leave in order follows, as the memory is written and read in order and the queue
    behind it (proved by itself) is never full when a word comes.
    """
    m = Module()
    dut = block(unsigned(1), ppc=1, latency=1)
    dut.depth, dut._reserve = 8, 5  # smaller than real ones, with as little to spare
    m.submodules.dut = inside = dut.elaborate(None)
    memory, ahead = inside.submodules.memory, inside.submodules.ahead
    go = Signal()
    m.d.sync += go.eq(dut.room)
    live = go & free(m, 1, "live")
    m.d.comb += dut.i.live.eq(delayed(m, live, 2, "slot"))
    left = sink(m, dut.o)

    words, asked = Signal(range(2 * dut.depth)), Signal(2)  # in memory, and on the way out of it
    before = Signal.like(memory.read_addr)
    fetched = memory.read_addr != before
    m.d.sync += [
        before.eq(memory.read_addr),
        asked.eq(Cat(fetched, asked)),
        words.eq(words + dut.i.live - fetched),
    ]
    rule(m, words <= dut.depth, "none_overwritten")
    rule(m, implies(fetched, memory.read_addr == (before + 1)[: len(before)]), "read_in_order")
    wrote = Signal.like(memory.write_addr)
    m.d.sync += wrote.eq(wrote + dut.i.live)
    rule(m, (memory.write_addr == wrote) & (memory.write_en == dut.i.live), "written_in_order")
    rule(m, ahead.i.valid == asked[0], "read_once")
    rule(m, implies(ahead.i.valid, ahead.i.ready), "queue_takes_all")
    inside_all = Signal(range(4 * dut.depth))
    m.d.sync += inside_all.eq(inside_all + dut.i.live - left)
    rule(m, implies(left, inside_all != 0), "none_made_up")
    responds(m, (inside_all != 0) & ~dut.o.valid, 6, "offers")
    return m


def feed(block: Any) -> Module:
    """Frames come; the end of the conveyor has room or not, and tells when a frame has left."""
    m = Module()
    m.submodules.dut = dut = block(unsigned(1), max_width=8)
    width, height = fixed(m, 3, "width"), fixed(m, 2, "height")
    given(m, (width >= 2) & (height >= 2))
    room, o = free(m, 1, "room"), dut.o
    m.d.comb += [dut.width.eq(width), dut.height.eq(height), dut.room.eq(room)]
    entered = source(m, dut.i)
    frames(m, dut.i, width, height, "i", given)
    in_order(m, entered, dut.i.payload, o.live, Cat(o.p), capacity=1)

    draining, lines = Signal(), Signal(2)  # after a frame's last beat is on the conveyor
    last = o.live & o.p.eol & (lines == height - 1)
    with m.If(o.live & o.p.eol):
        m.d.sync += lines.eq(Mux(last, 0, lines + 1))
    m.d.comb += dut.left.eq(draining & free(m, 1, "left"))
    m.d.sync += draining.eq((draining | last) & ~dut.left)
    rule(m, implies(draining, ~o.live & ~dut.begin), "one_frame_at_a_time")
    rule(m, implies(o.live, o.step), "beats_are_slots")
    rule(m, implies(o.step, delayed(m, room, 2, "room")), "stops")
    since = Signal(3, init=7)  # cycles since the settings were sampled
    m.d.sync += since.eq(Mux(dut.begin, 0, since + (since != 7)))
    rule(m, implies(o.live & o.p.sof, since >= 3), "settings_have_settled")
    responds(m, room & dut.i.valid & ~dut.i.ready & ~draining, 8, "moves")
    responds(m, room & draining & ~o.step, 4, "drains")
    return m


def subsampled(ppc: int) -> Proof:
    """Lines of any length without gaps: luma and markers leave in order."""

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(depth=8, max_width=4 * ppc, ppc=ppc)
        slots(m, dut.i)
        within = Signal()  # a line
        with m.If(dut.i.live):
            m.d.sync += within.eq(~dut.i.p.eol)
        given(m, implies(within, dut.i.step == dut.i.live))
        words = [Cat(flow.p.pixel[0].y[:2], flow.p.sof, flow.p.eol) for flow in (dut.i, dut.o)]
        inside = in_order(
            m, dut.i.live, words[0], dut.o.live, words[1], capacity=dut.latency + (ppc == 1)
        )
        flow_rules(m, dut, "dut", windows=True)
        ends = Signal()  # nothing came for as long as beats take
        quiet = Signal(range(dut.latency + 2))
        m.d.sync += quiet.eq(Mux(dut.i.step, Mux(dut.i.live, 0, quiet), quiet + (quiet <= 6)))
        m.d.comb += ends.eq(quiet == dut.latency + 1)
        rule(m, implies(ends, inside <= (1 if ppc == 1 else 0)), "all_left")
        return m

    return proof


def packed(form: PixelFormat, size: int, *, width: int) -> Proof:
    """Frames of two lines, whose bytes are numbered from ``size``, ``size`` for a pixel."""

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(ppc=1)
        m.d.comb += Value.cast(dut.format).eq(form.value)
        slots(m, dut.i)
        settled = Signal(range(4))  # settings come before the first beat
        m.d.sync += settled.eq(settled + (settled != 3))
        given(m, implies(dut.i.live, settled == 3))
        i, o = as_stream(dut.i), as_stream(dut.o)
        into = frames(m, i, C(width, 3), C(2, 2), "i", given)
        for k, name in enumerate("rgb"):
            number = ((into.x + 1) * size + k)[:6]
            given(m, implies(i.valid, i.p.pixel[0][name] == number))

        words = -(-width * size // 4)
        out = frames(m, o, C(words, 4), C(2, 2), "o")
        for k in range(4):
            number = Signal(8)
            for word in range(words):
                with m.If(out.x == word):
                    place = 4 * word + k
                    m.d.comb += number.eq(place + size if place < width * size else 0)
            got = o.p.pixel[0][8 * k : 8 * k + 8]
            rule(m, implies(o.valid, got == number), f"byte_{k}_in_place")
        # a word may wait for the slot behind its line
        pushed = Signal(range(10))
        m.d.sync += pushed.eq(
            Mux(i.valid, 0, pushed + ((pushed < 9) & ((pushed != 0) | dut.i.step)))
        )
        owed = Signal()
        m.d.sync += owed.eq((owed | (i.valid & into.last)) & ~(o.valid & out.last))
        rule(m, implies(owed, pushed < 9), "all_leave")
        return m

    return proof


PROOFS: dict[str, tuple[Any, Proof]] = {
    "points": (isp.BlackLevel, blocks(POINTS, sized=False)),
    "others": (isp.ColorSpace, blocks(OTHERS, sized=False)),
    "row": (isp.Defringe, blocks(("Defringe",), sized=False, windows=True)),
    "windows": (isp.Demosaic, blocks(WINDOWS, sized=True, windows=True)),
    "taps": (isp.AwbStatistics, blocks(TAPS, sized=True)),
    "feed": (Feed, feed),
    "unload": (Unload, unload),
    "line-window": (LineWindow, line_window),
    "subsample": (ChromaSubsample, subsampled(1)),
    "subsample-ppc-2": (ChromaSubsample, subsampled(2)),
    "grey": (OutputFormat, packed(PixelFormat.GREY, 1, width=3)),
    "rgb24": (OutputFormat, packed(PixelFormat.RGB24, 3, width=2)),
}
SLOW = {"line-window", "subsample-ppc-2", "grey"}

_LATE = """class Late(PointBlock):
    def elaborate(self, platform):
        self.latency += 1
        m = super().elaborate(platform)
        self.latency -= 1
        return m


class BlackLevel(Late):"""
BUGS = [
    ("points", "class BlackLevel(PointBlock):", _LATE, "BlackLevel_step_on_time"),
    ("feed", "with m.If(self.left):", "with m.If(1):", "one_frame_at_a_time"),
    ("feed", "live.eq(go & self.i.valid)", "live.eq(self.i.valid)", "stops"),
    ("unload", "level <= self.depth - self._reserve", "level <= self.depth", "none_overwritten"),
    ("unload", "some & (on_way != _AHEAD)", "some", "queue_takes_all"),
    ("line-window", "history[middle - 1].live", "history[middle].live", "pixel_1_1"),
    ("subsample", "held & self.i.step, first", "held, first", "order"),
    ("rgb24", "spilling.eq(live & eol & over)", "spilling.eq(0)", "in_place"),
    ("rgb24", "fill.eq(Mux(eol, 0, total))", "fill.eq(total)", "in_place"),
]


@needs_sby
@each("name", PROOFS, SLOW)
def test_proved(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "_AHEAD", 4)
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block), timeout=300)), verdict


@needs_sby
@each("name, right, wrong, rule_name", BUGS)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOFS[name], right, wrong, rule_name)
