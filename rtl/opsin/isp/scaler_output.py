# SPDX-License-Identifier: MIT
"""The scaler's output: a queue that has room for all that is under way."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, fifo, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.video import Beat, VideoSignature, Ycbcr

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
    room_pixels : Out(1)
        Three more pixels may be on their way.
    room_beats : Out(1)
        Three more beats may come.
    o : Out(VideoSignature(Ycbcr(depth), ppc=ppc))

    Timing
    ------
    Latency 3 cycles; ``o`` comes from registers.
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
                "room_pixels": Out(1),
                "room_beats": Out(1),
                "o": Out(VideoSignature(Ycbcr(depth), ppc=ppc)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ppc, beats = self.ppc, self._beats
        step = (ppc - 1).bit_length()
        width = len(Value.cast(self.beat))
        # Read asynchronously: made of LUTs.
        m.submodules.queue = queue = fifo.SyncFIFO(width=width, depth=beats)

        # Pixels in the queue or on their way to it.
        capacity = beats * ppc
        reserved = Signal(range(capacity + 1))
        taken = Signal()
        m.d.sync += [
            taken.eq(self.o.valid & self.o.ready),
            reserved.eq(
                reserved + Mux(self.passes, ppc, self.leaves) - Mux(taken, ppc, 0),
            ),
        ]
        m.d.comb += [
            self.room_pixels.eq(reserved <= capacity - 3),
            self.room_beats.eq(reserved <= capacity - 3 * ppc),
        ]

        # Pixels to beats, with marks.
        left, lines = Signal(16), Signal(16)
        first, last, last_line = Signal(), Signal(), Signal()
        line = (self.width >> step).as_unsigned()
        place = Signal(range(max(ppc, 2)))
        full = self.valid & (place == ppc - 1)
        with m.If(self.start):
            m.d.sync += [self.busy.eq(1), first.eq(1), left.eq(line), lines.eq(self.height)]
            m.d.sync += [last.eq(line == 1), last_line.eq(self.height == 1)]
        with m.Elif(full):
            m.d.sync += [
                first.eq(0),
                left.eq(Mux(last, line, left - 1)),
                last.eq(Mux(last, line == 1, left == 2)),
            ]
            with m.If(last):
                m.d.sync += [
                    lines.eq(lines - 1),
                    last_line.eq(lines == 2),
                    self.busy.eq(~last_line),
                ]

        push = Signal()
        pushed: Any = Signal(self.beat.shape())
        joined = Value.cast(self.pixel)
        if ppc > 1:
            before = Signal(len(joined) * (ppc - 1))
            with m.If(self.valid):
                m.d.sync += [
                    before.eq(Cat(before, joined)[len(joined) :]),
                    place.eq(place + 1),
                ]
            joined = Cat(before, joined)
        m.d.sync += [
            push.eq(self.passes | full),
            pushed.eq(Mux(self.passes, Value.cast(self.beat), Cat(joined, first, last))),
        ]

        m.d.comb += [queue.w_en.eq(push), queue.w_data.eq(pushed)]
        moves = ~self.o.valid | self.o.ready
        m.d.comb += queue.r_en.eq(moves)
        with m.If(moves):
            m.d.sync += [self.o.valid.eq(queue.r_rdy), self.o.payload.eq(queue.r_data)]

        return m
