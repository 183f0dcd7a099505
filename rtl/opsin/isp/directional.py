# SPDX-License-Identifier: MIT
"""Directional interpolation of missing colours."""

from typing import Any

from amaranth import Module, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from ..common.flow import FlowBlock, join
from ..common.line_window import LineWindow
from ..common.row_window import RowWindow
from ..common.video import BayerPhase
from .directional_colors import DirectionalColors
from .directional_green import DirectionalGreen
from .gradients import GRADIENT_COLUMNS, GRADIENT_ROWS, Gradient, Gradients
from .point import check_depth
from .shares import SHARE_COLUMNS, Shares

__all__ = ["Directional"]


class Directional(FlowBlock):
    """Interpolate colour differences along the direction in which they are smooth.

    Lines of 9 × 7 raw pixels → :class:`~opsin.isp.gradients.Gradients` → 5 of them in a row →
    :class:`~opsin.isp.shares.Shares` → :class:`~opsin.isp.directional_green.DirectionalGreen` →
    :class:`~opsin.isp.directional_colors.DirectionalColors`.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``, at least 8.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    rows : int
        1, or 3: the pixels above and below go along for the block behind.

    Members
    -------
    i : In(FlowSignature(unsigned(depth), ppc=ppc))
        Well-formed raw frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    o : Out(FlowSignature(Rgb(depth), ppc=ppc))
        Colour frames of the same size. With 3 ``rows``, ``ArrayLayout(Rgb(depth), 3)``, from above.
    width : In(range(max_width + 1))
        Pixels per line, a multiple of ``ppc``, at least 4 pixels and 2 beats; a setting.
    height : In(16)
        Lines, at least 5; a setting.
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.
    bypass : In(1)
        Pass the raw sample as red, green and blue, in the same time; a setting.

    Timing
    ------
    Latency ``latency`` cycles. A pixel leaves ``(4 + (rows + 1) / 2) * width / ppc + 1 +
    ceil(3 / ppc) + ceil(2 / ppc)`` slots behind its beat.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.directional`, which names the papers.
    """

    width: Value
    height: Value
    phase: Any
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1, rows: int = 1) -> None:
        check_depth(depth)
        self._lines = LineWindow(
            unsigned(depth),
            rows=GRADIENT_ROWS,
            columns=GRADIENT_COLUMNS,
            max_width=max_width,
            ppc=ppc,
        )
        self._gradients = Gradients(depth=depth, ppc=ppc, rows=rows)
        self._row = RowWindow(Gradient(depth, rows), columns=SHARE_COLUMNS, ppc=ppc)
        self._shares = Shares(depth=depth, ppc=ppc, rows=rows)
        self._green = DirectionalGreen(depth=depth, ppc=ppc, rows=rows)
        self._colors = DirectionalColors(depth=depth, max_width=max_width, ppc=ppc, rows=rows)
        blocks: list[FlowBlock] = [self._lines, self._gradients, self._row]
        blocks += [self._shares, self._green, self._colors]
        super().__init__(
            unsigned(depth),
            self._colors.pixel_out,
            ppc=ppc,
            latency=sum(block.latency for block in blocks),
            ports={
                "width": In(range(max_width + 1)),
                "height": In(16),
                "phase": In(BayerPhase),
                "bypass": In(1),
            },
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.lines = lines = self._lines
        m.submodules.gradients = gradients = self._gradients
        m.submodules.row = row = self._row
        m.submodules.shares = shares = self._shares
        m.submodules.green = green = self._green
        m.submodules.colors = colors = self._colors

        blocks = [lines, gradients, row, shares, green, colors]
        join(m, wiring.flipped(self.i), blocks, wiring.flipped(self.o))
        m.d.comb += [
            lines.width.eq(self.width),
            lines.height.eq(self.height),
            green.phase.eq(self.phase),
            *(
                getattr(colors, name).eq(getattr(self, name))
                for name in ("width", "height", "phase", "bypass")
            ),
        ]

        return m
