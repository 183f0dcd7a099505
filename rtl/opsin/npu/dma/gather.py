# SPDX-License-Identifier: MIT
"""Rows of words out of the scratchpad."""

from amaranth.hdl import Module, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import ceil_log2

from ...common.stream import Buffer, Queue
from ..scratchpad import LocalRead, LocalReadInterface
from .commands import LocalRows, begin
from .row_walk import RowWalk

__all__ = ["Gather"]

_WORDS = 16  # asked for and not taken


class Gather(wiring.Component):
    """Read rows one after another, ahead of their use.

    Parameters
    ----------
    word_bytes : int
    depth : int
        Words of the scratchpad.

    Members
    -------
    i : In(stream.Signature(LocalRows(depth)))
    read : Out(LocalRead(depth, 8 * word_bytes))
    o : Out(stream.Signature(8 * word_bytes))

    Timing
    ------
    The first word is asked for 2 cycles after the command, and comes a cycle after it was read;
    then one per cycle, across rows and commands. No combinational path.
    """

    i: stream.Interface
    read: LocalReadInterface
    o: stream.Interface

    def __init__(self, *, word_bytes: int, depth: int) -> None:
        self.word_bytes, self.depth = word_bytes, depth
        super().__init__(
            {
                "i": In(stream.Signature(LocalRows(depth))),
                "read": Out(LocalRead(depth, 8 * word_bytes)),
                "o": Out(stream.Signature(unsigned(8 * word_bytes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.walk = walk = RowWalk(ceil_log2(self.depth))
        m.submodules.words = words = Queue(8 * self.word_bytes, depth=_WORDS)
        connect(m, words.o, flipped(self.o))
        rows = begin(m, walk, self.i, self.i.p)

        number = Signal(16)
        asked: Value = Signal(range(_WORDS + 1))
        request, response = self.read.request, self.read.response
        m.submodules.leave = leave = Buffer(request.p.shape())
        connect(m, leave.o, flipped(request))
        step = Signal()
        m.d.comb += [
            step.eq(walk.active & leave.i.ready & (asked != _WORDS)),
            leave.i.valid.eq(step),
            leave.i.payload.eq(walk.address + number),
            walk.step.eq(step & (number == rows.last)),
            words.i.valid.eq(response.valid),
            words.i.payload.eq(response.data),
        ]
        with m.If(step):
            m.d.sync += number.eq(number + 1)
        with m.If(walk.step):
            m.d.sync += number.eq(0)
        m.d.sync += asked.eq(asked + step - (self.o.valid & self.o.ready))

        return m
