# SPDX-License-Identifier: MIT
"""Horizontal neighbourhoods of every pixel of a video stream."""

from typing import Any

from amaranth import Cat, Module, Signal, Value
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
    Latency 3 cycles; ``o`` comes from registers. A window leaves ``ceil((columns // 2) / ppc)``
    slots behind its beat.

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
        super().__init__(pixel, data.ArrayLayout(pixel, columns), ppc=ppc, latency=3)

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
        newest_marks: Any = data.View(marks_shape, newest)
        step = delayed(m, self.i.step, 1, "step")
        m.d.comb += [
            window.step.eq(self.i.step),
            window.word.eq(delayed(m, Value.cast(self.i.p.pixel), 1, "pixel")),
        ]
        # Where the line begins and ends, as seen from the beat in the middle: the nearest counts.
        left, right = Signal(middle + 1), Signal(middle + 1)
        with m.If(step):
            shifted = [newest_marks, *(marks[k] for k in range(2 * middle))]
            m.d.sync += [
                marks.eq(Cat(newest, marks)),
                left.eq(_nearest([mark.first for mark in shifted[middle:]])),
                right.eq(_nearest([mark.last for mark in reversed(shifted[: middle + 1])])),
            ]
        m.d.sync += [
            self.o.step.eq(delayed(m, step, 1, "moved")),
            self.o.live.eq(delayed(m, step & marks[middle - 1].live, 1, "left")),
        ]
        with m.If(self.i.live):
            m.d.sync += between.eq(self.i.p.eol)

        line = [_mirrored(beats, left, right, place) for place in range(-reach, self.ppc + reach)]
        windows = [line[index : index + self.columns] for index in range(self.ppc)]
        # One assignment: Icarus is several times slower on wide wires that are driven in parts.
        m.d.sync += Value.cast(self.o.p).eq(Cat(windows, marks[middle].sof, marks[middle].last))

        return m


def _nearest(marks: list[Value]) -> Value:
    """Keep of several marks the first."""
    return Cat(mark & ~Cat(marks[:k]).any() for k, mark in enumerate(marks))


def _mirrored(beats: Any, left: Value, right: Value, place: int) -> Value:
    """Return the pixel at ``place``, counted from the middle beat's first, from within the line.

    Bit ``k`` of ``left`` (``right``): the line begins (ends) ``k`` beats before (after) the middle.
    """
    middle, ppc = len(beats) // 2, len(beats[0])

    def pixel(at: int) -> Value:
        return beats[middle - at // ppc][at % ppc]

    used = [
        (left[k], pixel(-2 * k * ppc - place)) for k in range(middle + 1) if place < -k * ppc
    ] + [
        (right[k], pixel(2 * ((k + 1) * ppc - 1) - place))
        for k in range(middle + 1)
        if place > (k + 1) * ppc - 1
    ]
    own = pixel(place)
    if not used:
        return own
    inside = ~Cat(mark for mark, _ in used).any()
    total: Value = own & inside.replicate(len(own))
    for mark, other in used:
        total = total | (other & mark.replicate(len(own)))
    return total
