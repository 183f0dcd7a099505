# SPDX-License-Identifier: MIT
"""Palette indices of a bitmap that lies over a picture."""

from typing import Any

from amaranth import Array, Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..common.flow import delayed
from ..common.line_memory import LineMemory

__all__ = ["INDEX", "PIXELS", "OverlayBitmap"]

PIXELS = 8  # per word of the bitmap
INDEX = 4  # bits of a palette index


class OverlayBitmap(wiring.Component):
    """Memory of a bitmap, and what of it covers each beat.

    One read per beat, whatever ``ppc``: the pixels of a beat lie in two neighbouring groups, of
    which one was read before.

    Parameters
    ----------
    words : int
        Size of the memory, a power of two.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    live, sof, eol : In(1)
        A beat passes, and its marks.
    x, y, columns, lines : In(16)
        Place and size, as of :class:`~opsin.isp.overlay.Overlay`; settings.
    base : In(range(words))
        First word; a setting.
    write_en, write_addr, write_data : In
        A word for the memory.
    index : Out(data.ArrayLayout(4, ppc))
        Palette index of each pixel.
    inside : Out(ppc)
        Which pixels the bitmap covers.

    Timing
    ------
    Latency 8 cycles.
    """

    live: Value
    sof: Value
    eol: Value
    x: Value
    y: Value
    columns: Value
    lines: Value
    base: Value
    write_en: Value
    write_addr: Value
    write_data: Value
    index: Any
    inside: Value

    def __init__(self, *, words: int, ppc: int) -> None:
        self.words, self.ppc = words, ppc
        super().__init__(
            {
                **{name: In(1) for name in ("live", "sof", "eol", "write_en")},
                **{name: In(16) for name in ("x", "y", "columns", "lines")},
                "base": In(range(words)),
                "write_addr": In(range(words)),
                "write_data": In(32),
                "index": Out(data.ArrayLayout(INDEX, ppc)),
                "inside": Out(ppc),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        column, row, at_top, begins, valid = self._place(m)  # stage 2
        within = Signal()
        first = Signal(range(self.words))  # word of the line; stage 3
        columns, lines = (delayed(m, getattr(self, name), 1, name) for name in ("columns", "lines"))
        pitch = delayed(m, (columns + 7) >> 3, 1, "pitch")
        base, left = delayed(m, self.base, 1, "base"), delayed(m, self.x, 1, "place")
        shift = left[: (self.ppc - 1).bit_length()]
        column_3 = delayed(m, column, 1, "column").as_signed()
        m.d.sync += within.eq((row >= 0) & (row < lines))
        with m.If(valid & begins):
            m.d.sync += first.eq(Mux(at_top, base, first + pitch))

        # The aligned pixels of which the first is the first of the beat that the bitmap may cover.
        aligned = (column_3 + shift)[:17]
        address = delayed(m, (first + (aligned >> 3))[: len(first)], 1, "address")
        word = self._word(m, address)  # stage 6
        group = delayed(m, aligned[:3], 3, "group")
        bits = self.ppc * INDEX
        groups = Array(word[k * bits : (k + 1) * bits] for k in range(PIXELS // self.ppc))
        now, before = Signal(bits), Signal(bits)  # stage 7
        with m.If(delayed(m, valid, 4, "valid")):
            m.d.sync += [now.eq(groups[group >> (self.ppc - 1).bit_length()]), before.eq(now)]
        both = Array(
            Cat(before, now)[(self.ppc - k) * INDEX : (2 * self.ppc - k) * INDEX]
            for k in range(self.ppc)
        )
        m.d.comb += Value.cast(self.index).eq(delayed(m, both[shift], 1, "chosen"))

        for k in range(self.ppc):
            place = (column_3 + k).as_signed()
            covered = within & (place >= 0) & (place < columns)
            m.d.comb += self.inside[k].eq(delayed(m, covered, 5, f"inside_{k}"))

        return m

    def _word(self, m: Module, address: Value) -> Value:
        """Return the word at an address of two cycles before."""
        m.submodules.bitmap = bitmap = LineMemory(unsigned(32), depth=self.words)
        m.d.comb += [
            bitmap.read_addr.eq(address),
            bitmap.write_en.eq(self.write_en),
            bitmap.write_addr.eq(self.write_addr),
            bitmap.write_data.eq(self.write_data),
        ]
        return Value.cast(bitmap.read_data)

    def _place(self, m: Module) -> tuple[Value, Value, Value, Value, Value]:
        """First column and line from the bitmap's corner, whether it is the first; stage 2."""
        x, y, ended = Signal(16), Signal(16), Signal()
        column, row = Signal(signed(17)), Signal(signed(17))
        with m.If(self.live):
            fresh = self.sof | ended
            m.d.sync += [
                ended.eq(self.eol),
                x.eq(Mux(fresh, 0, x + self.ppc)),
                y.eq(Mux(self.sof, 0, y + ended)),
            ]
        left, top = delayed(m, self.x, 1, "left"), delayed(m, self.y, 1, "top")
        m.d.sync += [column.eq(x - left), row.eq(y - top)]
        at_top, begins = delayed(m, y == top, 1, "at_top"), delayed(m, x == 0, 1, "begins")
        return column, row, at_top, begins, delayed(m, self.live, 2, "entered")
