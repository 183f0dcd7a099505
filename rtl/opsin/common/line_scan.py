# SPDX-License-Identifier: MIT
"""Place of every beat of columns in a frame that is read with some lines of delay."""

from typing import Any

from amaranth import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["ColumnMarks", "LineScan"]


class ColumnMarks(data.StructLayout):
    """What a beat of columns must know of its place; their middle lies ``reach`` lines back.

    ``live``: the middle is a beat of the frame, ``sof``: its first beat, ``first`` and ``last``:
    the first and last of its line. Bit ``k`` of ``top`` (``bottom``): ``k`` lines of the frame,
    fewer than ``reach``, lie above (below) the middle.
    """

    def __init__(self, reach: int) -> None:
        super().__init__(
            {"live": 1, "sof": 1, "first": 1, "last": 1, "top": reach, "bottom": reach}
        )


class LineScan(wiring.Component):
    """Count a frame's beats in, and the steps that push the last of them out.

    A beat with ``sof`` starts a frame, also in the middle of another, which is truncated. After
    ``width / ppc * height`` beats come the steps of ``reach`` more lines and of the ``overhang``,
    the beats that hold half a window's columns; beats wait. Other beats outside a frame are taken
    and ignored.

    From one step to the next in the same column there are at least 3 cycles, which the line memory
    needs: lines of 2 beats have a pause.

    Parameters
    ----------
    rows, columns : int
        Size of the window, odd, at least 3; ``reach = rows // 2``.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4; ``overhang = ceil((columns // 2) / ppc)``.

    Members
    -------
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc`` of at least 2 beats (``ppc`` 1: 3 beats) and at
        least ``columns // 2 + 1``; taken with ``sof``.
    height : In(16)
        Lines, at least ``reach + 1``; taken with ``sof``.
    valid, sof : In(1)
        A beat is offered; it starts a frame.
    advance : In(1)
        What follows can take a column; nothing changes without it.
    ready : Out(1)
        A beat can enter.
    step : Out(1)
        Columns enter: a beat, or one step of flushing.
    column : Out(range(max_width // ppc))
        The beat's place in the line.
    marks : Out(ColumnMarks(reach))
        Of the beat that enters.

    Timing
    ------
    ``step``, ``column`` and ``marks`` depend combinationally on ``valid`` and ``sof``; ``ready``
    comes from registers.

    Raises
    ------
    ValueError
        If ``rows`` or ``columns`` is even or too small, ``ppc`` is not 1, 2 or 4, or ``max_width``
        is less than ``columns``, less than 2 beats or no multiple of ``ppc``.
    """

    width: Value
    height: Value
    valid: Value
    sof: Value
    advance: Value
    ready: Value
    step: Value
    column: Value
    marks: Any

    def __init__(self, *, rows: int, columns: int, max_width: int, ppc: int = 1) -> None:
        for name, value in (("rows", rows), ("columns", columns)):
            if value < 3 or value % 2 == 0:
                raise ValueError(f"{name} must be odd and at least 3, not {value!r}")
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        if max_width < (least := max(columns, 2 * ppc)):
            raise ValueError(f"max_width must be at least {least}, not {max_width!r}")
        if max_width % ppc:
            raise ValueError(f"max_width must be a multiple of ppc = {ppc}, not {max_width!r}")
        self.ppc = ppc
        self.reach = rows // 2
        self.overhang = -(-(columns // 2) // ppc)
        super().__init__(
            {
                "width": In(range(max_width + 1)),
                "height": In(16),
                "valid": In(1),
                "sof": In(1),
                "advance": In(1),
                "ready": Out(1),
                "step": Out(1),
                "column": Out(range(max_width // ppc)),
                "marks": Out(ColumnMarks(self.reach)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reach = self.reach

        running, flushing = Signal(), Signal()
        short, pause = Signal(), Signal()
        x = Signal.like(self.column)
        last_column = Signal.like(self.column)
        line, last_line = Signal(16), Signal(16)
        above = Signal(range(2 * reach + 1))  # lines entered before this one, saturating
        below = Signal(range(reach + 1))  # lines flushed before this one

        begin, last, tail = Signal(), Signal(), Signal()
        entered = Signal.like(above)
        m.d.comb += [
            self.ready.eq(~flushing & ~pause),
            begin.eq(self.valid & self.sof & self.ready),
            self.step.eq(~pause & (flushing | (self.valid & (self.sof | running)))),
            self.column.eq(Mux(begin, 0, x)),
            entered.eq(Mux(begin, 0, above)),
            last.eq(~begin & (x == last_column)),
            tail.eq(flushing & (below == reach)),
            self.marks.live.eq((entered >= reach) & ~tail),
            self.marks.first.eq(self.column == 0),
            self.marks.last.eq(last),
            self.marks.sof.eq((entered == reach) & (self.column == 0)),
        ]
        for k in range(reach):
            m.d.comb += [
                self.marks.top[k].eq(entered == reach + k),
                self.marks.bottom[k].eq(flushing & (below == reach - 1 - k)),
            ]

        with m.If(self.advance & self.step):
            m.d.sync += x.eq(self.column + 1)
            with m.If(begin):
                m.d.sync += [
                    running.eq(1),
                    above.eq(0),
                    below.eq(0),
                    line.eq(0),
                    last_column.eq(self.width // self.ppc - 1),
                    last_line.eq(self.height - 1),
                ]
            with m.Elif(last):
                m.d.sync += [
                    x.eq(0),
                    above.eq(Mux(above == 2 * reach, above, above + 1)),
                    line.eq(line + 1),
                    below.eq(below + flushing),
                ]
                with m.If(line == last_line):
                    m.d.sync += [running.eq(0), flushing.eq(1)]
            with m.If(tail & (x == self.overhang - 1)):
                m.d.sync += flushing.eq(0)
        if self.ppc > 1:
            with m.If(self.advance):
                m.d.sync += pause.eq(self.step & last & short)
                with m.If(self.step & begin):
                    m.d.sync += short.eq(self.width == 2 * self.ppc)

        return m
