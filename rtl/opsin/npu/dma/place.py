# SPDX-License-Identifier: MIT
"""Words of data and of padding on their way into the scratchpad."""

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2, exact_log2

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
    Latency 1 cycle, a word per cycle, across rows and commands. ``words.ready`` and ``i.ready``
    depend combinationally on ``write.request.ready``.
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
        room, step = Signal(), Signal()
        request: Any = self.write.request
        m.d.comb += [
            first.eq(number == command.begin[low:]),
            last.eq(number == command.end[low:]),
            inside.eq(
                (walk.row >= command.top)
                & (walk.row < command.bottom)
                & (number >= command.begin[low:])
                & (number <= command.end[low:])
            ),
            room.eq(~request.valid | request.ready),
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
        final = Signal()
        with m.If(room):
            m.d.sync += [
                request.valid.eq(step),
                request.p.address.eq(walk.address + number),
                request.p.data.eq(
                    choose(
                        bytes_of_data, self.words.p.data, command.fill.replicate(self.word_bytes)
                    )
                ),
                final.eq(walk.step & walk.last),
            ]
        m.d.sync += [
            self.finished.eq(request.valid & request.ready & final),
            self.error.eq(refused & ~request.valid & ~told),
            told.eq(told | (refused & ~request.valid)),
        ]

        return m
