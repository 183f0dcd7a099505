# SPDX-License-Identifier: MIT
"""The scaler's output: a queue that has room for all that is under way."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.video import Beat, VideoSignature, Ycbcr
from .scaler_queue import PromisedQueue

__all__ = ["ScalerOutput"]


class ScalerOutput(wiring.Component):
    """Make beats of pixels, mark them, and queue them.

    Parameters
    ----------
    depth, ppc : int
    pixels : int
        Room for pixels in the queue or on their way to it.

    Members
    -------
    start : In(1)
        Begin a frame of ``width`` × ``height`` pixels.
    busy : Out(1)
        Pixels of it are to come.
    leaves : In(1)
        A pixel is on its way.
    pixel : In(pixel), valid : In(1)
        It is here.
    passes : In(1), beat : In(Beat)
        A beat from elsewhere, at other times.
    reserved : Out(range(pixels + 1))
        Pixels in the queue or on their way to it or from it.
    room_pixels : Out(1)
        Three more pixels may be on their way.
    room_beats : Out(1)
        Three more beats may come.
    o : Out(VideoSignature(Ycbcr(depth), ppc=ppc))

    Timing
    ------
    Latency 4 cycles. All outputs come from registers.
    """

    start: Value
    width: Value
    height: Value
    busy: Value
    leaves: Value
    pixel: Any
    valid: Value
    passes: Value
    beat: Any
    reserved: Value
    room_pixels: Value
    room_beats: Value
    o: stream.Interface

    def __init__(self, *, depth: int, ppc: int, pixels: int) -> None:
        self.ppc, self._beats = ppc, max(16, pixels // ppc)
        super().__init__(
            {
                "start": In(1),
                "width": In(16),
                "height": In(16),
                "busy": Out(1),
                "leaves": In(1),
                "pixel": In(data.ArrayLayout(unsigned(depth), 3)),
                "valid": In(1),
                "passes": In(1),
                "beat": In(Beat(Ycbcr(depth), ppc=ppc)),
                "reserved": Out(range(self._beats * ppc + 1)),
                "room_pixels": Out(1),
                "room_beats": Out(1),
                "o": Out(VideoSignature(Ycbcr(depth), ppc=ppc)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ppc, beats = self.ppc, self._beats
        step = (ppc - 1).bit_length()
        m.submodules.queue = queue = PromisedQueue(self.beat.shape(), depth=beats)
        wiring.connect(m, queue.o, wiring.flipped(self.o))

        # Pixels in the queue or on their way to it.
        capacity, reserved = beats * ppc, self.reserved
        taken = Signal()
        m.d.sync += [
            taken.eq(self.o.valid & self.o.ready),
            reserved.eq(
                reserved + Mux(self.passes, ppc, self.leaves) - Mux(taken, ppc, 0),
            ),
        ]
        m.d.sync += [
            self.room_pixels.eq(reserved <= capacity - 4),
            self.room_beats.eq(reserved <= capacity - 4 * ppc),
        ]

        # Pixels to beats.
        place = Signal(range(max(ppc, 2)))
        joined = Value.cast(self.pixel)
        if ppc > 1:
            before = Signal(len(joined) * (ppc - 1))
            with m.If(self.valid):
                m.d.sync += [
                    before.eq(Cat(before, joined)[len(joined) :]),
                    place.eq(place + 1),
                ]
            joined = Cat(before, joined)
        full, passed = Signal(), Signal()
        beat: Any = Signal(self.beat.shape())
        m.d.sync += [
            full.eq(self.valid & (place == ppc - 1)),
            passed.eq(self.passes),
            beat.eq(Mux(self.busy, joined, Value.cast(self.beat))),
        ]

        # Marks. What enables the counters, between frames too, is a register.
        left, lines = Signal(16), Signal(16)
        first, last, last_line = Signal(), Signal(), Signal()
        fresh, turn, ends = Signal(), Signal(), Signal()
        line = (self.width >> step).as_unsigned()
        m.d.comb += ends.eq(full & last & last_line)
        m.d.sync += [
            fresh.eq(~self.busy),
            turn.eq(~self.busy | (self.valid & (place == ppc - 1))),
            self.busy.eq(self.start | (self.busy & ~ends)),
        ]
        with m.If(turn):
            m.d.sync += [
                first.eq(fresh),
                left.eq(Mux(fresh | last, line, left - 1)),
                last.eq(Mux(fresh | last, line == 1, left == 2)),
            ]
        with m.If(turn & (fresh | last)):
            m.d.sync += [
                lines.eq(Mux(fresh, self.height, lines - 1)),
                last_line.eq(Mux(fresh, self.height == 1, lines == 2)),
            ]

        m.d.sync += [
            queue.push.eq(passed | full),
            Value.cast(queue.i.pixel).eq(beat.pixel.as_value()),
            queue.i.sof.eq(Mux(passed, beat.sof, first)),
            queue.i.eol.eq(Mux(passed, beat.eol, last)),
        ]

        return m
