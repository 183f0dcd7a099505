# SPDX-License-Identifier: MIT
"""Words of data and of padding on their way into the scratchpad."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2, exact_log2

from ...common.stream import Buffer
from ..scratchpad import LocalWrite, LocalWriteInterface
from .align import Aligned
from .commands import PlacedRows, begin
from .row_walk import RowWalk
from .turn import choose, from_byte, up_to_byte

__all__ = ["Place"]


class Place(wiring.Component):
    """Write rows of a LOAD, padding included.

    Parameters
    ----------
    word_bytes : int
    depth : int
        Words of the scratchpad.

    Members
    -------
    i : In(stream.Signature(PlacedRows(depth)))
    words : In(stream.Signature(Aligned(word_bytes)))
    write : Out(LocalWrite(depth, 8 * word_bytes))
    finished : Out(1)
        The last word of a command has been accepted, in the cycle before.
    error : Out(1)
        The next word was refused, and all before it are written; for one cycle. It is never
        written, and none after it.
    waits : Out(1)
        For a word from memory.

    Timing
    ------
    Latency 1 cycle, a word per cycle, across rows and commands. ``words.ready`` depends
    combinationally on ``words.valid``, and on nothing outside.
    """

    i: stream.Interface
    words: stream.Interface
    write: LocalWriteInterface
    finished: Value
    error: Value
    waits: Value

    def __init__(self, *, word_bytes: int, depth: int) -> None:
        self.word_bytes, self.depth = word_bytes, depth
        super().__init__(
            {
                "i": In(stream.Signature(PlacedRows(depth))),
                "words": In(stream.Signature(Aligned(word_bytes))),
                "write": Out(LocalWrite(depth, 8 * word_bytes)),
                **dict.fromkeys(["finished", "error", "waits"], Out(1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        low = exact_log2(self.word_bytes)
        m.submodules.walk = walk = RowWalk(ceil_log2(self.depth))
        command = begin(m, walk, self.i, self.i.p.rows)

        number = Signal(16)  # of the word in the row
        first, last, inside = Signal(), Signal(), Signal()  # words of data
        refused, told = Signal(), Signal()
        step = Signal()
        m.submodules.leave = leave = Buffer(
            data.StructLayout({"word": self.write.request.p.shape(), "final": 1})
        )
        room, request = leave.i.ready, self.write.request
        m.d.comb += [
            first.eq(number == command.begin[low:]),
            last.eq(number == command.end[low:]),
            inside.eq(
                (walk.row >= command.top)
                & (walk.row < command.bottom)
                & (number >= command.begin[low:])
                & (number <= command.end[low:])
            ),
            refused.eq(walk.active & inside & self.words.valid & self.words.p.error),
            self.waits.eq(walk.active & inside & ~self.words.valid),
            step.eq(walk.active & room & ~self.waits & ~refused),
            self.words.ready.eq(step & inside),
            walk.step.eq(step & (number == command.rows.last)),
        ]
        with m.If(step):
            m.d.sync += number.eq(number + 1)
        with m.If(walk.step):
            m.d.sync += number.eq(0)

        bytes_of_data = (
            inside.replicate(self.word_bytes)
            & (~first.replicate(self.word_bytes) | from_byte(command.begin[:low], self.word_bytes))
            & (~last.replicate(self.word_bytes) | up_to_byte(command.end[:low], self.word_bytes))
        )
        m.d.comb += [
            leave.i.valid.eq(step),
            leave.i.p.word.address.eq(walk.address + number),
            leave.i.p.word.data.eq(
                choose(bytes_of_data, self.words.p.data, command.fill.replicate(self.word_bytes))
            ),
            leave.i.p.final.eq(walk.step & walk.last),
            request.valid.eq(leave.o.valid),
            request.p.eq(leave.o.p.word),
            leave.o.ready.eq(request.ready),
        ]
        m.d.sync += [
            self.finished.eq(request.valid & request.ready & leave.o.p.final),
            self.error.eq(refused & ~request.valid & ~told),
            told.eq(told | (refused & ~request.valid)),
        ]

        return m
