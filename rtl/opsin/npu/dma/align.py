# SPDX-License-Identifier: MIT
"""Words of memory put together to words of data."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .arrivals import Arrived, Course
from .turn import choose, from_byte

__all__ = ["Align", "Aligned"]


class Aligned(data.StructLayout):
    """A word of data, its bytes in place; those that are not of its row are anything."""

    def __init__(self, word_bytes: int) -> None:
        super().__init__({"data": unsigned(8 * word_bytes), "error": unsigned(1)})


class Align(wiring.Component):
    """Make each word of data of the two words of memory in which it lies.

    Three words are at hand: the one that came before, the present one, and, where it has come,
    that after it. So no cycle is lost at the rows' ends, however each of them lies.

    Parameters
    ----------
    word_bytes : int

    Members
    -------
    i : In(stream.Signature(Arrived(word_bytes)))
    o : Out(stream.Signature(Aligned(word_bytes)))

    Timing
    ------
    Latency 1 cycle. A row takes as many cycles as it has words of memory or of data, whichever are
    more. ``o`` depends combinationally on ``i``, and ``i.ready`` on ``o.ready``.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, word_bytes: int) -> None:
        self.word_bytes = word_bytes
        super().__init__(
            {
                "i": In(stream.Signature(Arrived(word_bytes))),
                "o": Out(stream.Signature(Aligned(word_bytes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        before: Any = Signal(8 * self.word_bytes, reset_less=True)
        refused = Signal()  # it, or one further back
        present: Any = Signal(self.i.p.shape(), reset_less=True)
        valid = Signal()
        rest = Signal()  # the present word, a row's last, has been used once
        word: Any = present.word
        ahead = present.course == Course.AHEAD
        joins = Signal()  # with the word after it
        silent = Signal()  # no word of data ends in it
        again = Signal()
        moves = Signal()
        m.d.comb += [
            joins.eq(ahead & ~word.last),
            silent.eq((present.course == Course.LATER) & word.first),
            again.eq((present.course == Course.REST) & word.last & ~rest),
            self.o.valid.eq(valid & ~silent & (~joins | self.i.valid)),
            self.o.p.data.eq(
                choose(
                    from_byte(word.turn, self.word_bytes),
                    Mux(ahead, self.i.p.word.data, word.data),
                    Mux(ahead | rest, word.data, before),
                )
            ),
            self.o.p.error.eq(refused | present.error | (joins & self.i.p.error)),
            moves.eq(valid & (silent | (self.o.valid & self.o.ready & ~again))),
            self.i.ready.eq(~valid | moves),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += rest.eq(again)
        with m.If(moves):
            m.d.sync += [before.eq(word.data), refused.eq(refused | present.error)]
        with m.If(self.i.ready):
            m.d.sync += [valid.eq(self.i.valid), present.eq(self.i.p)]

        return m
