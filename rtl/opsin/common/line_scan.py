# SPDX-License-Identifier: MIT
"""Place of every slot of columns in a frame that is read with some lines of delay."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .lone_register import lone_register

__all__ = ["ColumnMarks", "LineScan"]


class ColumnMarks(data.StructLayout):
    """What a slot of columns must know of its place; their middle lies ``reach`` lines back.

    ``live``: the middle is a beat of the frame, ``sof``: its first beat, ``first`` and ``last``:
    the first and last of its line. Bit ``k`` of ``top`` (``bottom``): ``k`` lines of the frame,
    fewer than ``reach``, lie above (below) the middle.
    """

    def __init__(self, reach: int) -> None:
        super().__init__(
            {"live": 1, "sof": 1, "first": 1, "last": 1, "top": reach, "bottom": reach}
        )


class LineScan(wiring.Component):
    """Count a frame's beats, and the empty slots that push the last of them out.

    A beat with ``sof`` starts a frame. After its ``width / ppc * height`` beats the slots count as
    ``reach`` more lines; then there are no columns until the next frame.

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
        Pixels per line, a multiple of ``ppc`` of at least 2 beats and at least
        ``columns // 2 + 1``; a setting, see :class:`~opsin.common.flow.FlowBlock`.
    height : In(16)
        Lines, at least ``reach + 1``; a setting.
    step, sof : In(1)
        A slot passes; it carries the first beat of a frame.
    passes : Out(1)
        A slot passed in the cycle before.
    column : Out(range(max_width // ppc))
        That slot's place in the line.
    marks : Out(ColumnMarks(reach))
        Of that slot.

    Timing
    ------
    Latency 1 cycle. All outputs but ``marks`` come from registers.

    Raises
    ------
    ValueError
        If ``rows`` or ``columns`` is even or too small, ``ppc`` is not 1, 2 or 4, or ``max_width``
        is less than ``columns``, less than 2 beats or no multiple of ``ppc``.
    """

    width: Value
    height: Value
    step: Value
    sof: Value
    passes: Value
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
                "step": In(1),
                "sof": In(1),
                "passes": Out(1),
                "column": Out(range(max_width // ppc)),
                "marks": Out(ColumnMarks(self.reach)),
            }
        )

    def connect(self, m: Module, platform: object, i: Any) -> None:
        """Follow the slots of ``i``, a cycle late: a frame's start clears counters all over.

        The register that does must have nothing behind it.
        """
        m.d.sync += self.step.eq(i.step)
        m.d.comb += self.sof.eq(lone_register(m, platform, i.live & i.p.sof, name="begins"))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reach = self.reach

        # What to compare with is settled when a frame begins; what was compared, a step later.
        last_column, last_line = Signal.like(self.column), Signal(16)
        left = Signal.like(self.column)  # beats of the line that are to come
        first, last = Signal(), Signal()
        line, line_last = Signal(16), Signal()
        above = Signal(2 * reach)  # bit k: more than k lines came before this one
        after = Signal(reach + 1, init=-1)  # bit k: more than k from the last of the frame on
        m.d.sync += [
            last_column.eq(self.width // self.ppc - 1),
            last_line.eq(self.height - 1),
            line_last.eq(line == last_line),
            self.passes.eq(self.step),
        ]

        m.d.comb += [
            self.marks.live.eq(above[reach - 1] & ~after[reach]),
            self.marks.sof.eq(above[reach - 1] & ~above[reach] & first),
            self.marks.first.eq(first),
            self.marks.last.eq(last),
        ]
        for k in range(reach):
            m.d.comb += [
                self.marks.top[k].eq(above[reach + k - 1] & ~above[reach + k]),
                self.marks.bottom[k].eq(after[reach - 1 - k] & ~after[reach - k]),
            ]

        with m.If(self.sof):
            m.d.sync += [self.column.eq(0), first.eq(1), last.eq(0), left.eq(last_column)]
            m.d.sync += [above.eq(0), after.eq(0), line.eq(0)]
        with m.Elif(self.passes):
            m.d.sync += [
                self.column.eq(Mux(last, 0, self.column + 1)),
                left.eq(Mux(last, last_column, left - 1)),
                first.eq(last),
                last.eq(left == 1),
            ]
            with m.If(last):
                m.d.sync += [
                    above.eq(Cat(1, above)),
                    after.eq(Cat(line_last | after[0], after)),
                    line.eq(line + 1),
                ]

        return m
