# SPDX-License-Identifier: MIT
"""Where four pixels meet that make one of the result: the scaler's way along a line."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .scaler_input import AveragedPixel
from .scaler_passes import Pass

__all__ = ["LineWalk"]

_REVISIT = 8
"""Cycles from when a column is read from the line memories until it can be read again."""


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
    Steps one pixel per cycle; 4 to 5 cycles pass between lines.
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

        # What is the same for all lines of a frame.
        start_wait = Signal(4)  # steps from where all four are the first pixel
        start_ahead, start_later = Signal(21), Signal(21)
        at_start, short = Signal(), Signal()
        m.d.sync += [
            start_wait.eq((self.first >> 16)[:4] + 2),
            at_start.eq(start_wait == 0),
            start_ahead.eq(self.first[:16] + self.step),
            start_later.eq(start_ahead[:16] + self.step),
            short.eq(self.width_out < _REVISIT),
        ]

        # The place: steps to go, the fraction there, and the two places after it.
        real, emits, more = Signal(), Signal(), Signal()  # of the pass under way
        filled, ended = Signal(), Signal()  # the first, the last pixel is in
        wait, at = Signal(5), Signal()
        fraction, ahead, later = Signal(16), Signal(21), Signal(21)
        none, one, less = Signal(), Signal(), Signal(5)  # of the steps to the place ahead
        left = Signal(16)
        pause = Signal(max(self._pace - 1, 1))
        revisit = Signal(range(_REVISIT + 1))
        room = Signal()

        begin, show, fill, walk = Signal(), Signal(), Signal(), Signal()
        there = self.i.valid | ended
        moves = real & filled & more & there & Mux(show, ~none, ~at)
        m.d.comb += [
            begin.eq(self.passes.valid & self.passes.ready),
            show.eq(more & filled & at & room & ~pause[0]),
            fill.eq(self.busy & ~filled & self.i.valid),
            walk.eq(moves),
            self.i.ready.eq(self.busy & real & ~ended & (~filled | ~more | walk)),
            self.leaves.eq(show & emits),
            self.passes.ready.eq(~self.busy & (revisit == 0)),
        ]
        m.d.sync += [
            room.eq(self.room | ~Mux(begin, plan.emits, emits)),
            pause.eq(Mux(show, (1 << (self._pace - 1)) - 1, pause >> 1)),
            revisit.eq(Mux(show & short, _REVISIT, revisit - (revisit != 0))),
        ]
        with m.If(begin):
            m.d.sync += [
                self.busy.eq(1),
                real.eq(plan.comes),
                emits.eq(plan.emits),
                more.eq(~plan.skip),
                filled.eq(~plan.comes),
                ended.eq(0),
                at.eq(at_start | ~plan.comes),
                left.eq(self.width_out),
            ]
        with m.Elif(self.busy):
            with m.If(fill):
                m.d.sync += filled.eq(1)
            with m.If(self.i.valid & self.i.ready & self.i.p.last):
                m.d.sync += ended.eq(1)
            arrives = Mux(show, none | (one & there), at | ((wait == 1) & walk))
            m.d.sync += at.eq(arrives | ~real)
            with m.If(show):
                m.d.sync += [left.eq(left - 1), more.eq(left != 1)]
            with m.If(~more & (ended | ~real)):
                m.d.sync += self.busy.eq(0)

        # What is ahead does not depend on pixels.
        nearer = Mux(walk, less, ahead[16:])
        with m.If(begin | show):
            m.d.sync += [
                fraction.eq(Mux(begin, self.first[:16], ahead[:16])),
                ahead.eq(Mux(begin, start_ahead, later)),
            ]
            next_steps = Mux(begin, start_ahead[16:], later[16:])
            m.d.sync += [
                none.eq(next_steps == 0),
                one.eq(next_steps == 1),
                less.eq(next_steps - 1),
                later.eq(Mux(begin, start_later, later[:16] + self.step)),
            ]
        with m.If(begin):
            m.d.sync += wait.eq(start_wait)
        with m.Else():
            m.d.sync += wait.eq(Mux(show, nearer, Mux(walk, wait - 1, wait)))

        # One cycle later: the pixels.
        arrived: Any = Signal(self._pixel)
        fill_2, walk_2, repeat = Signal(), Signal(), Signal()
        window: list[Any] = [Signal(self._pixel, name=f"window_{k}") for k in range(4)]
        m.d.sync += [
            arrived.eq(self.i.p.pixel),
            fill_2.eq(fill),
            walk_2.eq(walk),
            repeat.eq(ended),
            self.valid.eq(show),
            self.phase.eq(fraction[12:]),
        ]
        with m.If(fill_2 | walk_2):
            for k in range(3):
                m.d.sync += window[k].eq(Mux(fill_2, arrived.as_value(), window[k + 1].as_value()))
        with m.If(fill_2 | (walk_2 & ~repeat)):
            m.d.sync += window[3].eq(arrived)
        m.d.comb += Value.cast(self.taps).eq(Cat(*window))

        return m
