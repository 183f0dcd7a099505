# SPDX-License-Identifier: MIT
"""A frame in memory that is read and written line by line."""

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .frame_reader import FrameReader
from .frame_writer import FrameWriter
from .memory_port import MemoryInterface, MemoryPort
from .stream import Buffer

__all__ = ["FrameStore"]


class FrameStore(wiring.Component):
    """Read a frame's beats, and write others in their place, through one memory port.

    Reads and writes take turns in runs of about ``burst`` words, as dynamic memory likes it. A
    beat must not be written before it has been read.

    Parameters
    ----------
    bits, word_bytes, ahead, burst : int
        As of :class:`~opsin.common.frame_reader.FrameReader`.

    Members
    -------
    start : In(1)
        Begin a frame. Only when ``idle``.
    read, write : In(1)
        With ``start``: beats shall be read, beats will be written.
    base, stride, line, lines : In
        As of :class:`~opsin.common.line_walk.LineWalk`; constant while not ``idle``.
    memory : Out(MemoryPort(word_bytes))
    o : Out(stream.Signature(bits))
        Beats read.
    i : In(stream.Signature(bits))
        Beats to write.
    idle : Out(1)
        All beats have been read and written. What is read from then on is what was written.

    Timing
    ------
    One request per cycle, from registers. No combinational paths from port to port.
    """

    start: Value
    read: Value
    write: Value
    base: Value
    stride: Value
    line: Value
    lines: Value
    memory: MemoryInterface
    o: stream.Interface
    i: stream.Interface
    idle: Value

    def __init__(self, *, bits: int, word_bytes: int, ahead: int = 128, burst: int = 16) -> None:
        self._reader = FrameReader(bits=bits, word_bytes=word_bytes, ahead=ahead, burst=burst)
        self._writer = FrameWriter(bits=bits, word_bytes=word_bytes, burst=burst)
        super().__init__(
            {
                "start": In(1),
                "read": In(1),
                "write": In(1),
                "base": In(32),
                "stride": In(32),
                "line": In(16),
                "lines": In(16),
                "memory": Out(MemoryPort(word_bytes)),
                "o": Out(stream.Signature(bits)),
                "i": In(stream.Signature(bits)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.reader = reader = self._reader
        m.submodules.writer = writer = self._writer
        for part in (reader, writer):
            for name in ("base", "stride", "line", "lines"):
                m.d.comb += getattr(part, name).eq(getattr(self, name))
        m.d.comb += [
            reader.start.eq(self.start & self.read),
            writer.start.eq(self.start & self.write),
        ]
        wiring.connect(m, reader.o, wiring.flipped(self.o))
        wiring.connect(m, wiring.flipped(self.i), writer.i)
        wiring.connect(m, wiring.flipped(self.memory.response), reader.memory.response)

        # Writes go on until none wait, reads until writes are urgent.
        writing = Signal()
        m.submodules.leave = leave = Buffer(self.memory.request.p.shape())  # parts their ready
        wiring.connect(m, leave.o, wiring.flipped(self.memory.request))
        reads, writes = reader.memory.request, writer.memory.request
        m.d.comb += [
            leave.i.valid.eq(Mux(writing, writes.valid, reads.valid)),
            leave.i.p.eq(Mux(writing, writes.p, reads.p)),
            reads.ready.eq(leave.i.ready & ~writing),
            writes.ready.eq(leave.i.ready & writing),
            self.idle.eq(reader.idle & writer.idle & ~leave.o.valid),
        ]
        with m.If(writing):
            m.d.sync += writing.eq(writes.valid)
        with m.Else():
            m.d.sync += writing.eq(writer.urgent)

        return m
