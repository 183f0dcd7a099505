# SPDX-License-Identifier: MIT
"""Columns of a raw frame, of which half of the pixels are green, in less memory."""

from collections.abc import Mapping
from typing import Any

from amaranth import Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In

from ..common.column_window import ColumnWindow
from ..common.flow import delayed
from ..common.video import BayerPhase

__all__ = ["BayerColumns", "Difference", "MosaicColumns"]


class Difference(data.StructLayout):
    """Four times the difference of green to a raw pixel, 0 at green; ``rows`` pixels above it.

    ``before`` has these from the top.
    """

    def __init__(self, depth: int, rows: int) -> None:
        before = data.ArrayLayout(unsigned(depth), rows)
        super().__init__({"before": before, "delta": signed(depth + 3)})


class BayerColumns(ColumnWindow):
    """A :class:`~opsin.common.column_window.ColumnWindow` that knows which pixels are green.

    Parameters
    ----------
    pixel : StructLayout
        Shape of a pixel.
    spans : mapping of str to int
        Rows of each field.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.
    pixel_in : StructLayout or None
        Shape of what comes, if it is another.

    Members
    -------
    phase : In(BayerPhase)
        Colour filter at the first pixel; a setting.

    And those of :class:`~opsin.common.column_window.ColumnWindow`; its timing, too.
    """

    phase: Value

    def __init__(
        self,
        pixel: data.StructLayout,
        *,
        spans: Mapping[str, int],
        max_width: int,
        ppc: int,
        pixel_in: data.StructLayout | None = None,
    ) -> None:
        super().__init__(
            pixel,
            pixel_in=pixel_in,
            spans=spans,
            max_width=max_width,
            ppc=ppc,
            ports={"phase": In(BayerPhase)},
        )

    def elaborate(self, platform: object) -> Module:
        # whether a beat's first pixel is not green, in the fourth stage
        place, late = Signal(), Signal()
        line, first, phase = Signal(), Signal(), Value.cast(self.phase)
        self._places = {4: place, 5: late}
        m = super().elaborate(platform)
        scan = self._scan
        with m.If(scan.sof):
            m.d.sync += line.eq(0)
        with m.Elif(scan.passes & scan.marks.last):
            m.d.sync += line.eq(~line)
        m.d.sync += first.eq(~(phase[0] ^ phase[1]))
        column = scan.column[0] if self.ppc == 1 else Value.cast(0)
        m.d.comb += place.eq(delayed(m, column ^ line ^ first, 2, "coloured"))
        m.d.sync += late.eq(place)
        return m

    def coloured(self, index: int, *, stage: int = 4) -> Value:
        """Return whether a beat's pixel of this index is not green, in stage 4 or 5."""
        return self._places[stage] ^ (index & 1)


class MosaicColumns(BayerColumns):
    """Columns of samples and of differences, of which there are 2 more.

    Of two pixels one above the other one is green, and its difference 0: a place in memory keeps
    the other's. Samples are not kept: those of the lines that the column is about come along with
    the last of its differences, from a line memory in front that has them yet.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    rows : int
        Samples of a column, odd.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(FlowSignature(Difference(depth, rows), ppc=ppc))
    o : Out
        Columns with the fields ``sample`` and ``delta``.

    And those of :class:`BayerColumns`; its timing, too.
    """

    def __init__(self, *, depth: int, rows: int, max_width: int, ppc: int) -> None:
        come = Difference(depth, rows)
        super().__init__(
            data.StructLayout({"sample": unsigned(depth), "delta": come.members["delta"]}),
            spans={"sample": rows, "delta": rows + 2},
            max_width=max_width,
            ppc=ppc,
            pixel_in=come,
        )

    def rows(self) -> dict[str, int]:
        return {"delta": super().rows()["delta"] // 2}

    def kept(self, columns: dict[str, list[Value]], index: int) -> Value:
        delta = columns["delta"]
        pairs = [one | other for one, other in zip(delta[::2], delta[1::2], strict=True)]
        return super().kept({"delta": pairs}, index)

    def columns(self, m: Module, pixel: Any, kept: Value, index: int) -> dict[str, list[Value]]:
        columns = super().columns(m, pixel, kept, index)
        coloured = self.coloured(index)
        *pairs, new = columns["delta"]
        # From the pixel that comes: the one above it is not like it, the next one is.
        rows = [row for pair in pairs for row in (Mux(coloured, pair, 0), Mux(coloured, 0, pair))]
        samples = [Value.cast(sample) for sample in pixel.before]
        return {"sample": samples, "delta": [*rows, Mux(coloured, new, 0)]}
