# SPDX-License-Identifier: MIT
"""Horizontal neighbourhoods of every pixel of a video stream."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from .video import VideoSignature

__all__ = ["RowWindow"]


class RowWindow(wiring.Component):
    """The pixels left and right of every pixel, in its line, borders mirrored.

    Beyond a border the line is continued by its mirror image, the outermost pixel not repeated
    (NumPy's ``reflect``). What comes after a line's last beat does not matter to that line, so if
    no beat follows, an empty one does: lines leave complete without waiting for the next.

    Parameters
    ----------
    pixel : ShapeLike
        Shape of a pixel.
    columns : int
        Pixels of the window, odd, at least 3.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(VideoSignature(pixel, ppc=ppc))
        Frames with lines of at least ``columns // 2 + 1`` pixels.
    o : Out(VideoSignature(ArrayLayout(pixel, columns), ppc=ppc))
        One window per pixel, from the left, in the order of the pixels.

    Timing
    ------
    Latency ``1 + ceil((columns // 2) / ppc)`` cycles, throughput 1 beat/cycle. ``i.ready`` depends
    combinationally on ``o.ready``, ``o.p`` on no input.

    Raises
    ------
    ValueError
        If ``columns`` is even or less than 3, or ``ppc`` is not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.windows`, of one row.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, pixel: ShapeLike, *, columns: int, ppc: int = 1) -> None:
        if columns < 3 or columns % 2 == 0:
            raise ValueError(f"columns must be odd and at least 3, not {columns!r}")
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        self.columns, self.ppc = columns, ppc
        self._bits = Shape.cast(pixel).width
        super().__init__(
            {
                "i": In(VideoSignature(pixel, ppc=ppc)),
                "o": Out(VideoSignature(data.ArrayLayout(pixel, columns), ppc=ppc)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reach = self.columns // 2
        middle = -(-reach // self.ppc)

        # beats, newest first, and what they are: of the frame at all, at which border
        beats: Any = Signal(
            data.ArrayLayout(data.ArrayLayout(self._bits, self.ppc), 2 * middle + 1)
        )
        marks_shape = data.StructLayout({"live": 1, "sof": 1, "first": 1, "last": 1})
        marks: Any = Signal(data.ArrayLayout(marks_shape, 2 * middle + 1))
        newest: Any = Signal(marks_shape)
        advance, step = Signal(), Signal()
        between = Signal(init=1)  # lines
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance),
            step.eq(self.i.valid | marks[0].last | ~marks[0].live),
            newest.live.eq(self.i.valid),
            newest.sof.eq(self.i.valid & self.i.p.sof),
            newest.first.eq(self.i.valid & (self.i.p.sof | between)),
            newest.last.eq(self.i.valid & self.i.p.eol),
        ]
        with m.If(advance):
            m.d.sync += self.o.valid.eq(step & marks[middle - 1].live)
            with m.If(step):
                m.d.sync += [
                    beats.eq(Cat(self.i.p.pixel, beats)),
                    marks.eq(Cat(newest, marks)),
                ]
            with m.If(self.i.valid):
                m.d.sync += between.eq(self.i.p.eol)

        line = [
            self._mirrored(beats, marks, middle, place) for place in range(-reach, self.ppc + reach)
        ]
        windows = [line[index : index + self.columns] for index in range(self.ppc)]
        beat = Cat(windows, marks[middle].sof, marks[middle].last)
        m.d.comb += Value.cast(self.o.payload).eq(beat)

        return m

    def _mirrored(self, beats: Any, marks: Any, middle: int, place: int) -> Value:
        """Pixel at ``place``, counted from the middle beat's first, taken from within the line."""

        def pixel(at: int) -> Value:
            return beats[middle - at // self.ppc][at % self.ppc]

        value = pixel(place)
        for k in reversed(range(middle + 1)):  # the nearest border counts
            border = -k * self.ppc
            if place < border:
                value = Mux(marks[middle + k].first, pixel(2 * border - place), value)
            border = (k + 1) * self.ppc - 1
            if place > border:
                value = Mux(marks[middle - k].last, pixel(2 * border - place), value)
        return value
