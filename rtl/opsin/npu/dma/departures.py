# SPDX-License-Identifier: MIT
"""Words as they lie in memory, made of rows that lie elsewhere."""

from typing import Any

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from ...common.stream import Buffer
from .commands import MemoryRows, Tagged, begin
from .row_walk import RowWalk
from .turn import choose, from_byte, turn, up_to_byte

__all__ = ["Departing", "Departures"]


class Departing(data.StructLayout):
    """A word for memory, and its bytes that are to be written."""

    def __init__(self, word_bytes: int) -> None:
        super().__init__({"data": unsigned(8 * word_bytes), "strobe": unsigned(word_bytes)})


class Departures(wiring.Component):
    """Shift each row's bytes to their places in memory.

    Parameters
    ----------
    word_bytes : int

    Members
    -------
    i : In(stream.Signature(MemoryRows(word_bytes)))
        Its ``before`` is not used.
    words : In(stream.Signature(8 * word_bytes))
        Of the rows.
    o : Out(stream.Signature(Departing(word_bytes)))
        Every word that a row touches in memory.

    Timing
    ------
    Latency 1 cycle, a word per cycle, across rows and commands.
    """

    i: stream.Interface
    words: stream.Interface
    o: stream.Interface

    def __init__(self, *, word_bytes: int) -> None:
        self.word_bytes = word_bytes
        super().__init__(
            {
                "i": In(stream.Signature(MemoryRows(word_bytes))),
                "words": In(stream.Signature(unsigned(8 * word_bytes))),
                "o": Out(stream.Signature(Departing(word_bytes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        size = self.word_bytes
        low = exact_log2(size)
        m.submodules.walk = walk = RowWalk(low)
        m.submodules.turned = turned = Buffer(
            data.StructLayout({"word": Tagged(size), "end": unsigned(low)})
        )
        rows = begin(m, walk, self.i, self.i.p)

        # The row whose words go; the next one's numbers are worked out meanwhile. If the row
        # reaches into one more word, that only has bytes of the word before.
        live = Signal()
        by, last_byte = Signal(low, reset_less=True), Signal(low, reset_less=True)
        last_number, more = Signal(16, reset_less=True), Signal(reset_less=True)
        end, ends = Signal(low + 1), Signal()
        m.d.comb += [
            end.eq(rows.last[:low] + walk.address),
            walk.step.eq(walk.active & (~live | ends)),
        ]
        with m.If(walk.step):
            m.d.sync += [
                by.eq(walk.address),
                last_byte.eq(end),
                more.eq(end[low]),
                last_number.eq(rows.last[low:] + end[low]),
            ]
        with m.If(walk.step | ends):
            m.d.sync += live.eq(walk.step)

        number = Signal(16)
        rest, step = Signal(), Signal()
        word: Any = turned.i.p.word
        m.d.comb += [
            rest.eq(more & word.last),
            word.data.eq(turn(self.words.payload, by)),
            word.turn.eq(by),
            word.first.eq(number == 0),
            word.last.eq(number == last_number),
            turned.i.p.end.eq(last_byte),
            turned.i.valid.eq(live & (self.words.valid | rest)),
            step.eq(turned.i.valid & turned.i.ready),
            self.words.ready.eq(step & ~rest),
            ends.eq(step & word.last),
        ]
        with m.If(step):
            m.d.sync += number.eq(number + 1)
        with m.If(ends):
            m.d.sync += number.eq(0)

        before = Signal(8 * size, reset_less=True)
        present: Any = turned.o.p.word
        here = from_byte(present.turn, size)  # bytes of this word, the others are of that before
        m.d.comb += [
            self.o.valid.eq(turned.o.valid),
            turned.o.ready.eq(self.o.ready),
            self.o.p.data.eq(choose(here, present.data, before)),
            self.o.p.strobe.eq(
                (here | ~present.first.replicate(size))
                & (up_to_byte(turned.o.p.end, size) | ~present.last.replicate(size))
            ),
        ]
        with m.If(turned.o.valid & self.o.ready):
            m.d.sync += before.eq(present.data)

        return m
