# SPDX-License-Identifier: MIT
"""Neighbourhoods of every pixel of a video stream."""

from typing import Any

from amaranth import Cat, Const, Module, Signal, Value, unsigned
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data
from amaranth.lib.wiring import In

from .flow import FlowBlock, delayed
from .line_memory import LineMemory
from .line_scan import ColumnMarks, LineScan
from .mirror import mirrored_column, mirrored_columns
from .shift import Shift

__all__ = ["Around", "LineWindow", "Window"]


class Window(data.ArrayLayout):
    """``rows`` × ``columns`` pixels, ``[row][column]`` from the top left."""

    def __init__(self, pixel: ShapeLike, rows: int, columns: int) -> None:
        super().__init__(data.ArrayLayout(pixel, columns), rows)


class Around(data.StructLayout):
    """A pixel, and the ``window`` of its field ``near``."""

    def __init__(self, pixel: data.StructLayout, near: str, rows: int, columns: int) -> None:
        window = Window(pixel.members[near], rows, columns)
        super().__init__({"pixel": pixel, "window": window})


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
    near : str or None
        The field of ``pixel``, a structure, that is wanted of all pixels around. The others are
        only carried along, which takes half the memory. None: the whole pixel is.

    Members
    -------
    i : In(FlowSignature(pixel, ppc=ppc))
        Well-formed frames.
    o : Out(FlowSignature(Window(pixel, rows, columns), ppc=ppc))
        One window per pixel, in the order of the pixels. With ``near``,
        ``Around(pixel, near, rows, columns)``.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc`` of at least 2 beats and at least
        ``columns // 2 + 1``; a setting, see :class:`~opsin.common.flow.FlowBlock`.
    height : In(16)
        Lines, at least ``rows // 2 + 1``; a setting.

    Timing
    ------
    Latency 6 cycles. With ``line = width / ppc`` beats, window ``k`` leaves in the slot of beat
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
        self,
        pixel: Any,
        *,
        rows: int,
        columns: int,
        max_width: int,
        ppc: int = 1,
        near: str | None = None,
    ) -> None:
        self.rows, self.columns, self.max_width = rows, columns, max_width
        self._pixel, self._near = pixel, near
        self._bits = Shape.cast(pixel.members[near] if near else pixel).width
        self._carried = Shape.cast(pixel).width - self._bits
        self._scan = LineScan(rows=rows, columns=columns, max_width=max_width, ppc=ppc)
        super().__init__(
            pixel,
            Around(pixel, near, rows, columns) if near else Window(pixel, rows, columns),
            ppc=ppc,
            latency=6,
            ports={"width": In(range(max_width + 1)), "height": In(unsigned(16))},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.scan = scan = self._scan
        reach = self.rows // 2
        near_shape = data.ArrayLayout(unsigned(self._bits), self.rows)
        carried_shape = data.ArrayLayout(unsigned(self._carried), reach + 1)
        # of a column: what comes new is last, and the oldest of each is not written back
        column_shape = data.StructLayout({"near": near_shape, "carried": carried_shape})
        stored = column_shape.size - self._bits - self._carried
        m.submodules.lines = lines = LineMemory(
            data.ArrayLayout(unsigned(stored), self.ppc), depth=self.max_width // self.ppc
        )
        scan.connect(m, platform, self.i)
        m.d.comb += [scan.width.eq(self.width), scan.height.eq(self.height)]

        # A pixel meets the pixels above it, which come from the memory two cycles after it is
        # asked for them.
        marks_shape = ColumnMarks(reach)
        marks: Any = Signal(marks_shape)
        columns: Any = Signal(data.ArrayLayout(column_shape, self.ppc))
        step, place = Signal(), Signal.like(scan.column)
        meets = delayed(m, scan.passes, 2, "step")
        m.d.sync += [
            step.eq(meets),
            place.eq(delayed(m, scan.column, 2, "place")),
            marks.eq(delayed(m, scan.marks, 2, "marks")),
        ]
        m.d.comb += [
            lines.read_addr.eq(scan.column),
            lines.write_addr.eq(place),
            lines.write_en.eq(step),
        ]
        met: Any = delayed(m, self.i.p.pixel, 4, "met")
        above = (self.rows - 1) * self._bits
        for index in range(self.ppc):
            column = columns[index]
            near, carried = self._split(met[index])
            old = lines.read_data[index]
            m.d.sync += Value.cast(column).eq(Cat(old[:above], near, old[above:], carried))
            m.d.comb += lines.write_data[index].eq(
                Cat(*(column.near[k] for k in range(1, self.rows)),
                    *(column.carried[k] for k in range(1, reach + 1)))
            )  # fmt: skip

        # The window, newest columns first, and the marks of its beats.
        middle = self._scan.overhang
        beats = 2 * middle + 1
        m.submodules.window = window = Shift(self.ppc * near_shape.size, beats)
        m.submodules.along = along = Shift(self.ppc * self._carried, middle + 1)
        history: Any = Signal(data.ArrayLayout(marks_shape, beats))
        mirrored = [mirrored_column(columns[k].near, marks) for k in range(self.ppc)]
        m.d.comb += [
            window.step.eq(meets),
            along.step.eq(meets),
            window.word.eq(Cat(mirrored)),
            along.word.eq(Cat(columns[k].carried[0] for k in range(self.ppc))),
        ]
        m.d.sync += [self.o.step.eq(step), self.o.live.eq(step & history[middle - 1].live)]
        with m.If(step):
            m.d.sync += history.eq(Cat(marks, history))
        beats_of: Any = data.View(
            data.ArrayLayout(data.ArrayLayout(near_shape, self.ppc), beats),
            Value.cast(window.words),
        )
        across = self.columns // 2
        line = [
            mirrored_columns(beats_of, history, place)
            for place in range(-across, self.ppc + across)
        ]
        windows: list[list[Any]] = [
            [[column[row] for column in line[index : index + self.columns]]
             for row in range(self.rows)]
            for index in range(self.ppc)
        ]  # fmt: skip
        if self._near:
            late = along.words[middle]
            windows = [
                [
                    *self._joined(
                        late.word_select(k, self._carried), window[reach][self.columns // 2]
                    ),
                    window,
                ]
                for k, window in enumerate(windows)
            ]
        # One assignment: Icarus is several times slower on wide wires that are driven in parts.
        beat = Cat(windows, history[middle].sof, history[middle].last)
        m.d.comb += Value.cast(self.o.p).eq(beat)

        return m

    def _split(self, pixel: Any) -> tuple[Value, Value]:
        """Return what is wanted of all pixels, and what is carried."""
        if not self._near:
            return Value.cast(pixel), Const(0, 0)
        others = [Value.cast(pixel[name]) for name in self._pixel.members if name != self._near]
        return Value.cast(pixel[self._near]), Cat(others)

    def _joined(self, carried: Value, near: Value) -> list[Value]:
        """Return the fields of the pixel in their places."""
        fields = []
        for name, shape in self._pixel.members.items():
            if name == self._near:
                fields.append(near)
            else:
                fields.append(carried[: (bits := Shape.cast(shape).width)])
                carried = carried[bits:]
        return fields
