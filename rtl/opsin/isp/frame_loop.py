# SPDX-License-Identifier: MIT
"""Frames through a computation that has a frame in memory beside them."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.beat_count import BeatCount
from ..common.frame_store import FrameStore
from ..common.memory_port import MemoryInterface, MemoryPort
from ..common.stream import Buffer
from ..common.video import VideoSignature
from .frame_match import FrameMatch, FramePlace
from .frame_pixels import Kept, Met

__all__ = ["FrameLoop"]


class FrameLoop(wiring.Component):
    """Both ends of a block with a frame buffer: ``i`` → ``met`` → computation → ``kept`` → ``o``.

    No frame begins before all of the one before has left ``kept`` and is in memory, so settings
    that are sampled with ``begin`` do not change under a frame. Markers are counted: every frame
    has ``height`` lines of ``width`` pixels. Beats outside a frame are dropped; a ``sof`` that
    comes early waits until its predecessor has been filled up with 0.

    The computation holds fewer than 256 beats. A frame's first comes to it 4 cycles after ``begin``
    at the earliest.

    Parameters
    ----------
    pixel_in, pixel_out : ShapeLike
        Pixels that come and go.
    stored : ShapeLike
        What memory holds of a pixel.
    max_width : int
        Pixels of the longest line.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    word_bytes, ahead : int
        As of :class:`~opsin.common.frame_reader.FrameReader`.

    Members
    -------
    i : In(VideoSignature(pixel_in, ppc=ppc))
    met : Out(VideoSignature(Met(pixel_in, stored), ppc=ppc))
        ``past`` is 0 in a frame that is not read.
    kept : In(VideoSignature(Kept(pixel_out, stored), ppc=ppc))
        One beat for each of ``met``.
    o : Out(VideoSignature(pixel_out, ppc=ppc))
    memory : Out(MemoryPort(word_bytes))
    width : In(range(max_width + 1)), height : In(16)
        Pixels per line, a multiple of ``ppc``, and lines; sampled with ``begin``.
    base, stride : In(32)
        Address of the frame in memory, and from line to line; sampled with ``begin``.
    read, write, emit : In(1)
        Whether to read the frame that is known, to write, and to let pixels out; sampled with
        ``begin``.
    reading : Out(1)
        The frame under way is read: that was asked for, the last frame written is whole, of this
        size and at this place, and since then there were only frames that read it. Right from 2
        cycles after ``begin`` until the next.
    begin : Out(1)
        In this cycle a frame begins.
    busy : Out(1)
        A frame is under way, to ``o`` or to memory.

    Timing
    ------
    ``met`` follows ``i`` by 1 cycle, ``o`` ``kept`` by 2. ``i.ready`` depends combinationally on
    ``i.p.sof``. Throughput 1 beat/cycle if the memory takes and gives as much.
    """

    i: stream.Interface
    met: stream.Interface
    kept: stream.Interface
    o: stream.Interface
    memory: MemoryInterface
    width: Value
    height: Value
    base: Value
    stride: Value
    read: Value
    write: Value
    emit: Value
    reading: Value
    begin: Value
    busy: Value

    def __init__(
        self,
        pixel_in: ShapeLike,
        pixel_out: ShapeLike,
        stored: ShapeLike,
        *,
        max_width: int,
        ppc: int,
        word_bytes: int,
        ahead: int,
    ) -> None:
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        if max_width < 3 or max_width > 65535 or max_width % ppc:
            raise ValueError(
                f"max_width must be a multiple of ppc = {ppc} in 3..65535, not {max_width!r}"
            )
        self.ppc = ppc
        bits = ppc * Shape.cast(stored).width
        self._store = FrameStore(bits=bits, word_bytes=word_bytes, ahead=ahead)
        super().__init__(
            {
                "i": In(VideoSignature(pixel_in, ppc=ppc)),
                "met": Out(VideoSignature(Met(pixel_in, stored), ppc=ppc)),
                "kept": In(VideoSignature(Kept(pixel_out, stored), ppc=ppc)),
                "o": Out(VideoSignature(pixel_out, ppc=ppc)),
                "memory": Out(MemoryPort(word_bytes)),
                "width": In(range(max_width + 1)),
                "height": In(16),
                "base": In(32),
                "stride": In(32),
                **{name: In(1) for name in ("read", "write", "emit")},
                "reading": Out(1),
                "begin": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.store = store = self._store
        m.submodules.match = match = FrameMatch()
        wiring.connect(m, store.memory, wiring.flipped(self.memory))

        inside = Signal()  # more of the frame is to come
        left = Signal(range(256))  # beats in the computation
        idle = Signal()
        come, go = self._enter(m, match, inside), self._leave(m, match)
        m.d.sync += [
            left.eq(left + come - go),
            idle.eq(~inside & (left == 0) & store.idle),
        ]
        m.d.comb += [
            self.begin.eq(self.i.valid & self.i.p.sof & ~inside & idle),
            self.busy.eq(inside | ~idle | self.o.valid),
            match.begin.eq(self.begin),
            match.coming.line.eq(self.width // self.ppc),
            match.coming.lines.eq(self.height),
            match.coming.base.eq(self.base),
            match.coming.stride.eq(self.stride),
            match.read.eq(self.read),
            match.write.eq(self.write),
            store.start.eq(match.start),
            store.read.eq(match.reading),
            store.write.eq(match.writing),
            *(getattr(store, name).eq(match.frame[name]) for name in FramePlace().members),
            self.reading.eq(match.reading),
        ]

        return m

    def _enter(self, m: Module, match: FrameMatch, inside: Signal) -> Value:
        """Beats in, with their places; returns whether one passes."""
        store = self._store
        m.submodules.enter = enter = Buffer(self.met.payload.shape())
        wiring.connect(m, enter.o, wiring.flipped(self.met))
        met = enter.i
        m.submodules.count = count = BeatCount()

        first = Signal()
        here, filling, moves = Signal(), Signal(), Signal()
        m.d.comb += [
            here.eq(inside & ~match.settling & ~match.start),
            filling.eq(self.i.valid & self.i.p.sof & ~first),
            met.valid.eq(here & self.i.valid & (store.o.valid | ~match.reading)),
            met.p.sof.eq(first),
            met.p.eol.eq(count.eol),
            moves.eq(met.valid & met.ready),
            self.i.ready.eq(Mux(inside, moves & ~filling, ~self.i.p.sof)),
            store.o.ready.eq(moves & match.reading),
            count.load.eq(match.settling),
            count.line.eq(match.frame.line),
            count.lines.eq(match.frame.lines),
            count.step.eq(moves),
            match.ended.eq(moves & count.ends),
        ]
        stored = data.ArrayLayout(met.p.pixel[0].past.shape(), self.ppc)
        past = data.View(stored, Mux(match.reading, store.o.payload, 0))
        for index in range(self.ppc):
            now = Value.cast(self.i.p.pixel[index])
            m.d.comb += [
                Value.cast(met.p.pixel[index].now).eq(Mux(filling, 0, now)),
                Value.cast(met.p.pixel[index].past).eq(Value.cast(past[index])),
            ]
        with m.If(self.begin):
            m.d.sync += [inside.eq(1), first.eq(1)]
        with m.Elif(moves):
            m.d.sync += [inside.eq(~count.ends), first.eq(0)]
        return moves

    def _leave(self, m: Module, match: FrameMatch) -> Value:
        """Beats out, and to memory; returns whether one passes."""
        store = self._store
        m.submodules.leave = leave = Buffer(self.kept.payload.shape())
        wiring.connect(m, wiring.flipped(self.kept), leave.i)
        kept = leave.o

        emitting, advance, goes = Signal(), Signal(), Signal()
        pixels: list[Any] = [kept.p.pixel[index] for index in range(self.ppc)]
        m.d.comb += [
            advance.eq((~self.o.valid | self.o.ready) & (store.i.ready | ~match.writing)),
            kept.ready.eq(advance),
            goes.eq(kept.valid & advance),
            store.i.valid.eq(goes & match.writing),
            store.i.payload.eq(Cat(pixel.past for pixel in pixels)),
        ]
        with m.If(self.begin):
            m.d.sync += emitting.eq(self.emit)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(goes):
            m.d.sync += [
                self.o.valid.eq(emitting),
                self.o.p.sof.eq(kept.p.sof),
                self.o.p.eol.eq(kept.p.eol),
            ]
            for index, pixel in enumerate(pixels):
                m.d.sync += Value.cast(self.o.p.pixel[index]).eq(Value.cast(pixel.o))
        return goes
