# SPDX-License-Identifier: MIT
"""Words of data and of padding on their way into the scratchpad."""

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ...common.stream import Buffer
from ..scratchpad import LocalWrite, LocalWriteInterface
from .align import Aligned
from .commands import PlacedRows
from .positions import Positions
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
    Latency 1 cycle, of the first word of a command 3; a word per cycle, across rows and commands.
    ``words.ready`` depends combinationally on ``words.valid``, and on nothing outside.
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

        m.submodules.positions = positions = Positions(word_bytes=self.word_bytes, depth=self.depth)
        m.submodules.leave = leave = Buffer(
            data.StructLayout({"word": self.write.request.p.shape(), "final": 1})
        )
        connect(m, flipped(self.i), positions.i)

        position: Any = positions.o.p
        refused, told, step = Signal(), Signal(), Signal()
        room, request = leave.i.ready, self.write.request
        wanted = positions.o.valid & position.data
        m.d.comb += [
            refused.eq(wanted & self.words.valid & self.words.p.error),
            self.waits.eq(wanted & ~self.words.valid),
            step.eq(positions.o.valid & room & ~self.waits & ~refused),
            positions.o.ready.eq(step),
            self.words.ready.eq(step & position.data),
        ]

        bytes_of_data = (
            position.data.replicate(self.word_bytes)
            & from_byte(position.begin, self.word_bytes)
            & up_to_byte(position.end, self.word_bytes)
        )
        m.d.comb += [
            leave.i.valid.eq(step),
            leave.i.p.word.address.eq(position.address),
            leave.i.p.word.data.eq(
                choose(bytes_of_data, self.words.p.data, position.fill.replicate(self.word_bytes))
            ),
            leave.i.p.final.eq(position.final),
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
