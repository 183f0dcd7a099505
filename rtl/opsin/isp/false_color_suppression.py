# SPDX-License-Identifier: MIT
"""False colour suppression."""

from typing import Any

from amaranth import Module, Mux, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.line_window import LineWindow
from ..common.row_window import RowWindow
from ..common.video import Rgb, VideoSignature
from .clip import clip
from .color_differences import ColorDifferences, Differences
from .oscillation import median_of_five, oscillation
from .point import PointBlock, check_depth
from .settings_path import settings_path

__all__ = ["FalseColorSuppression"]

_COLUMNS = 3  # of the line window, which only has to give columns


class FalseColorSuppression(wiring.Component):
    """Move red and blue towards the median of colour differences where luma oscillates.

    The differences of red and blue to green change slowly in most pictures, and where a demosaic
    guesses wrong, in fine patterns, they flicker. The median of five medians of columns of five
    takes that away. Where green goes up and down again in its line or column by more than
    ``threshold``, the median counts, ``share`` sixteenths of it::

        share = min(max(oscillation - threshold, 0) * rise >> (depth - 2), strength)
        o = clip(x + ((share * (green + median - x) + 8) >> 4))

    The oscillation of five values is the sum of the steps' sizes less the size of their sum: 0 at
    edges, however strong. That of the line and that of the column are added. Green passes.

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
    i, o : VideoSignature(Rgb(depth), ppc=ppc)
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`).
    width : In(range(max_width + 1))
        Pixels per line, at least 3 and 2 beats; sampled with ``sof``.
    height : In(16)
        Lines, at least 3; sampled with ``sof``.
    threshold : In(depth + 2)
        Oscillation, in samples, from where on something is done; sampled with ``sof``.
    rise : In(4)
        How fast the share grows: a full scale of oscillation beyond the threshold makes
        ``4 * rise`` sixteenths; sampled with ``sof``.
    strength : In(5)
        Greatest share, 0..16; sampled with ``sof``.
    bypass : In(1)
        Let frames pass, in the same time; sampled with ``sof``.

    Timing
    ------
    With ``line = width / ppc`` beats: latency 2 lines and ``23 + ceil(2 / ppc)`` cycles. Throughput
    1 beat/cycle, then 2 lines and 1 cycle in which ``i`` waits. ``i.ready`` depends combinationally
    on ``o.ready``; ``o`` comes from registers. No multipliers.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.false_color_suppression`, which names the paper.
    """

    i: stream.Interface
    o: stream.Interface
    width: Value
    height: Value
    threshold: Value
    rise: Value
    strength: Value
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1) -> None:
        check_depth(depth)
        pixel = Rgb(depth)
        self._lines = LineWindow(pixel, rows=5, columns=_COLUMNS, max_width=max_width, ppc=ppc)
        self._differences = ColorDifferences(depth=depth, columns=_COLUMNS, ppc=ppc)
        self._row = RowWindow(Differences(depth), columns=5, ppc=ppc)
        self._blend = _Blend(depth=depth, ppc=ppc)
        self._registers = {**_registers(depth), "bypass": unsigned(1)}
        super().__init__(
            {
                "i": In(VideoSignature(pixel, ppc=ppc)),
                "o": Out(VideoSignature(pixel, ppc=ppc)),
                "width": In(range(max_width + 1)),
                "height": In(16),
                **{name: In(shape) for name, shape in self._registers.items()},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.lines = lines = self._lines
        m.submodules.differences = differences = self._differences
        m.submodules.row = row = self._row
        m.submodules.blend = blend = self._blend

        wiring.connect(m, wiring.flipped(self.i), lines.i)
        wiring.connect(m, lines.o, differences.i)
        wiring.connect(m, differences.o, row.i)
        wiring.connect(m, row.o, blend.i)
        wiring.connect(m, blend.o, wiring.flipped(self.o))
        m.d.comb += [lines.width.eq(self.width), lines.height.eq(self.height)]
        settings = settings_path(m, self, self._registers, (lines.i, lines.o, differences.o))
        m.d.comb += [getattr(blend, name).eq(settings[name]) for name in self._registers]

        return m


def _registers(depth: int) -> dict[str, ShapeLike]:
    return {"threshold": unsigned(depth + 2), "rise": unsigned(4), "strength": unsigned(5)}


class _Blend(PointBlock):
    """The median of five columns' medians, the line's oscillation, and what becomes of the pixel.

    Latency 12 cycles.
    """

    def __init__(self, *, depth: int, ppc: int) -> None:
        self.depth = depth
        super().__init__(
            data.ArrayLayout(Differences(depth), 5),
            Rgb(depth),
            latency=12,
            ppc=ppc,
            settings=_registers(depth),
            bypass=lambda columns: columns[2].pixel,
        )

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        threshold, rise, strength = (
            self.delayed(m, settings[name], stages, advance, name)
            for name, stages in (("threshold", 5), ("rise", 6), ("strength", 7))
        )
        for index in range(self.ppc):

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return self.delayed(m, value, stages, advance, f"{name}_{index}")

            columns, out = self.i.p.pixel[index], self.o.p.pixel[index]
            middle = columns[2]

            # stages 1 to 9: the share
            swing = oscillation([column.pixel.g for column in columns], register, "swing")
            swing = register(swing + register(middle.oscillation, "column", 5), "swing_both")
            excess = swing - threshold
            excess = register(Mux(excess < 0, 0, excess[: len(swing)]), "excess")
            grown = register(_times(rise, excess), "grown") >> (self.depth - 2)
            share = register(Mux(grown > strength, strength, grown[:5]), "share")

            # stages 1 to 12: the way to the median, and the share of it
            green = register(middle.pixel.g, "green", 5)
            for name in ("r", "b"):
                median = median_of_five([column[name] for column in columns], register, name)
                sample = register(middle.pixel[name], f"{name}_sample", 5)
                lead = register(green - sample, f"{name}_lead")
                way = register(register(median, f"{name}_median", 2) + lead, f"{name}_way", 3)
                part = register(_times(share, way) + 8, f"{name}_part") >> 4
                moved = register(register(sample, f"{name}_old", 5) + part, f"{name}_moved")
                with m.If(advance):
                    m.d.sync += out[name].eq(clip(moved, self.depth))
            with m.If(advance):
                m.d.sync += out.g.eq(register(green, "green_late", 6))


def _times(factor: Value, value: Value) -> Value:
    """Multiply by a factor of few bits with adders."""
    total: Value = Mux(factor[0], value, 0)
    for bit in range(1, len(factor)):
        total = total + (Mux(factor[bit], value, 0) << bit)
    return total
