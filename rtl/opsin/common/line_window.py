# SPDX-License-Identifier: MIT
"""Neighbourhoods of every pixel of a video stream."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data
from amaranth.lib.wiring import In

from .flow import FlowBlock, delayed
from .line_memory import LineMemory
from .line_scan import ColumnMarks, LineScan

__all__ = ["LineWindow", "Window"]


class Window(data.ArrayLayout):
    """``rows`` × ``columns`` pixels, ``[row][column]`` from the top left."""

    def __init__(self, pixel: ShapeLike, rows: int, columns: int) -> None:
        super().__init__(data.ArrayLayout(pixel, columns), rows)


class LineWindow(FlowBlock):
    """The window around every pixel of every frame, borders mirrored.

    Beyond a border the frame is continued by its mirror image, the outermost line or column not
    repeated (NumPy's ``reflect``). The last ``rows - 1`` lines lie side by side in one memory.
    Columns of ``rows`` pixels, mirrored at top and bottom, ``ppc`` a beat, shift through the window
    without regard to line ends; at the left and right border the columns that belong to another
    line are replaced by the mirrored ones, which are in the window too.

    Parameters
    ----------
    pixel : ShapeLike
        Shape of a pixel.
    rows, columns : int
        Size of the window, odd, at least 3.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(FlowSignature(pixel, ppc=ppc))
        Well-formed frames.
    o : Out(FlowSignature(Window(pixel, rows, columns), ppc=ppc))
        One window per pixel, in the order of the pixels.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc`` of at least 2 beats and at least
        ``columns // 2 + 1``; a setting, see :class:`~opsin.common.flow.FlowBlock`.
    height : In(16)
        Lines, at least ``rows // 2 + 1``; a setting.

    Timing
    ------
    Latency 5 cycles. With ``line = width / ppc`` beats, window ``k`` leaves in the slot of beat
    ``k + rows // 2 * line + ceil((columns // 2) / ppc)``, or in an empty one behind the frame. From
    one slot to the next in the same column there must be at least 4 cycles.

    Raises
    ------
    ValueError
        If ``rows`` or ``columns`` is even or too small, ``ppc`` is not 1, 2 or 4, or ``max_width``
        is less than ``columns``, less than 2 beats or no multiple of ``ppc``.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.windows`.
    """

    width: Value
    height: Value

    def __init__(
        self, pixel: ShapeLike, *, rows: int, columns: int, max_width: int, ppc: int = 1
    ) -> None:
        self.rows, self.columns, self.max_width = rows, columns, max_width
        self._bits = Shape.cast(pixel).width
        self._scan = LineScan(rows=rows, columns=columns, max_width=max_width, ppc=ppc)
        super().__init__(
            pixel,
            Window(pixel, rows, columns),
            ppc=ppc,
            latency=5,
            ports={"width": In(range(max_width + 1)), "height": In(unsigned(16))},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.scan = scan = self._scan
        column_shape = data.ArrayLayout(unsigned(self._bits), self.rows)
        columns_shape = data.ArrayLayout(column_shape, self.ppc)
        lines_shape = data.ArrayLayout(
            data.ArrayLayout(unsigned(self._bits), self.rows - 1), self.ppc
        )
        m.submodules.lines = lines = LineMemory(lines_shape, depth=self.max_width // self.ppc)
        m.d.comb += [
            scan.step.eq(self.i.step),
            scan.sof.eq(self.i.live & self.i.p.sof),
            scan.width.eq(self.width),
            scan.height.eq(self.height),
        ]

        # A pixel meets the pixels above it, which come from the memory two cycles after it is
        # asked for them, and all but the topmost are written back.
        marks_shape = ColumnMarks(self._scan.reach)
        asked: Any = Signal(data.StructLayout({"place": scan.column.shape(), "step": 1}))
        marks: Any = Signal(marks_shape)
        columns: Any = Signal(columns_shape)
        step, place = Signal(), Signal.like(scan.column)
        met = delayed(m, Value.cast(self.i.p.pixel), 3, "met").word_select
        m.d.sync += [
            asked.place.eq(scan.column),
            asked.step.eq(self.i.step),
            step.eq(delayed(m, asked.step, 2, "step")),
            place.eq(delayed(m, asked.place, 2, "place")),
            marks.eq(delayed(m, scan.marks, 3, "marks")),
        ]
        m.d.comb += [
            lines.read_addr.eq(asked.place),
            lines.write_addr.eq(place),
            lines.write_en.eq(step),
        ]
        for index in range(self.ppc):
            column = columns[index]
            m.d.sync += Value.cast(column).eq(Cat(lines.read_data[index], met(index, self._bits)))
            below = Cat(column[k] for k in range(1, self.rows))
            m.d.comb += Value.cast(lines.write_data[index]).eq(below)

        # The window, newest columns first, and the marks of its beats.
        middle = self._scan.overhang
        beats = 2 * middle + 1
        window: Any = Signal(data.ArrayLayout(columns_shape, beats))
        history: Any = Signal(data.ArrayLayout(marks_shape, beats))
        mirrored = [self._mirrored_column(columns[k], marks) for k in range(self.ppc)]
        m.d.sync += [self.o.step.eq(step), self.o.live.eq(step & history[middle - 1].live)]
        with m.If(step):
            m.d.sync += [
                window.eq(Cat(mirrored, window)),
                history.eq(Cat(marks, history)),
            ]
        reach = self.columns // 2
        line = [
            self._mirrored_row(window, history, place) for place in range(-reach, self.ppc + reach)
        ]
        windows = [
            [[column[row] for column in line[index : index + self.columns]]
             for row in range(self.rows)]
            for index in range(self.ppc)
        ]  # fmt: skip
        # One assignment: Icarus is several times slower on wide wires that are driven in parts.
        beat = Cat(windows, history[middle].sof, history[middle].last)
        m.d.comb += Value.cast(self.o.p).eq(beat)

        return m

    def _mirrored_column(self, column: Any, marks: Any) -> Value:
        """Replace what lies above the first and below the last line."""
        reach = self.rows // 2
        rows = []
        for offset in range(-reach, reach + 1):
            value = column[reach + offset]
            for k in range(abs(offset)):
                if offset < 0:
                    value = Mux(marks.top[k], column[reach - 2 * k - offset], value)
                else:
                    value = Mux(marks.bottom[k], column[reach + 2 * k - offset], value)
            rows.append(value)
        return Cat(rows)

    def _mirrored_row(self, window: Any, history: Any, place: int) -> list[Value]:
        """Column ``place``, counted from the middle beat's first, taken from within the line.

        The line's first column lies in beat ``-k``, or its last one in beat ``k``. At most one of
        the conditions that reach so far holds, as lines are longer than half the window.
        """
        middle, ppc = self._scan.overhang, self.ppc

        def column(place: int) -> list[Value]:
            return [window[middle - place // ppc][place % ppc][row] for row in range(self.rows)]

        values = column(place)
        for k in range(middle + 1):
            first, last = -k * ppc, k * ppc + ppc - 1
            if place < first:
                beyond, mirror = history[middle + k].first, column(2 * first - place)
            elif place > last:
                beyond, mirror = history[middle - k].last, column(2 * last - place)
            else:
                break
            values = [Mux(beyond, *pair) for pair in zip(mirror, values, strict=True)]
        return values
