# SPDX-License-Identifier: MIT
"""Where four pixels meet that make one of the result: the scaler's way along a line."""

from typing import Any, NamedTuple

from amaranth import C, Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .scaler_input import AveragedPixel
from .scaler_passes import Pass

__all__ = ["LineWalk"]

_REVISIT = 8
"""Cycles from when a column is read from the line memories until it can be read again."""


class _Place(NamedTuple):
    """Where the next pixel lies, and how far it is from there to the one after it."""

    fraction: Value
    steps: Value  # ahead, and what is known about them
    none: Value
    one: Value
    two: Value
    less: Value  # by one
    last: Value  # the pixel is the line's last
    start_wait: Value  # steps to the line's first, and what is known about them
    at_start: Value
    start_one: Value


class LineWalk(wiring.Component):
    """Go along a line in steps of a fraction and show the pixels at -1, 0, 1 and 2.

    Borders repeat. Passes without a line that comes show anything, at the same pace.

    Parameters
    ----------
    depth : int
        Bits per sample.
    pace : int
        Cycles from one pixel that leaves to the next, at least.

    Members
    -------
    i : In(stream.Signature(AveragedPixel(depth)))
    passes : In(stream.Signature(Pass()))
    width_out : In(unsigned(16))
    first : In(signed(20)), step : In(unsigned(20))
        Place of the first pixel that leaves, and the way to the next, Q4.16; constant while there
        are passes.
    room : In(1)
        Two more pixels may leave in passes that emit.
    taps : Out(array of 4 pixels), phase : Out(unsigned(4)), valid : Out(1)
        A pixel of the result. It cannot wait.
    leaves : Out(1)
        A pixel of a pass that emits goes on its way; once for each, ahead of ``valid``.
    busy : Out(1)
        A pass is under way.

    Timing
    ------
    Steps one pixel per cycle; 4 to 6 cycles pass between lines.
    """

    i: stream.Interface
    passes: stream.Interface
    width_out: Value
    first: Value
    step: Value
    room: Value
    taps: Any
    phase: Value
    valid: Value
    leaves: Value
    busy: Value

    def __init__(self, *, depth: int, pace: int) -> None:
        self._pace = pace
        self._pixel = data.ArrayLayout(unsigned(depth), 3)
        super().__init__(
            {
                "i": In(stream.Signature(AveragedPixel(depth))),
                "passes": In(stream.Signature(Pass())),
                "width_out": In(16),
                "first": In(signed(20)),
                "step": In(20),
                "room": In(1),
                "taps": Out(data.ArrayLayout(self._pixel, 4)),
                "phase": Out(4),
                "valid": Out(1),
                "leaves": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        plan: Any = self.passes.p

        begin, show, fill, walk = Signal(), Signal(), Signal(), Signal()
        more, ended = Signal(), Signal()  # pixels are to be shown, the last that comes is in
        place = self._place(m, show, more)

        # The pass under way; ``at``: the pixels around the place are there.
        real, emits = Signal(), Signal()
        takes, filled, going = Signal(), Signal(), Signal()
        at, still = Signal(), Signal()  # the window stays as it is
        wait, near = Signal(5), Signal()  # steps to go; whether it is one
        room = Signal()
        there = self.i.valid | ended
        m.d.comb += [
            begin.eq(self.passes.valid & self.passes.ready),
            fill.eq(takes & ~filled & self.i.valid),
            walk.eq(going & there & ~still),
            self.i.ready.eq(takes & (~going | ~still)),
            self.leaves.eq(show & emits),
        ]
        last_in = self.i.valid & self.i.ready & self.i.p.last
        done = show & place.last
        arrives = Mux(show, place.none | (place.one & there), at | (near & walk))
        next_at = Mux(begin, place.at_start | ~plan.comes, arrives | ~real)
        rests: Value = C(0)
        if self._pace > 1:
            pause = Signal(self._pace - 2)
            m.d.sync += pause.eq(Mux(show, ~0, pause >> 1))
            rests = show | pause.any()
        next_show = room & more & ~done & filled & ~rests & (arrives | ~real)
        m.d.sync += [
            room.eq(self.room | ~Mux(begin, plan.emits, emits)),
            show.eq(next_show),
            at.eq(next_at),
        ]
        if self._pace > 1:  # what is ahead is the same in the next cycle
            m.d.sync += still.eq(next_at & ~(next_show & ~place.none))
        else:
            m.d.comb += still.eq(Mux(show, place.none, at))
        with m.If(begin):
            m.d.sync += [
                self.busy.eq(1),
                real.eq(plan.comes),
                emits.eq(plan.emits),
                more.eq(~plan.skip),
                filled.eq(~plan.comes),
                ended.eq(0),
                takes.eq(plan.comes),
            ]
        with m.Else():
            m.d.sync += [
                self.busy.eq(self.busy & (more | (real & ~ended))),
                more.eq(more & ~done),
                filled.eq(filled | fill),
                going.eq(Mux(done, 0, Mux(fill, more, going))),
                ended.eq(ended | last_in),
                takes.eq(takes & ~last_in),
            ]

        # Steps to go, and ahead of time whether it is one.
        with m.If(begin):
            m.d.sync += [wait.eq(place.start_wait), near.eq(place.start_one)]
        with m.Elif(show):
            m.d.sync += [
                wait.eq(Mux(walk, place.less, place.steps)),
                near.eq(Mux(walk, place.two, place.one)),
            ]
        with m.Elif(walk):
            m.d.sync += [wait.eq(wait - 1), near.eq(wait == 2)]

        # Columns of short lines come again too soon.
        revisit, short, again = Signal(range(_REVISIT + 1)), Signal(), Signal()
        soon = show & short
        m.d.sync += [
            short.eq(self.width_out < _REVISIT),
            revisit.eq(Mux(soon, _REVISIT, revisit - (revisit != 0))),
            again.eq(soon | (revisit > 1)),
        ]
        m.d.comb += self.passes.ready.eq(~self.busy & ~again)

        self._pixels(m, fill, walk, ended)
        m.d.sync += [self.valid.eq(show), self.phase.eq(place.fraction[12:])]

        return m

    def _place(self, m: Module, show: Value, more: Value) -> "_Place":
        """Go to the next place behind each ``show``, and to the first one unless there are more.

        Unless pixels are shown one after the other, there is a cycle for it: what enables all these
        registers is one itself.
        """
        # What is the same for all lines of a frame.
        start_wait = Signal(4)  # steps from where all four are the first pixel
        start_ahead, start_later = Signal(21), Signal(21)
        at_start, start_one, narrow = Signal(), Signal(), Signal()
        m.d.sync += [
            start_wait.eq((self.first >> 16)[:4] + 2),
            at_start.eq(start_wait == 0),
            start_one.eq(start_wait == 1),
            start_ahead.eq(self.first[:16] + self.step),
            start_later.eq(start_ahead[:16] + self.step),
            narrow.eq(self.width_out == 1),
        ]

        fresh, turn = Signal(), Signal()
        m.d["comb" if self._pace == 1 else "sync"] += [fresh.eq(~more), turn.eq(~more | show)]

        # The fraction, the two places after it, and the steps to the next.
        fraction, ahead, later = Signal(16), Signal(21), Signal(21)
        none, one, two, less = Signal(), Signal(), Signal(), Signal(5)
        left, last = Signal(16), Signal()
        steps = Mux(fresh, start_ahead[16:], later[16:])
        with m.If(turn):
            m.d.sync += [
                fraction.eq(Mux(fresh, self.first[:16], ahead[:16])),
                ahead.eq(Mux(fresh, start_ahead, later)),
                later.eq(Mux(fresh, start_later, later[:16] + self.step)),
                none.eq(steps == 0),
                one.eq(steps == 1),
                two.eq(steps == 2),
                less.eq(steps - 1),
                left.eq(Mux(fresh, self.width_out, left - 1)),
                last.eq(Mux(fresh, narrow, left == 2)),
            ]
        return _Place(
            fraction, ahead[16:], none, one, two, less, last, start_wait, at_start, start_one
        )

    def _pixels(self, m: Module, fill: Value, walk: Value, ended: Value) -> None:
        """Move the window one cycle later."""
        arrived: Any = Signal(self._pixel)
        fill_2, walk_2, repeat = Signal(), Signal(), Signal()
        window: list[Any] = [Signal(self._pixel, name=f"window_{k}") for k in range(4)]
        m.d.sync += [
            arrived.eq(self.i.p.pixel),
            fill_2.eq(fill),
            walk_2.eq(walk),
            repeat.eq(ended),
        ]
        with m.If(fill_2 | walk_2):
            for k in range(3):
                m.d.sync += window[k].eq(Mux(fill_2, arrived.as_value(), window[k + 1].as_value()))
        with m.If(fill_2 | (walk_2 & ~repeat)):
            m.d.sync += window[3].eq(arrived)
        m.d.comb += Value.cast(self.taps).eq(Cat(*window))
