# SPDX-License-Identifier: MIT
"""A frame into memory."""

from amaranth import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .beat_count import BeatCount
from .line_walk import LineWalk
from .memory_port import MemoryInterface, MemoryPort
from .stream import Queue

__all__ = ["FrameWriter"]


class FrameWriter(wiring.Component):
    """Gather a frame's beats in words, and write these in runs.

    Parameters
    ----------
    bits, word_bytes : int
        As of :class:`~opsin.common.frame_reader.FrameReader`.
    burst : int
        Words after which it is worth while to write.

    Members
    -------
    start : In(1)
        Begin a frame. Only when ``idle``.
    base, stride, line, lines : In
        As of :class:`~opsin.common.line_walk.LineWalk`; constant while not ``idle``.
    i : In(stream.Signature(bits))
        The beats, in order. Waits when no frame has begun.
    memory : Out(MemoryPort(word_bytes))
        Only writes.
    urgent : Out(1)
        ``burst`` words wait, or the frame's last do.
    idle : Out(1)
        Every word of the frame has been accepted by memory.

    Timing
    ------
    A beat per cycle, a request per cycle. ``i.ready`` and ``memory.request.valid`` depend
    combinationally on no input.

    Raises
    ------
    ValueError
        If a word does not hold a beat.
    """

    start: Value
    base: Value
    stride: Value
    line: Value
    lines: Value
    i: stream.Interface
    memory: MemoryInterface
    urgent: Value
    idle: Value

    def __init__(self, *, bits: int, word_bytes: int, burst: int = 16) -> None:
        if not 1 <= bits <= 8 * word_bytes:
            raise ValueError(f"bits must be in 1..{8 * word_bytes}, not {bits!r}")
        self.bits, self.word_bytes, self.burst = bits, word_bytes, burst
        self.beats = 8 * word_bytes // bits
        self._depth = max(2 * burst, burst + 5)
        super().__init__(
            {
                "start": In(1),
                "base": In(32),
                "stride": In(32),
                "line": In(16),
                "lines": In(16),
                "i": In(stream.Signature(bits)),
                "memory": Out(MemoryPort(word_bytes)),
                "urgent": Out(1),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.walk = walk = LineWalk(word_bytes=self.word_bytes, beats=self.beats)
        m.submodules.words = words = Queue(8 * self.word_bytes, depth=self._depth)

        # Beats to words: registers of a word follow a cycle later, with enables of their own
        parts = [Signal(self.bits, name=f"part_{k}") for k in range(self.beats)]
        fills = Signal(self.beats)  # with the beat that came
        clears = Signal(self.beats)  # what a short word does not fill is 0
        beat = Signal(self.bits)
        place = Signal(range(max(2, self.beats)))
        gathering, ends, full = Signal(), Signal(), Signal(2)
        room = Signal()  # for a word, and those on the way when the level was looked at
        come = Signal()
        m.submodules.count = count = BeatCount()
        m.d.comb += [
            self.i.ready.eq(gathering & room),
            come.eq(self.i.valid & self.i.ready),
            ends.eq((place == self.beats - 1) | count.eol),
            count.load.eq(self.start),
            count.line.eq(self.line),
            count.lines.eq(self.lines),
            count.step.eq(come),
            words.i.valid.eq(full[-1]),
            words.i.payload.eq(Cat(parts)),
        ]
        m.d.sync += [
            beat.eq(self.i.payload),
            fills.eq(Cat(come & (place == k) for k in range(self.beats))),
            clears.eq(Cat(C(0, 1), *(come & (place < k) for k in range(1, self.beats)))),
            full.eq(Cat(come & ends, full)),
            room.eq(words.level <= self._depth - 4),
        ]
        for part, fill, clear in zip(parts, fills, clears, strict=True):
            with m.If(fill | clear):
                m.d.sync += part.eq(Mux(fill, beat, 0))
        with m.If(self.start):
            m.d.sync += [gathering.eq(1), place.eq(0)]
        with m.Elif(come):
            m.d.sync += [gathering.eq(~count.ends), place.eq(Mux(ends, 0, place + 1))]

        # Words to memory
        request = self.memory.request
        m.d.comb += [
            walk.start.eq(self.start),
            walk.base.eq(self.base),
            walk.stride.eq(self.stride),
            walk.line.eq(self.line),
            walk.lines.eq(self.lines),
            walk.step.eq(request.valid & request.ready),
            request.valid.eq(words.o.valid),
            request.p.address.eq(walk.address),
            request.p.write.eq(1),
            request.p.data.eq(words.o.payload),
            words.o.ready.eq(request.ready),
            self.urgent.eq(words.o.valid & ((words.level >= self.burst) | ~gathering)),
            self.idle.eq(~walk.active),
        ]

        return m
