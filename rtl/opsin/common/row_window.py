# SPDX-License-Identifier: MIT
"""Horizontal neighbourhoods of every pixel of a video stream."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data

from .flow import FlowBlock, delayed
from .shift import Shift

__all__ = ["RowWindow"]


class RowWindow(FlowBlock):
    """The pixels left and right of every pixel, in its line, borders mirrored.

    Beyond a border the line is continued by its mirror image, the outermost pixel not repeated
    (NumPy's ``reflect``).

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
    i : In(FlowSignature(pixel, ppc=ppc))
        Frames with lines of at least ``columns // 2 + 1`` pixels.
    o : Out(FlowSignature(ArrayLayout(pixel, columns), ppc=ppc))
        One window per pixel, from the left, in the order of the pixels.

    Timing
    ------
    Latency 2 cycles. A window leaves ``ceil((columns // 2) / ppc)`` slots behind its beat.

    Raises
    ------
    ValueError
        If ``columns`` is even or less than 3, or ``ppc`` is not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.windows`, of one row.
    """

    def __init__(self, pixel: ShapeLike, *, columns: int, ppc: int = 1) -> None:
        if columns < 3 or columns % 2 == 0:
            raise ValueError(f"columns must be odd and at least 3, not {columns!r}")
        self.columns = columns
        self._bits = Shape.cast(pixel).width
        super().__init__(pixel, data.ArrayLayout(pixel, columns), ppc=ppc, latency=2)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reach = self.columns // 2
        middle = -(-reach // self.ppc)

        # Beats, newest first, and what they are: of the frame at all, at which border.
        m.submodules.window = window = Shift(self.ppc * self._bits, 2 * middle + 1)
        beats: Any = data.View(
            data.ArrayLayout(data.ArrayLayout(self._bits, self.ppc), 2 * middle + 1),
            Value.cast(window.words),
        )
        marks_shape = data.StructLayout({"live": 1, "sof": 1, "first": 1, "last": 1})
        marks: Any = Signal(data.ArrayLayout(marks_shape, 2 * middle + 1))
        between = Signal(init=1)  # lines
        newest = Cat(
            self.i.live,
            self.i.live & self.i.p.sof,
            self.i.live & (self.i.p.sof | between),
            self.i.live & self.i.p.eol,
        )
        newest = delayed(m, newest, 1, "newest")
        step = delayed(m, self.i.step, 1, "step")
        m.d.comb += [
            window.step.eq(self.i.step),
            window.word.eq(delayed(m, Value.cast(self.i.p.pixel), 1, "pixel")),
        ]
        m.d.sync += [
            self.o.step.eq(step),
            self.o.live.eq(step & marks[middle - 1].live),
        ]
        with m.If(step):
            m.d.sync += marks.eq(Cat(newest, marks))
        with m.If(self.i.live):
            m.d.sync += between.eq(self.i.p.eol)

        line = [
            self._mirrored(beats, marks, middle, place) for place in range(-reach, self.ppc + reach)
        ]
        windows = [line[index : index + self.columns] for index in range(self.ppc)]
        beat = Cat(windows, marks[middle].sof, marks[middle].last)
        m.d.comb += Value.cast(self.o.p).eq(beat)

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
