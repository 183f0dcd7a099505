# SPDX-License-Identifier: MIT
"""A frame out of memory."""

from amaranth import Array, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .beat_count import BeatCount
from .block_queue import BlockQueue
from .line_walk import LineWalk
from .memory_port import MemoryInterface, MemoryPort
from .stream import Buffer

__all__ = ["FrameReader"]


class FrameReader(wiring.Component):
    """Read a frame's beats ahead of their use.

    Words are asked for in runs of ``burst`` as soon as there is room for so many; up to ``ahead``
    of them wait or are on their way. So memory may take as long to answer as ``ahead - burst``
    words last, and beats still leave in every cycle.

    Parameters
    ----------
    bits : int
        Bits of a beat. A word holds as many whole beats as fit, the first lowest; lines begin with
        a word.
    word_bytes : int
        Bytes of a word, a power of two.
    ahead : int
        Words read ahead, at least ``burst``.
    burst : int
        Words asked for in a row.

    Members
    -------
    start : In(1)
        Begin a frame. Only when ``idle``.
    base, stride, line, lines : In
        As of :class:`~opsin.common.line_walk.LineWalk`; constant while not ``idle``.
    memory : Out(MemoryPort(word_bytes))
        Only reads. Responses are taken at once.
    o : Out(stream.Signature(bits))
        The beats, in order.
    idle : Out(1)
        Every beat of the frame has been taken.

    Timing
    ------
    First request 1 cycle after ``start``, then one per cycle; first beat 6 cycles after the first
    response, then one per cycle. No combinational paths from port to port.

    Raises
    ------
    ValueError
        If a word does not hold a beat or ``ahead`` is less than ``burst``.
    """

    start: Value
    base: Value
    stride: Value
    line: Value
    lines: Value
    memory: MemoryInterface
    o: stream.Interface
    idle: Value

    def __init__(self, *, bits: int, word_bytes: int, ahead: int = 128, burst: int = 16) -> None:
        if not 1 <= bits <= 8 * word_bytes:
            raise ValueError(f"bits must be in 1..{8 * word_bytes}, not {bits!r}")
        if not 1 <= burst <= ahead:
            raise ValueError(f"ahead must be at least burst = {burst}, not {ahead!r}")
        self.bits, self.word_bytes, self.ahead, self.burst = bits, word_bytes, ahead, burst
        self.beats = 8 * word_bytes // bits
        super().__init__(
            {
                "start": In(1),
                "base": In(32),
                "stride": In(32),
                "line": In(16),
                "lines": In(16),
                "memory": Out(MemoryPort(word_bytes)),
                "o": Out(stream.Signature(bits)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.walk = walk = LineWalk(word_bytes=self.word_bytes, beats=self.beats)
        m.submodules.words = words = BlockQueue(8 * self.word_bytes, depth=self.ahead)
        m.submodules.beat = beat = Buffer(self.bits)
        wiring.connect(m, beat.o, wiring.flipped(self.o))

        # Requests, while there is room for the answers
        request, response = self.memory.request, self.memory.response
        free = Signal(range(self.ahead + 1), init=self.ahead)
        run = Signal(range(self.burst + 1))
        asked = Signal()
        taken = Signal()  # in the cycle before
        m.d.comb += [
            walk.start.eq(self.start),
            walk.base.eq(self.base),
            walk.stride.eq(self.stride),
            walk.line.eq(self.line),
            walk.lines.eq(self.lines),
            walk.step.eq(asked),
            request.valid.eq(walk.active & (run != 0)),
            request.p.address.eq(walk.address),
            asked.eq(request.valid & request.ready),
            words.i.valid.eq(response.valid),
            words.i.payload.eq(response.payload),
            response.ready.eq(1),
        ]
        m.d.sync += [
            taken.eq(words.o.valid & words.o.ready),
            free.eq(free - asked + taken),
        ]
        with m.If(asked):
            m.d.sync += run.eq(run - 1)
        with m.If(self.start | ((run == 0) & (free >= self.burst))):
            m.d.sync += run.eq(self.burst)

        # A word's beats one by one
        place = Signal(range(max(2, self.beats)))
        busy, ends, goes = Signal(), Signal(), Signal()
        m.submodules.count = count = BeatCount()
        parts = [words.o.payload[k * self.bits : (k + 1) * self.bits] for k in range(self.beats)]
        m.d.comb += [
            ends.eq((place == self.beats - 1) | count.eol),
            beat.i.valid.eq(words.o.valid),
            beat.i.payload.eq(Array(parts)[place]),
            goes.eq(beat.i.valid & beat.i.ready),
            words.o.ready.eq(beat.i.ready & ends),
            count.load.eq(self.start),
            count.line.eq(self.line),
            count.lines.eq(self.lines),
            count.step.eq(goes),
            self.idle.eq(~busy & ~beat.o.valid),
        ]
        with m.If(self.start):
            m.d.sync += [busy.eq(1), place.eq(0)]
        with m.Elif(goes):
            m.d.sync += [busy.eq(~count.ends), place.eq(Mux(ends, 0, place + 1))]

        return m
