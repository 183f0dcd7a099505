# SPDX-License-Identifier: MIT
"""Overlay: on-screen display."""

from typing import Any

from amaranth import Array, C, Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In

from ..common.flow import delayed
from ..common.line_memory import LineMemory
from ..common.multiplier import multiply
from ..common.video import Rgb
from .point import PointBlock, check_depth, unchanged

__all__ = ["Overlay", "OverlayWrite"]

PIXELS = 8  # per word of the bitmap
INDEX = 4  # bits of a palette index


class OverlayWrite(data.StructLayout):
    """A word for the bitmap, or a colour for the palette.

    Bitmap: eight palette indices of 4 bits, the leftmost lowest. Palette: red, green, blue, alpha,
    8 bits each from the lowest; address bit 4 is the palette's number.
    """

    def __init__(self, words: int) -> None:
        super().__init__(
            {"data": unsigned(32), "address": range(max(words, 32)), "palette": unsigned(1)}
        )


class Overlay(PointBlock):
    """Blend a bitmap of 16 colours over a rectangle of the picture.

    ``o = i + (((c - i) * a + 128) >> 8)`` with ``c`` the palette's colour, its uppermost bits
    repeated below, and ``a = alpha + (alpha >> 7)``: 0 leaves the picture, 255 covers it exactly.

    Line ``k`` of the bitmap starts at word ``base + k * ceil(columns / 8)``. What lies beyond the
    picture is not seen. Writes show at once: draw in words, and in the palette, that no frame uses,
    then change ``base`` or ``palette``.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    words : int
        Size of the bitmap memory, a power of two from 2.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i, o : FlowSignature(Rgb(depth), ppc=ppc)
        Pictures; any three samples per pixel.
    x, y : In(unsigned(16))
        Place of the bitmap's first pixel; a setting.
    columns, lines : In(unsigned(16))
        Its size in pixels; 0: nothing is drawn; a setting.
    base : In(range(words))
        First word; a setting.
    palette : In(1)
        Which palette to use; a setting.
    bypass : In(1)
        Let frames pass; a setting.
    write : In(stream.Signature(OverlayWrite(words)))
        Always taken.

    Timing
    ------
    Latency 12 cycles, throughput 1 beat/cycle. Three multipliers per pixel.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16, ``words`` no power of two, or ``ppc`` not 1, 2 or 4.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.overlay`.
    """

    x: Value
    y: Value
    columns: Value
    lines: Value
    base: Value
    palette: Value
    write: stream.Interface

    def __init__(self, *, depth: int, words: int = 2048, ppc: int = 1) -> None:
        check_depth(depth)
        if words < 2 or words & (words - 1):
            raise ValueError(f"words must be a power of two from 2, not {words!r}")
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        self.depth, self.words = depth, words
        super().__init__(
            Rgb(depth),
            Rgb(depth),
            latency=12,
            ppc=ppc,
            settings={
                **{name: unsigned(16) for name in ("x", "y", "columns", "lines")},
                "base": range(words),
                "palette": unsigned(1),
            },
            ports={"write": In(stream.Signature(OverlayWrite(words)))},
            bypass=unchanged,
        )

    def compute(self, m: Module) -> None:
        m.d.comb += self.write.ready.eq(1)
        indices, inside = self._indices(m)  # stage 8
        for k in range(self.ppc):
            colour = self._colour(m, indices[k], inside[k])  # stage 9
            alpha = (colour.alpha + (colour.alpha >> 7))[:9]
            for name in "rgb":
                pixel = delayed(m, self.i.p.pixel[k][name], 9, f"{name}_{k}")
                narrow = colour[name]
                wide = Cat(narrow[max(0, 16 - self.depth) :], narrow)[-self.depth :]
                product = multiply(m, wide - pixel, alpha)
                under = delayed(m, pixel, 2, f"under_{name}_{k}")
                m.d.sync += self.o.p.pixel[k][name].eq((Cat(C(128, 8), under) + product) >> 8)

    def _indices(self, m: Module) -> tuple[list[Value], list[Value]]:
        """Palette index of each pixel, and whether the bitmap covers it; stage 8."""
        column, row, begins, valid = self._place(m)  # stage 2
        within = Signal()
        lines = Signal(range(self.words))  # where the line begins; stage 3
        columns, rows = (delayed(m, getattr(self, name), 1, name) for name in ("columns", "lines"))
        pitch = delayed(m, (columns + 7) >> 3, 1, "pitch")
        base, left = delayed(m, self.base, 1, "base"), delayed(m, self.x, 1, "place")
        shift = left[: (self.ppc - 1).bit_length()]
        column_3 = delayed(m, column, 1, "column").as_signed()
        m.d.sync += within.eq((row >= 0) & (row < rows))
        with m.If(valid & begins):
            m.d.sync += lines.eq(Mux(row == 0, base, lines + pitch))

        # The aligned pixels of which the first is the first of the beat that the bitmap may cover.
        aligned = (column_3 + shift)[:17]
        address = delayed(m, (lines + (aligned >> 3))[: len(lines)], 1, "address")
        m.submodules.bitmap = bitmap = LineMemory(unsigned(32), depth=self.words)
        m.d.comb += [
            bitmap.read_addr.eq(address),
            bitmap.write_en.eq(self.write.valid & ~self.write.p.palette),
            bitmap.write_addr.eq(self.write.p.address),
            bitmap.write_data.eq(self.write.p.data),
        ]
        word = bitmap.read_data  # stage 6
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
        chosen = delayed(m, both[shift], 1, "chosen")

        inside = []
        for k in range(self.ppc):
            place = (column_3 + k).as_signed()
            covered = within & (place >= 0) & (place < columns)
            inside.append(delayed(m, covered, 5, f"inside_{k}"))
        return [chosen[k * INDEX : (k + 1) * INDEX] for k in range(self.ppc)], inside

    def _place(self, m: Module) -> tuple[Value, Value, Value, Value]:
        """First column and line from the bitmap's corner, whether a line begins; stage 2."""
        x, y, ended = Signal(16), Signal(16), Signal()
        column, row = Signal(signed(17)), Signal(signed(17))
        with m.If(self.i.live):
            fresh = self.i.p.sof | ended
            m.d.sync += [
                ended.eq(self.i.p.eol),
                x.eq(Mux(fresh, 0, x + self.ppc)),
                y.eq(Mux(self.i.p.sof, 0, y + ended)),
            ]
        left, top = delayed(m, self.x, 1, "left"), delayed(m, self.y, 1, "top")
        m.d.sync += [column.eq(x - left), row.eq(y - top)]
        begins = delayed(m, x == 0, 1, "begins")
        return column, row, begins, delayed(m, self.i.live, 2, "entered")

    def _colour(self, m: Module, index: Value, inside: Value) -> Any:
        """Read the palette, made of LUTs; alpha is 0 where there is no bitmap."""
        shape = data.StructLayout({name: 8 for name in ("r", "g", "b", "alpha")})
        m.submodules += (memory := Memory(shape=32, depth=32, init=[]))
        write, read = memory.write_port(), memory.read_port(domain="comb")
        m.d.comb += [
            read.addr.eq(Cat(index, delayed(m, self.palette, 1, "palette"))),
            write.en.eq(self.write.valid & self.write.p.palette),
            write.addr.eq(self.write.p.address),
            write.data.eq(self.write.p.data),
        ]
        entry = Mux(inside, read.data, 0)
        return data.View(shape, delayed(m, entry, 1, "colour"))
