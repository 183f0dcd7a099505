# SPDX-License-Identifier: MIT
"""Where words of rows go, and which of their bytes are data."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import ceil_log2, exact_log2

from ...common.stream import Buffer
from .commands import PlacedRows, begin
from .row_walk import RowWalk

__all__ = ["Position", "Positions"]


class Position(data.StructLayout):
    """A word to write: bytes ``begin`` … ``end`` are data, if any is; the others are ``fill``.

    ``final``: the command's last word.
    """

    def __init__(self, word_bytes: int, depth: int) -> None:
        byte = unsigned(exact_log2(word_bytes))
        super().__init__(
            {
                "address": ceil_log2(depth),
                "data": 1,
                "begin": byte,
                "end": byte,
                "fill": 8,
                "final": 1,
            }
        )


class Positions(wiring.Component):
    """Walk over rows of a LOAD, padding included, ahead of their words.

    Parameters
    ----------
    word_bytes : int
    depth : int
        Words of the scratchpad.

    Members
    -------
    i : In(stream.Signature(PlacedRows(depth)))
    o : Out(stream.Signature(Position(word_bytes, depth)))

    Timing
    ------
    The first one 2 cycles after the command, then one per cycle, across rows and commands. No
    combinational path from ``o``.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, *, word_bytes: int, depth: int) -> None:
        self.word_bytes, self.depth = word_bytes, depth
        super().__init__(
            {
                "i": In(stream.Signature(PlacedRows(depth))),
                "o": Out(stream.Signature(Position(word_bytes, depth))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        low = exact_log2(self.word_bytes)
        m.submodules.walk = walk = RowWalk(ceil_log2(self.depth))
        m.submodules.leave = leave = Buffer(self.o.p.shape())
        command = begin(m, walk, self.i, self.i.p.rows)
        connect(m, leave.o, flipped(self.o))

        number = Signal(16)  # of the word in the row
        step, end = Signal(), Signal()
        first, last = number == command.begin[low:], number == command.end[low:]
        position: Any = leave.i.p
        m.d.comb += [
            step.eq(walk.active & leave.i.ready),
            end.eq(number == command.rows.last),
            walk.step.eq(step & end),
            leave.i.valid.eq(walk.active),
            position.address.eq(walk.address + number),
            position.data.eq(
                (walk.row >= command.top)
                & (walk.row < command.bottom)
                & (number >= command.begin[low:])
                & (number <= command.end[low:])
            ),
            position.begin.eq(Mux(first, command.begin[:low], 0)),
            position.end.eq(Mux(last, command.end[:low], self.word_bytes - 1)),
            position.fill.eq(command.fill),
            position.final.eq(end & walk.last),
        ]
        with m.If(step):
            m.d.sync += number.eq(Mux(end, 0, number + 1))
        return m
