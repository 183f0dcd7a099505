# SPDX-License-Identifier: MIT
"""Chroma noise reduction."""

from typing import Any

from amaranth import Cat, Module, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from ..common.column_window import ColumnWindow
from ..common.flow import FlowBlock, join
from ..common.row_window import RowWindow
from ..common.video import Ycbcr
from .point import check_depth
from .sigma_filter import SigmaFilter, TallYcbcr

__all__ = ["ChromaNoiseReduction"]

_REACH = 6
_ACROSS = (-6, -4, -2, -1, 1, 2, 4, 6)  # neighbours in a line


class ChromaNoiseReduction(FlowBlock):
    """Replace colour differences by means over neighbours that are alike; luma passes.

    A :class:`~opsin.isp.sigma_filter.SigmaFilter` over the ``rows`` pixels of a column, then one
    over eight of the thirteen pixels of a line: those 1, 2, 4 and 6 to the left and right.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    rows : int
        3 or 5.
    luma_rows : int
        1, or as many rows of luma, odd, go along with each pixel for the block behind, as a
        :class:`~opsin.isp.sigma_filter.TallYcbcr`: one line memory serves both.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(FlowSignature(Ycbcr(depth), ppc=ppc))
    o : Out(FlowSignature(Ycbcr(depth), ppc=ppc))
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    width : In(range(max_width + 1))
        Pixels per line, at least 7 and 2 beats; a setting, see
        :class:`~opsin.common.flow.FlowBlock`.
    height : In(16)
        Lines, more than half of ``rows`` and of ``luma_rows``; a setting.
    luma, chroma : In(depth)
        How far a neighbour's luma and each of its colour differences may be away;
        settings.
    bypass : In(1)
        Let frames pass, in the same time; a setting.

    Timing
    ------
    Latency 22 cycles, with 3 rows 21. With ``line = width / ppc`` beats, a beat leaves
    ``max(rows, luma_rows) // 2 * line + ceil(6 / ppc)`` slots behind the one in which it came. No
    multipliers.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width``, ``rows``, ``luma_rows`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.chroma_noise_reduction`, which names the paper.
    """

    width: Value
    height: Value
    luma: Value
    chroma: Value
    bypass: Value

    def __init__(
        self, *, depth: int, max_width: int, rows: int = 5, luma_rows: int = 1, ppc: int = 1
    ) -> None:
        check_depth(depth)
        if rows not in (3, 5):
            raise ValueError(f"rows must be 3 or 5, not {rows!r}")
        pixel = Ycbcr(depth)
        spans = {"y": max(rows, luma_rows), "cb": rows, "cr": rows}
        self._lines = ColumnWindow(pixel, spans=spans, max_width=max_width, ppc=ppc)
        self._tall = TallYcbcr(depth, luma_rows)
        self._column = SigmaFilter(
            depth=depth,
            window=self._lines.pixel_out,
            pick=self._pick_column,
            count=rows - 1,
            ppc=ppc,
            pixel_out=self._tall,
        )
        self._row = RowWindow(self._tall, columns=2 * _REACH + 1, ppc=ppc)
        self._line = SigmaFilter(
            depth=depth,
            window=data.ArrayLayout(self._tall, 2 * _REACH + 1),
            pick=self._pick_line,
            count=len(_ACROSS),
            ppc=ppc,
            pixel_out=pixel if luma_rows == 1 else self._tall,
        )
        self.rows, self._luma_rows = rows, luma_rows
        blocks = (self._lines, self._column, self._row, self._line)
        super().__init__(
            pixel,
            self._line.pixel_out,
            ppc=ppc,
            latency=sum(block.latency for block in blocks),
            ports={
                "width": In(range(max_width + 1)),
                "height": In(16),
                "luma": In(depth),
                "chroma": In(depth),
                "bypass": In(1),
            },
        )

    def _pick_column(self, column: Any) -> tuple[Any, list[Any]]:
        luma, reach = list(column.y), self.rows // 2
        middle = len(luma) // 2
        beside = [
            {"y": luma[middle + k], "cb": column.cb[reach + k], "cr": column.cr[reach + k]}
            for k in range(-reach, reach + 1)
            if k
        ]
        kept = self._luma_rows // 2
        rows = luma[middle - kept : middle + kept + 1]
        pixel = data.View(self._tall, Cat(rows, column.cb[reach], column.cr[reach]))
        return pixel, beside

    def _pick_line(self, line: Any) -> tuple[Any, list[Any]]:
        middle = len(line[_REACH].y) // 2
        beside = [line[_REACH + place] for place in _ACROSS]
        neighbours = [{"y": one.y[middle], "cb": one.cb, "cr": one.cr} for one in beside]
        return line[_REACH], neighbours

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.lines = lines = self._lines
        m.submodules.column = column = self._column
        m.submodules.row = row = self._row
        m.submodules.line = line = self._line

        blocks = [lines, column, row, line]
        join(m, wiring.flipped(self.i), blocks, wiring.flipped(self.o))
        m.d.comb += [lines.width.eq(self.width), lines.height.eq(self.height)]
        for name in ("luma", "chroma", "bypass"):
            m.d.comb += getattr(column, name).eq(getattr(self, name))
            m.d.comb += getattr(line, name).eq(getattr(self, name))

        return m
