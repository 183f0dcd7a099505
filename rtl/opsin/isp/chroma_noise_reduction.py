# SPDX-License-Identifier: MIT
"""Chroma noise reduction."""

from typing import Any

from amaranth import Module, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, join
from ..common.line_window import LineWindow, Window
from ..common.row_window import RowWindow
from ..common.video import Ycbcr
from .point import check_depth
from .sigma_filter import SigmaFilter

__all__ = ["ChromaNoiseReduction"]

_COLUMNS = 3  # of the line window, which only has to give columns
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
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i, o : FlowSignature(Ycbcr(depth), ppc=ppc)
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    width : In(range(max_width + 1))
        Pixels per line, at least 7 and 2 beats; a setting, see
        :class:`~opsin.common.flow.FlowBlock`.
    height : In(16)
        Lines, at least ``rows // 2 + 1``; a setting.
    luma, chroma : In(depth)
        How far a neighbour's luma and each of its colour differences may be away;
        settings.
    bypass : In(1)
        Let frames pass, in the same time; a setting.

    Timing
    ------
    Latency 21 cycles, with 3 rows 20. With ``line = width / ppc`` beats, a beat leaves
    ``rows // 2 * line + ceil(1 / ppc) + ceil(6 / ppc)`` slots behind the one in which it came. No
    multipliers.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width``, ``rows`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.chroma_noise_reduction`, which names the paper.
    """

    width: Value
    height: Value
    luma: Value
    chroma: Value
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, rows: int = 5, ppc: int = 1) -> None:
        check_depth(depth)
        if rows not in (3, 5):
            raise ValueError(f"rows must be 3 or 5, not {rows!r}")
        pixel = Ycbcr(depth)
        self._lines = LineWindow(pixel, rows=rows, columns=_COLUMNS, max_width=max_width, ppc=ppc)
        self._column = SigmaFilter(
            depth=depth,
            window=Window(pixel, rows, _COLUMNS),
            pick=self._pick_column,
            count=rows - 1,
            ppc=ppc,
        )
        self._row = RowWindow(pixel, columns=2 * _REACH + 1, ppc=ppc)
        self._line = SigmaFilter(
            depth=depth,
            window=data.ArrayLayout(pixel, 2 * _REACH + 1),
            pick=self._pick_line,
            count=len(_ACROSS),
            ppc=ppc,
        )
        self.rows = rows
        blocks = (self._lines, self._column, self._row, self._line)
        super().__init__(
            pixel,
            pixel,
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

    def _pick_column(self, window: Any) -> tuple[Any, list[Any]]:
        column = [window[row][_COLUMNS // 2] for row in range(self.rows)]
        return column.pop(self.rows // 2), column

    def _pick_line(self, line: Any) -> tuple[Any, list[Any]]:
        return line[_REACH], [line[_REACH + place] for place in _ACROSS]

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
