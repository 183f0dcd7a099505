# SPDX-License-Identifier: MIT
"""Bursts made of words."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.memory_port import MemoryRequest
from ..common.stream import Buffer, Queue

__all__ = ["BURST", "Burst", "BurstGather"]

BURST = 16
"""Words of a burst at most, and of the blocks that none leaves."""

_GAP = 4  # cycles without a request after which a burst is done
_WORDS = 64  # of bursts not yet sent
_ON_WAY = 6  # requests that may still come after ``hold``


class Burst(data.StructLayout):
    """Address of the first word, in words, and how many follow it."""

    def __init__(self, word_bytes: int) -> None:
        bits = 32 - (word_bytes.bit_length() - 1)
        super().__init__({"word": unsigned(bits), "more": range(BURST)})


class BurstGather(wiring.Component):
    """Gather requests for words that follow each other, of one kind, in bursts.

    No burst leaves a block of :data:`BURST` words. Reads, and writes, stay in order among
    themselves.

    Parameters
    ----------
    word_bytes : int
        Bytes of a word.
    bursts : int
        Of each kind that may wait.

    Members
    -------
    i : In(stream.Signature(MemoryRequest(word_bytes)))
    reads, writes : Out(stream.Signature(Burst(word_bytes)))
    words : Out(stream.Signature(unsigned(8 * word_bytes)))
        What to write.
    written : Out(1)
        A burst of writes is complete and will come; ``last`` is it.
    last : Out(Burst(word_bytes))
    hold : In(1)
        Take no more requests; up to 5 bursts may still come.

    Timing
    ------
    A request per cycle; a burst is complete when another begins, or after 4 cycles without a
    request. No combinational paths from port to port.
    """

    i: stream.Interface
    reads: stream.Interface
    writes: stream.Interface
    words: stream.Interface
    written: Value
    last: Any
    hold: Value

    def __init__(self, *, word_bytes: int, bursts: int = 16) -> None:
        self.word_bytes, self.bursts = word_bytes, bursts
        self._shift = word_bytes.bit_length() - 1
        burst = Burst(word_bytes)
        super().__init__(
            {
                "i": In(stream.Signature(MemoryRequest(word_bytes))),
                "reads": Out(stream.Signature(burst)),
                "writes": Out(stream.Signature(burst)),
                "words": Out(stream.Signature(unsigned(8 * word_bytes))),
                "written": Out(1),
                "last": Out(burst),
                "hold": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.enter = enter = Buffer(self.i.p.shape())
        m.submodules.reads = reads = Queue(self.last.shape(), depth=self.bursts)
        m.submodules.writes = writes = Queue(self.last.shape(), depth=self.bursts)
        m.submodules.words = words = Queue(8 * self.word_bytes, depth=_WORDS)
        wiring.connect(m, wiring.flipped(self.i), enter.i)
        wiring.connect(m, reads.o, wiring.flipped(self.reads))
        wiring.connect(m, writes.o, wiring.flipped(self.writes))
        wiring.connect(m, words.o, wiring.flipped(self.words))

        # A request, and whether it follows that before
        room = Signal()
        most = self.bursts - _ON_WAY
        request: Any = enter.o.p
        came, write, follows = Signal(), Signal(), Signal()
        word = Signal.like(self.last.word)
        following, text = Signal.like(word), Signal(8 * self.word_bytes)
        incoming = request.address[self._shift :]
        m.d.comb += enter.o.ready.eq(room)
        m.d.sync += [
            room.eq(
                ~self.hold
                & (reads.level <= most)
                & (writes.level <= most)
                & (words.level <= _WORDS - _ON_WAY)
            ),
            came.eq(enter.o.valid & room),
        ]
        with m.If(enter.o.valid & room):
            m.d.sync += [
                word.eq(incoming),
                following.eq(incoming + 1),
                write.eq(request.write),
                text.eq(request.data),
                follows.eq(
                    (incoming == following)
                    & (request.write == write)
                    & incoming[: (BURST - 1).bit_length()].any()
                ),
            ]
        m.d.comb += [words.i.valid.eq(came & write), words.i.payload.eq(text)]

        # The burst that grows
        grows, writing = Signal(), Signal()
        burst: Any = Signal(self.last.shape())
        gap = Signal(range(_GAP + 1))
        begins, ends = Signal(), Signal()
        m.d.comb += [
            begins.eq(came & ~(grows & follows)),
            ends.eq(grows & Mux(came, begins, gap == _GAP)),
        ]
        m.d.sync += gap.eq(Mux(came, 0, gap + (gap != _GAP)))
        with m.If(begins):
            m.d.sync += [grows.eq(1), writing.eq(write), burst.word.eq(word), burst.more.eq(0)]
        with m.Elif(came):
            m.d.sync += burst.more.eq(burst.more + 1)
        with m.Elif(ends):
            m.d.sync += grows.eq(0)

        read = Signal()
        m.d.sync += [
            self.written.eq(ends & writing),
            read.eq(ends & ~writing),
            self.last.eq(burst),
        ]
        m.d.comb += [
            writes.i.valid.eq(self.written),
            writes.i.p.eq(self.last),
            reads.i.valid.eq(read),
            reads.i.p.eq(self.last),
        ]

        return m
