# SPDX-License-Identifier: MIT
"""Columns of raw pixels and of differences to green, which half of the pixels do not have."""

from collections.abc import Mapping
from typing import Any

from amaranth import Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In

from ..common.column_window import ColumnWindow
from ..common.flow import delayed
from ..common.video import BayerPhase

__all__ = ["Difference", "MosaicColumns"]


class Difference(data.StructLayout):
    """A raw pixel and four times the difference of green to it, 0 at green."""

    def __init__(self, depth: int) -> None:
        super().__init__({"sample": unsigned(depth), "delta": signed(depth + 3)})


class MosaicColumns(ColumnWindow):
    """Columns of :class:`Difference`, in half the memory.

    Of two pixels one above the other one is green, and its difference 0: a place in memory keeps
    the other's.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    spans : mapping of str to int
        Rows of ``sample`` and of ``delta``, of which there are 2 more.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.

    And those of :class:`~opsin.common.column_window.ColumnWindow`; its timing, too.
    """

    phase: Value

    def __init__(self, *, depth: int, spans: Mapping[str, int], max_width: int, ppc: int) -> None:
        super().__init__(
            Difference(depth),
            spans=spans,
            max_width=max_width,
            ppc=ppc,
            ports={"phase": In(BayerPhase)},
        )

    def elaborate(self, platform: object) -> Module:
        # whether a beat's first pixel is not green, in the third stage
        place, line, first, phase = Signal(), Signal(), Signal(), Value.cast(self.phase)
        self._place = place
        m = super().elaborate(platform)
        scan = self._scan
        with m.If(scan.sof):
            m.d.sync += line.eq(0)
        with m.Elif(scan.passes & scan.marks.last):
            m.d.sync += line.eq(~line)
        m.d.sync += first.eq(~(phase[0] ^ phase[1]))
        column = scan.column[0] if self.ppc == 1 else Value.cast(0)
        m.d.comb += place.eq(delayed(m, column ^ line ^ first, 2, "coloured"))
        return m

    def rows(self) -> dict[str, int]:
        kept = super().rows()
        return {**kept, "delta": kept["delta"] // 2}

    def kept(self, columns: dict[str, list[Value]]) -> Value:
        delta = columns["delta"]
        pairs = [one | other for one, other in zip(delta[::2], delta[1::2], strict=True)]
        return super().kept({**columns, "delta": pairs})

    def columns(self, m: Module, pixel: Any, kept: Value, index: int) -> dict[str, list[Value]]:
        columns = super().columns(m, pixel, kept, index)
        coloured = self._place ^ (index & 1)
        *pairs, new = columns["delta"]
        # From the pixel that comes: the one above it is not like it, the next one is.
        rows = [row for pair in pairs for row in (Mux(coloured, pair, 0), Mux(coloured, 0, pair))]
        return {**columns, "delta": [*rows, Mux(coloured, new, 0)]}
