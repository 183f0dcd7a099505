# SPDX-License-Identifier: MIT
"""Frames through a computation that has a frame in memory beside them."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.frame_store import FrameStore
from ..common.memory_port import MemoryInterface, MemoryPort
from ..common.stream import Buffer
from ..common.video import VideoSignature

__all__ = ["FrameLoop", "Kept", "Met"]

_PARTS = 6


class Met(data.StructLayout):
    """A pixel that came, ``now``, and what the memory holds for its place, ``past``."""

    def __init__(self, pixel: ShapeLike, stored: ShapeLike) -> None:
        super().__init__({"now": pixel, "past": stored})


class Kept(data.StructLayout):
    """A pixel that goes, ``o``, and what the memory shall hold for its place, ``past``."""

    def __init__(self, pixel: ShapeLike, stored: ShapeLike) -> None:
        super().__init__({"o": pixel, "past": stored})


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
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.store = store = self._store
        wiring.connect(m, store.memory, wiring.flipped(self.memory))
        m.submodules.enter = enter = Buffer(self.met.payload.shape())
        m.submodules.leave = leave = Buffer(self.kept.payload.shape())
        wiring.connect(m, enter.o, wiring.flipped(self.met))
        wiring.connect(m, wiring.flipped(self.kept), leave.i)
        met, kept = enter.i, leave.o

        # The frame under way
        place_shape = data.StructLayout({"line": 16, "lines": 16, "base": 32, "stride": 32})
        coming: Any = Signal(place_shape)
        frame: Any = Signal(place_shape)
        reading, writing, emitting = self.reading, Signal(), Signal()
        written = Signal()  # a whole frame, where ``frame`` says
        inside, left = Signal(), Signal(range(256))  # beats between here and there
        m.d.comb += [
            coming.line.eq(self.width // self.ppc),
            coming.lines.eq(self.height),
            coming.base.eq(self.base),
            coming.stride.eq(self.stride),
            self.begin.eq(self.i.valid & self.i.p.sof & ~inside & (left == 0) & store.idle),
        ]
        # Then it is found out whether the frame in memory will do, then the store starts.
        settling, starting = Signal(), Signal()
        same, wanted = Signal(_PARTS), Signal()
        known = written & same.all()
        m.d.sync += [settling.eq(self.begin), starting.eq(settling)]
        m.d.comb += [
            store.start.eq(starting),
            store.read.eq(reading),
            store.write.eq(writing),
            *(getattr(store, name).eq(frame[name]) for name in ("line", "lines", "base", "stride")),
        ]

        # Beats in, with their places
        first = Signal()
        column, line = Signal(16), Signal(16)  # beats and lines left, with this one
        filling = Signal()
        last = column == 1
        ends = last & (line == 1)
        here = inside & ~settling & ~starting
        moves = met.valid & met.ready
        m.d.comb += [
            filling.eq(self.i.valid & self.i.p.sof & ~first),
            met.valid.eq(here & self.i.valid & (store.o.valid | ~reading)),
            met.p.sof.eq(first),
            met.p.eol.eq(last),
            self.i.ready.eq(Mux(inside, moves & ~filling, ~self.i.p.sof)),
            store.o.ready.eq(moves & reading),
        ]
        stored_shape = data.ArrayLayout(met.p.pixel[0].past.shape(), self.ppc)
        past = data.View(stored_shape, Mux(reading, store.o.payload, 0))
        for index in range(self.ppc):
            now = Value.cast(self.i.p.pixel[index])
            m.d.comb += [
                Value.cast(met.p.pixel[index].now).eq(Mux(filling, 0, now)),
                Value.cast(met.p.pixel[index].past).eq(Value.cast(past[index])),
            ]
        with m.If(self.begin):
            m.d.sync += [
                inside.eq(1),
                first.eq(1),
                column.eq(coming.line),
                line.eq(coming.lines),
                frame.eq(coming),
                wanted.eq(self.read),
                same.eq(_equal_parts(Value.cast(coming), Value.cast(frame))),
                writing.eq(self.write),
                emitting.eq(self.emit),
            ]
        with m.Elif(settling):
            m.d.sync += [reading.eq(wanted & known), written.eq(wanted & known & ~writing)]
        with m.Elif(moves):
            m.d.sync += [
                first.eq(0),
                column.eq(Mux(last, frame.line, column - 1)),
                line.eq(line - last),
            ]
            with m.If(ends):
                m.d.sync += [inside.eq(0), written.eq(written | writing)]

        # Beats out, and to memory
        pixels: list[Any] = [kept.p.pixel[index] for index in range(self.ppc)]
        advance = (~self.o.valid | self.o.ready) & (store.i.ready | ~writing)
        goes = Signal()
        m.d.comb += [
            kept.ready.eq(advance),
            goes.eq(kept.valid & advance),
            store.i.valid.eq(goes & writing),
            store.i.payload.eq(Cat(pixel.past for pixel in pixels)),
        ]
        m.d.sync += left.eq(left + moves - goes)
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

        return m


def _equal_parts(a: Value, b: Value) -> Value:
    """Compare part by part: that of all would take too long for one cycle."""
    size = len(a) // _PARTS
    return Cat(a.word_select(k, size) == b.word_select(k, size) for k in range(_PARTS))
