# SPDX-License-Identifier: MIT
"""Local tone mapping."""

from typing import Any

from amaranth import Module, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from ..common.column_window import ColumnWindow
from ..common.flow import FlowBlock, join
from ..common.row_window import RowWindow
from ..common.video import Rgb
from .base_layer import RATIO, BaseLayer, Layered
from .luma_lines import LumaColumn, Split, SplitLuma, WholeColor
from .point import check_depth
from .tone_gain import ToneGain

__all__ = ["LocalToneMap"]

_REACH = 12
_ACROSS = (-12, -6, -3, -1, 1, 3, 6, 12)  # neighbours in a line


class LocalToneMap(FlowBlock):
    """Reduce contrast between areas and keep it within them.

    The base is luma, smoothed among neighbours that are alike, so it has areas and edges but no
    detail: one :class:`~opsin.isp.base_layer.BaseLayer` over three pixels of a column, then one
    over those 1, 3, 6 and 12 to the left and right in the line. A gain for each pixel from the
    logarithm of its base, :class:`~opsin.isp.tone_gain.ToneGain`, takes part of the base's contrast
    away. Hue stays as far as nothing is clipped.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i, o : FlowSignature(Rgb(depth), ppc=ppc)
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`) of linear colour.
    width : In(range(max_width + 1))
        Pixels per line, at least 13; a setting, see :class:`~opsin.common.flow.FlowBlock`.
    height : In(16)
        Lines, at least 2; a setting.
    strength : In(8)
        Share of contrast that goes, unsigned Q0.8; a setting, as all that follow.
    pivot : In(12)
        Level of the base that stays, unsigned Q4.8: the logarithm, with full scale at 16.
    brighten, darken : In(10)
        Limits of the gain: logarithm of the greatest, and of one over the least, unsigned Q2.8.
    ratio : In(4)
        How far a neighbour's luma may be away, unsigned Q0.4 of the pixel's.
    floor : In(depth)
        What is added to that, in samples.
    bypass : In(1)
        Let frames pass, in the same time.

    Timing
    ------
    Latency 41 cycles. With ``line = width / ppc`` beats, a beat leaves ``line +
    ceil(12 / ppc)`` slots behind the one in which it came. Three multipliers per pixel.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.local_tone_map`, which names the papers.
    """

    width: Value
    height: Value
    strength: Value
    pivot: Value
    brighten: Value
    darken: Value
    ratio: Value
    floor: Value
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        pixel, layered = Rgb(depth), Layered(depth)
        across = 2 * _REACH + 1
        self._luma = SplitLuma(depth=depth, ppc=ppc)
        self._lines = ColumnWindow(Split(depth), spans=Split.SPANS, max_width=max_width, ppc=ppc)
        self._whole = WholeColor(depth=depth, ppc=ppc)
        self._column = BaseLayer(
            depth=depth,
            window=LumaColumn(depth),
            pick=self._pick_column,
            count=2,
            ppc=ppc,
        )
        self._row = RowWindow(layered, columns=across, ppc=ppc)
        self._line = BaseLayer(
            depth=depth,
            window=data.ArrayLayout(layered, across),
            pick=self._pick_line,
            count=len(_ACROSS),
            ppc=ppc,
        )
        self._gain = ToneGain(depth=depth, ppc=ppc)
        self._blocks: list[FlowBlock] = [self._luma, self._lines, self._whole, self._column]
        self._blocks += [self._row, self._line, self._gain]
        super().__init__(
            pixel,
            pixel,
            ppc=ppc,
            latency=sum(block.latency for block in self._blocks),
            ports={
                "width": In(range(max_width + 1)),
                "height": In(16),
                **{name: In(shape) for name, shape in ToneGain.SETTINGS.items()},
                "ratio": In(RATIO),
                "floor": In(depth),
                "bypass": In(1),
            },
        )

    @staticmethod
    def _pick_column(around: Any) -> tuple[Any, list[Any]]:
        return around.pixel, list(around.beside)

    @staticmethod
    def _pick_line(line: Any) -> tuple[Any, list[Any]]:
        return line[_REACH], [line[_REACH + place].base for place in _ACROSS]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.luma = self._luma
        m.submodules.lines = lines = self._lines
        m.submodules.whole = self._whole
        m.submodules.column = column = self._column
        m.submodules.row = self._row
        m.submodules.line = line = self._line
        m.submodules.gain = gain = self._gain

        join(m, wiring.flipped(self.i), self._blocks, wiring.flipped(self.o))
        m.d.comb += [lines.width.eq(self.width), lines.height.eq(self.height)]
        for layer in (column, line):
            m.d.comb += [layer.ratio.eq(self.ratio), layer.floor.eq(self.floor)]
        for name in (*ToneGain.SETTINGS, "bypass"):
            m.d.comb += getattr(gain, name).eq(getattr(self, name))

        return m
