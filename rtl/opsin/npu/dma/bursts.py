# SPDX-License-Identifier: MIT
"""Rows in memory as bursts."""

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from .commands import MemoryRows, begin
from .row_walk import RowWalk

__all__ = ["Bursts", "RowBurst"]


class RowBurst(data.StructLayout):
    """``more + 1`` words from ``address`` on; ``final``: the last ones of a command."""

    def __init__(self) -> None:
        super().__init__({"address": unsigned(32), "more": unsigned(4), "final": unsigned(1)})


class Bursts(wiring.Component):
    """Cut the words that each row touches into bursts, at the ends of blocks of 16 words.

    Parameters
    ----------
    word_bytes : int

    Members
    -------
    i : In(stream.Signature(MemoryRows(word_bytes)))
        Without rows there is no burst.
    o : Out(stream.Signature(RowBurst()))

    Timing
    ------
    First burst 3 cycles after the command, then one per cycle, across rows and commands.
    ``i.ready`` depends combinationally on ``o.ready``.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, word_bytes: int) -> None:
        self.word_bytes = word_bytes
        super().__init__(
            {
                "i": In(stream.Signature(MemoryRows(word_bytes))),
                "o": Out(stream.Signature(RowBurst())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        low = exact_log2(self.word_bytes)
        m.submodules.walk = walk = RowWalk(32)
        rows = begin(m, walk, self.i, self.i.p, allowed=self.i.p.rows != 0)

        # The row behind the one being cut: its first word, and the words behind that
        waiting, load = Signal(), Signal()
        first, more = Signal(32 - low, reset_less=True), Signal(16, reset_less=True)
        its_last = Signal(reset_less=True)
        m.d.comb += walk.step.eq(walk.active & (~waiting | load))
        with m.If(walk.step):
            m.d.sync += [
                first.eq(walk.address[low:]),
                more.eq((rows.last + walk.address[:low])[low:]),
                its_last.eq(walk.last),
            ]
        with m.If(walk.step | load):
            m.d.sync += waiting.eq(walk.step)

        # Of the row being cut: the next word, the words behind it, and whether a burst ends it
        word, left = Signal(32 - low, reset_less=True), Signal(16, reset_less=True)
        final, end = Signal(reset_less=True), Signal(reset_less=True)
        room, rest = ~word[:4], Signal(16)  # words to the block's end; those behind it
        burst: Any = self.o.p
        m.d.comb += [
            load.eq(waiting & (~self.o.valid | (self.o.ready & end))),
            rest.eq(left - room - 1),
            burst.address.eq(Cat(C(0, low), word)),
            burst.more.eq(Mux(end, left[:4], room)),
            burst.final.eq(final & end),
        ]
        with m.If(load):
            m.d.sync += [
                self.o.valid.eq(1),
                word.eq(first),
                left.eq(more),
                final.eq(its_last),
                end.eq(more <= ~first[:4]),
            ]
        with m.Elif(self.o.ready):
            m.d.sync += [
                self.o.valid.eq(self.o.valid & ~end),
                word.eq(Cat(C(0, 4), word[4:] + 1)),
                left.eq(rest),
                end.eq(rest[4:] == 0),
            ]

        return m
