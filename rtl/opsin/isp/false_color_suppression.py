# SPDX-License-Identifier: MIT
"""False colour suppression."""

from typing import Any

from amaranth import C, Cat, Module, Mux, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from ..common.column_window import ColumnWindow
from ..common.flow import FlowBlock, delayed, join
from ..common.row_window import RowWindow
from ..common.video import Rgb
from .clip import clip
from .color_differences import ColorDifferences, Differences
from .oscillation import median_of_five, oscillation
from .point import PointBlock, check_depth
from .times import times

__all__ = ["FalseColorSuppression"]

_ROWS = 3


class FalseColorSuppression(FlowBlock):
    """Move red and blue towards the median of colour differences where luma oscillates.

    The differences of red and blue to green change slowly in most pictures, and where a demosaic
    guesses wrong, in fine patterns, they flicker. The median of five medians of columns of three
    takes that away. Where green goes up and down again in its line or column by more than
    ``threshold``, the median counts, ``share`` sixteenths of it::

        share = min(max(oscillation - threshold, 0) * rise >> (depth - 2), strength)
        o = clip(x + ((share * (green + median - x) + 8) >> 4))

    The oscillation of values in a row is the sum of the steps' sizes less the size of their sum: 0
    at edges, however strong. Those of five pixels of the line and of three of the column are added.
    Green passes.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    tall : bool
        The pixels above and below come with each one, from
        :class:`~opsin.isp.demosaic.Demosaic`; so there is no line memory.

    Members
    -------
    i : In(FlowSignature(Rgb(depth), ppc=ppc))
        Well-formed frames (see :class:`~opsin.isp.frame_guard.FrameGuard`). ``tall``:
        ``ArrayLayout(Rgb(depth), 3)``, from above.
    o : Out(FlowSignature(Rgb(depth), ppc=ppc))
    width : In(range(max_width + 1))
        Pixels per line, at least 3 and 2 beats; a setting, see
        :class:`~opsin.common.flow.FlowBlock`. Not if ``tall``.
    height : In(16)
        Lines, at least 2; a setting. Not if ``tall``.
    threshold : In(depth + 2)
        Oscillation, in samples, from where on something is done; a setting.
    rise : In(4)
        How fast the share grows: a full scale of oscillation beyond the threshold makes
        ``4 * rise`` sixteenths; a setting.
    strength : In(5)
        Greatest share, 0..16; a setting.
    bypass : In(1)
        Let frames pass, in the same time; a setting.

    Timing
    ------
    Latency 28 cycles, ``tall`` 22. With ``line = width / ppc`` beats, a beat leaves ``line +
    ceil(2 / ppc)`` slots behind the one in which it came, ``tall`` ``ceil(2 / ppc)``. No
    multipliers.

    Raises
    ------
    ValueError
        If ``depth``, ``max_width`` or ``ppc`` is out of range.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.false_color_suppression`, which names the paper.
    """

    width: Value
    height: Value
    threshold: Value
    rise: Value
    strength: Value
    bypass: Value

    def __init__(self, *, depth: int, max_width: int, ppc: int = 1, tall: bool = False) -> None:
        check_depth(depth)
        pixel = Rgb(depth)
        spans = dict.fromkeys(pixel.members, _ROWS)
        self._lines: ColumnWindow | None = None
        column: ShapeLike = data.ArrayLayout(pixel, _ROWS)
        if not tall:
            self._lines = ColumnWindow(pixel, spans=spans, max_width=max_width, ppc=ppc)
            column = self._lines.pixel_out
        self._differences = ColorDifferences(
            depth=depth, window=column, pick=list if tall else _rows, ppc=ppc
        )
        self._row = RowWindow(Differences(depth), columns=5, ppc=ppc)
        self._blend = _Blend(depth=depth, ppc=ppc)
        self._size = {} if tall else {"width": In(range(max_width + 1)), "height": In(16)}
        super().__init__(
            column if tall else pixel,
            pixel,
            ppc=ppc,
            latency=sum(block.latency for block in self._parts()),
            ports={
                **self._size,
                **{name: In(shape) for name, shape in _registers(depth).items()},
                "bypass": In(1),
            },
        )

    def _parts(self) -> list[FlowBlock]:
        lines: list[FlowBlock] = [self._lines] if self._lines else []
        return [*lines, self._differences, self._row, self._blend]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if self._lines:
            m.submodules.lines = self._lines
        m.submodules.differences = self._differences
        m.submodules.row = self._row
        m.submodules.blend = blend = self._blend

        join(m, wiring.flipped(self.i), self._parts(), wiring.flipped(self.o))
        for name in self._size:
            m.d.comb += getattr(self._lines, name).eq(getattr(self, name))
        for name in ("threshold", "rise", "strength", "bypass"):
            m.d.comb += getattr(blend, name).eq(getattr(self, name))

        return m


def _rows(column: Any) -> list[dict[str, Value]]:
    """Return the pixels of a column."""
    return [{name: column[name][row] for name in "rgb"} for row in range(_ROWS)]


def _registers(depth: int) -> dict[str, ShapeLike]:
    return {"threshold": unsigned(depth + 2), "rise": unsigned(4), "strength": unsigned(5)}


class _Blend(PointBlock):
    """The median of five columns' medians, the line's oscillation, and what becomes of the pixel.

    Latency 14 cycles.
    """

    def __init__(self, *, depth: int, ppc: int) -> None:
        self.depth = depth
        super().__init__(
            data.ArrayLayout(Differences(depth), 5),
            Rgb(depth),
            latency=14,
            ppc=ppc,
            settings=_registers(depth),
            bypass=lambda columns: columns[2].pixel,
        )

    def compute(self, m: Module) -> None:
        threshold, rise, strength = (
            delayed(m, getattr(self, name), 1, name) for name in ("threshold", "rise", "strength")
        )
        for index in range(self.ppc):

            def register(value: Value, name: str, stages: int = 1, index: int = index) -> Value:
                return delayed(m, value, stages, f"{name}_{index}")

            columns, out = self.i.p.pixel[index], self.o.p.pixel[index]
            middle = columns[2]

            # stages 1 to 10: the share
            swing = oscillation([column.pixel.g for column in columns], register, "swing")
            swing = register(swing + register(middle.oscillation, "column", 5), "swing_both")
            excess = swing - threshold
            excess = register(Mux(excess < 0, 0, excess[: len(swing)]), "excess")
            grown = register(times(excess, rise, register, "rise"), "grown") >> (self.depth - 2)
            share = register(Mux(grown > strength, strength, grown[:5]), "share")

            # stages 1 to 14: the way to the median, and the share of it
            green = register(middle.pixel.g, "green", 5)
            for name in ("r", "b"):
                median = median_of_five([column[name] for column in columns], register, name)
                sample = register(middle.pixel[name], f"{name}_sample", 5)
                lead = register(green - sample, f"{name}_lead")
                way = register(register(median, f"{name}_median", 2) + lead, f"{name}_way", 4)
                # The greatest part of the product is added to the sample while the others meet.
                old = Cat(C(8, 4), register(sample, f"{name}_old", 6))
                most = register(Mux(share[4], way, 0), f"{name}_most") << 4
                part = register(times(way, share[:4], register, f"{name}_share"), f"{name}_part")
                moved = register(
                    (register(old + most, f"{name}_start") + part) >> 4, f"{name}_moved"
                )
                m.d.sync += out[name].eq(clip(moved, self.depth))
            m.d.sync += out.g.eq(register(green, "green_late", 8))
