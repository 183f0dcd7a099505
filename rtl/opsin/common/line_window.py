# SPDX-License-Identifier: MIT
"""Neighbourhoods of every pixel of a video stream."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from .line_scan import ColumnMarks, LineScan
from .video import VideoSignature

__all__ = ["LineWindow", "Window"]


class Window(data.ArrayLayout):
    """``rows`` × ``columns`` pixels, ``[row][column]`` from the top left."""

    def __init__(self, pixel: ShapeLike, rows: int, columns: int) -> None:
        super().__init__(data.ArrayLayout(pixel, columns), rows)


class LineWindow(wiring.Component):
    """The window around every pixel of every frame, borders mirrored.

    Beyond a border the frame is continued by its mirror image, the outermost line or column not
    repeated (NumPy's ``reflect``). The last ``rows - 1`` lines lie side by side in one memory.
    Columns of ``rows`` pixels, mirrored at top and bottom, shift through the window without regard
    to line ends; at the left and right border the columns that belong to another line are
    replaced by the mirrored ones, which are in the window too.

    Parameters
    ----------
    pixel : ShapeLike
        Shape of a pixel.
    rows, columns : int
        Size of the window, odd, at least 3.
    max_width : int
        Pixels of the longest line.

    Members
    -------
    i : In(VideoSignature(pixel))
        Well-formed frames; beats outside a frame are ignored, an early ``sof`` truncates the
        frame it interrupts.
    o : Out(VideoSignature(Window(pixel, rows, columns)))
        One window per pixel, in the order of the pixels.
    width : In(range(max_width + 1))
        Pixels per line, at least ``max(3, columns // 2 + 1)``; sampled with ``sof``.
    height : In(16)
        Lines, at least ``rows // 2 + 1``; sampled with ``sof``.

    Timing
    ------
    Window ``k`` leaves 3 cycles after pixel ``k + rows // 2 * width + columns // 2`` came, or
    would have: after the last pixel the block flushes itself for that many cycles, ``i`` waiting.
    Throughput 1 pixel/cycle, ``width * height + rows // 2 * width + columns // 2`` cycles a
    frame. ``i.ready`` depends combinationally on ``o.ready``, ``o.p`` on no input.

    Raises
    ------
    ValueError
        If ``rows`` or ``columns`` is even or too small, or ``max_width`` less than ``columns``.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.windows`.
    """

    i: stream.Interface
    o: stream.Interface
    width: Value
    height: Value

    def __init__(self, pixel: ShapeLike, *, rows: int, columns: int, max_width: int) -> None:
        self.rows, self.columns = rows, columns
        self._bits = Shape.cast(pixel).width
        self._scan = LineScan(rows=rows, columns=columns, max_width=max_width)
        super().__init__(
            {
                "i": In(VideoSignature(pixel)),
                "o": Out(VideoSignature(Window(pixel, rows, columns))),
                "width": In(range(max_width + 1)),
                "height": In(unsigned(16)),
            }
        )
        self.max_width = max_width

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.scan = scan = self._scan
        column_shape = data.ArrayLayout(unsigned(self._bits), self.rows)
        lines_shape = data.ArrayLayout(unsigned(self._bits), self.rows - 1)
        m.submodules.lines = lines = Memory(shape=lines_shape, depth=self.max_width, init=[])
        read, write = lines.read_port(), lines.write_port()

        advance = Signal()
        m.d.comb += [
            advance.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(advance & ~scan.flushing),
            scan.advance.eq(advance),
            scan.valid.eq(self.i.valid),
            scan.sof.eq(self.i.p.sof),
            scan.width.eq(self.width),
            scan.height.eq(self.height),
            read.addr.eq(scan.column),
            read.en.eq(advance),
        ]

        # A pixel meets the pixels above it, which come from the memory, and all but the topmost
        # are written back. Writing again while the pipeline stands still changes nothing.
        marks_shape = ColumnMarks(self._scan.reach)
        pixel = Signal(self._bits)
        place, place_2 = Signal.like(scan.column), Signal.like(scan.column)
        marks: Any = Signal(marks_shape)
        marks_2: Any = Signal(marks_shape)
        met, met_2 = Signal(), Signal()
        column: Any = Signal(column_shape)
        m.d.comb += [
            write.addr.eq(place_2),
            write.data.eq(Cat(column[k] for k in range(1, self.rows))),
            write.en.eq(met_2),
        ]
        with m.If(advance):
            m.d.sync += [
                pixel.eq(self.i.p.pixel[0]),
                place.eq(scan.column),
                marks.eq(scan.marks),
                met.eq(scan.step),
                column.eq(Cat(read.data, pixel)),
                place_2.eq(place),
                marks_2.eq(marks),
                met_2.eq(met),
            ]

        # The window, newest column first, and the marks of its columns.
        middle = self.columns // 2
        window: Any = Signal(data.ArrayLayout(column_shape, self.columns))
        history: Any = Signal(data.ArrayLayout(marks_shape, self.columns))
        with m.If(advance):
            m.d.sync += self.o.valid.eq(met_2 & history[middle - 1].live)
            with m.If(met_2):
                m.d.sync += [
                    window.eq(Cat(self._mirrored_column(column, marks_2), window)),
                    history.eq(Cat(marks_2, history)),
                ]
        m.d.comb += [
            self.o.p.sof.eq(history[middle].sof),
            self.o.p.eol.eq(history[middle].last),
        ]
        for index in range(self.columns):
            for row, value in enumerate(self._mirrored_row(window, history, index)):
                m.d.comb += Value.cast(self.o.p.pixel[0][row][index]).eq(value)

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

    def _mirrored_row(self, window: Any, history: Any, index: int) -> list[Value]:
        """Pixels of column ``index``, counted from the left, taken from within the line."""
        middle = self.columns // 2
        offset = index - middle
        values = [window[middle - offset][row] for row in range(self.rows)]
        for k in range(abs(offset)):
            if offset < 0:
                beyond, source = history[middle + k].first, -2 * k - offset
            else:
                beyond, source = history[middle - k].last, 2 * k - offset
            mirror = window[middle - source]
            values = [Mux(beyond, mirror[row], value) for row, value in enumerate(values)]
        return values
