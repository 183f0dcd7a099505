# SPDX-License-Identifier: MIT
"""Words that come from memory, and which part of which row they are."""

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from ...common.burst_port import ReadResponse
from ...common.stream import Buffer
from .commands import MemoryRows, Tagged, begin
from .row_walk import RowWalk
from .turn import turn

__all__ = ["Arrivals", "Arrived", "Course"]


class Course(enum.Enum, shape=2):
    """How a row's words of memory (M of them) become words of data (D)."""

    PLAIN = 0
    """Data word n ends in memory word n; M = D."""
    LATER = 1
    """Data word n ends in memory word n + 1; M = D + 1."""
    AHEAD = 2
    """Data word n ends in memory word n + 1, the last one in its own; M = D."""
    REST = 3
    """Data word n ends in memory word n, the last one only has what is left; M = D - 1."""


class Arrived(data.StructLayout):
    """A word of memory, turned; ``error``: memory refused it."""

    def __init__(self, word_bytes: int) -> None:
        super().__init__({"word": Tagged(word_bytes), "course": Course, "error": 1})


class Arrivals(wiring.Component):
    """Tell of every word to which place in a row it belongs, and turn its bytes to theirs.

    Parameters
    ----------
    word_bytes : int

    Members
    -------
    i : In(stream.Signature(MemoryRows(word_bytes)))
    words : In(stream.Signature(ReadResponse(word_bytes)))
    o : Out(stream.Signature(Arrived(word_bytes)))
    error_address : Out(32)
        Of the word that was refused first.

    Timing
    ------
    Latency 1 cycle, a word per cycle, across rows and commands.
    """

    i: stream.Interface
    words: stream.Interface
    o: stream.Interface
    error_address: Value

    def __init__(self, *, word_bytes: int) -> None:
        self.word_bytes = word_bytes
        super().__init__(
            {
                "i": In(stream.Signature(MemoryRows(word_bytes))),
                "words": In(stream.Signature(ReadResponse(word_bytes))),
                "o": Out(stream.Signature(Arrived(word_bytes))),
                "error_address": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        low = exact_log2(self.word_bytes)
        m.submodules.walk = walk = RowWalk(32)
        m.submodules.leave = leave = Buffer(self.o.p.shape())
        wiring.connect(m, leave.o, wiring.flipped(self.o))
        rows = begin(m, walk, self.i, self.i.p, allowed=self.i.p.rows != 0)

        # The row whose words come; the next one's numbers are worked out meanwhile. A row touches
        # ``rows.last // word_bytes + 1`` words, or one more, because of where it begins; so it is
        # with the words of data.
        live = Signal()
        last_number = Signal(16, reset_less=True)
        by = Signal(low, reset_less=True)
        course: Any = Signal(Course, reset_less=True)
        address = Signal(32 - low, reset_less=True)
        offset = walk.address[:low]
        more, more_data, later = Signal(), Signal(), Signal()
        ends = Signal()
        m.d.comb += [
            more.eq((rows.last[:low] + offset)[low]),
            more_data.eq((rows.last[:low] + rows.before)[low]),
            later.eq(offset > rows.before),
            walk.step.eq(walk.active & (~live | ends)),
        ]
        with m.If(walk.step):
            m.d.sync += [
                last_number.eq(rows.last[low:] + more),
                by.eq(rows.before - offset),
                address.eq(walk.address[low:]),
                course.eq(Course.PLAIN),
            ]
            with m.If(later & (more == more_data)):
                m.d.sync += course.eq(Course.AHEAD)
            with m.Elif(later):
                m.d.sync += course.eq(Course.LATER)
            with m.Elif(more_data & ~more):
                m.d.sync += course.eq(Course.REST)
        with m.If(walk.step | ends):
            m.d.sync += live.eq(walk.step)

        number = Signal(16)
        taken, refused = Signal(), Signal()
        word: Any = leave.i.p.word
        m.d.comb += [
            word.data.eq(turn(self.words.p.data, by)),
            word.turn.eq(by),
            word.first.eq(number == 0),
            word.last.eq(number == last_number),
            leave.i.p.course.eq(course),
            leave.i.p.error.eq(self.words.p.error),
            leave.i.valid.eq(live & self.words.valid),
            self.words.ready.eq(live & leave.i.ready),
            taken.eq(leave.i.valid & leave.i.ready),
            ends.eq(taken & word.last),
        ]
        with m.If(taken):
            m.d.sync += number.eq(number + 1)
            with m.If(ends):
                m.d.sync += number.eq(0)
            with m.If(~refused):
                m.d.sync += [
                    refused.eq(self.words.p.error),
                    self.error_address.eq(Cat(C(0, low), address + number)),
                ]

        return m
