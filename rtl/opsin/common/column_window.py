# SPDX-License-Identifier: MIT
"""Columns of pixels of a video stream, each field over as many rows as it is wanted."""

from collections.abc import Mapping
from typing import Any

from amaranth import Cat, Module, Signal, Value, unsigned
from amaranth.hdl import Shape
from amaranth.lib import data
from amaranth.lib.wiring import In, Member

from .flow import FlowBlock, delayed
from .line_memory import LineMemory
from .line_scan import ColumnMarks, LineScan
from .mirror import mirrored_column

__all__ = ["Column", "ColumnWindow"]

_COLUMNS = 3  # what LineScan is told; lines have at least 2 pixels


class Column(data.StructLayout):
    """Of every field of a pixel as many rows as ``spans`` say, from the top."""

    def __init__(self, pixel: data.StructLayout, spans: Mapping[str, int]) -> None:
        super().__init__(
            {
                name: data.ArrayLayout(shape, spans[name])
                for name, shape in pixel.members.items()
            }
        )  # fmt: skip


class ColumnWindow(FlowBlock):
    """The column around every pixel of every frame, mirrored at the upper and lower border.

    Where blocks one behind the other need lines of the same samples, one memory serves them all: a
    column goes along with its pixel. Of a field that is wanted over ``span`` rows, beside one of
    ``rows``, the last ``(rows + span) / 2 - 1`` lines are kept.

    Parameters
    ----------
    pixel : StructLayout
        Shape of a pixel.
    spans : mapping of str to int
        Rows of each field, odd; the greatest at least 3.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    ports : mapping of str to Member
        Other ports, of a subclass that keeps columns in another form.
    pixel_in : StructLayout or None
        Shape of what comes, of a subclass that makes columns of something else.

    Members
    -------
    i : In(FlowSignature(pixel, ppc=ppc))
        Well-formed frames.
    o : Out(FlowSignature(Column(pixel, spans), ppc=ppc))
        One column per pixel, in the order of the pixels.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc`` of at least 2 beats; a setting, see
        :class:`~opsin.common.flow.FlowBlock`.
    height : In(16)
        Lines, more than half the greatest span; a setting.

    Timing
    ------
    Latency 6 cycles; ``o`` comes from registers. Columns leave ``rows // 2`` lines behind their
    beats, ``rows`` the greatest span. From one slot to the next in the same column there must be at
    least 4 cycles.

    Raises
    ------
    ValueError
        If a span is even, all are less than 3, ``ppc`` is not 1, 2 or 4, or ``max_width`` is less
        than 3, less than 2 beats or no multiple of ``ppc``.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.windows`, of one column.
    """

    width: Value
    height: Value

    def __init__(
        self,
        pixel: data.StructLayout,
        *,
        spans: Mapping[str, int],
        max_width: int,
        ppc: int = 1,
        ports: Mapping[str, Member] | None = None,
        pixel_in: data.StructLayout | None = None,
    ) -> None:
        for span in spans.values():
            if span < 1 or span % 2 == 0:
                raise ValueError(f"spans must be odd, not {dict(spans)!r}")
        rows = max(spans.values())
        self.spans = {name: spans[name] for name in pixel.members}
        self.max_width = max_width
        self._reach = rows // 2
        self._scan = LineScan(rows=rows, columns=_COLUMNS, max_width=max_width, ppc=ppc)
        super().__init__(
            pixel_in or pixel,
            Column(pixel, spans),
            ppc=ppc,
            latency=6,
            ports={"width": In(range(max_width + 1)), "height": In(unsigned(16)), **(ports or {})},
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.scan = scan = self._scan
        m.submodules.lines = lines = LineMemory(
            data.ArrayLayout(unsigned(self.kept_bits()), self.ppc),
            depth=self.max_width // self.ppc,
        )
        scan.connect(m, platform, self.i)
        m.d.comb += [scan.width.eq(self.width), scan.height.eq(self.height)]

        # A pixel meets those above it, which come from the memory two cycles after it is asked.
        marks: Any = Signal(ColumnMarks(self._reach))
        step, place = Signal(), Signal.like(scan.column)
        m.d.sync += [
            step.eq(delayed(m, scan.passes, 2, "step")),
            place.eq(delayed(m, scan.column, 2, "place")),
            marks.eq(delayed(m, scan.marks, 2, "marks")),
        ]
        m.d.comb += [
            lines.read_addr.eq(scan.column),
            lines.write_addr.eq(place),
            lines.write_en.eq(step),
        ]
        met = delayed(m, self.i.p.pixel, 4, "met")
        results: list[Value] = []
        for index in range(self.ppc):
            columns = self.columns(m, met[index], lines.read_data[index], index)
            columns = {
                name: [delayed(m, row, 1, f"{name}_{index}_{k}") for k, row in enumerate(rows)]
                for name, rows in columns.items()
            }
            kept = self.kept({name: rows[1:] for name, rows in columns.items()}, index)
            m.d.comb += lines.write_data[index].eq(kept)
            for name, span in self.spans.items():
                results.append(mirrored_column(columns[name][:span], marks))
        m.d.sync += [
            self.o.step.eq(step),
            self.o.live.eq(step & marks.live),
            Value.cast(self.o.p).eq(Cat(results, marks.sof, marks.last)),
        ]

        return m

    def rows(self) -> dict[str, int]:
        """Return how many lines of each field are kept."""
        return {name: self._reach + span // 2 for name, span in self.spans.items()}

    def kept_bits(self) -> int:
        """Return the width of what is kept of a column."""
        shapes = self.pixel_in.members
        return sum(Shape.cast(shapes[name]).width * rows for name, rows in self.rows().items())

    def kept(self, columns: dict[str, list[Value]], index: int) -> Value:
        """Return what is kept of a column; rows of each field come from the oldest.

        ``index`` is the pixel's in its beat; the slot is in the fifth stage.
        """
        return Cat(*columns.values())

    def columns(self, m: Module, pixel: Any, kept: Value, index: int) -> dict[str, list[Value]]:
        """Return a column with the pixel that meets it, from the oldest row.

        ``index`` is the pixel's in its beat; the slot is in the fourth stage.
        """
        columns = {}
        for name, rows in self.rows().items():
            new = Value.cast(pixel[name]).as_unsigned()
            columns[name] = [kept[k * len(new) : (k + 1) * len(new)] for k in range(rows)]
            columns[name].append(new)
            kept = kept[rows * len(new) :]
        return columns
