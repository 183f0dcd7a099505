# SPDX-License-Identifier: MIT
"""Overlay: on-screen display."""

from typing import Any

from amaranth import C, Cat, Module, Mux, Value, unsigned
from amaranth.lib import data, stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import Rgb
from .overlay_bitmap import OverlayBitmap
from .point import PointBlock, check_depth, unchanged

__all__ = ["Overlay", "OverlayWrite"]

ALPHA = 8  # bits
_PRODUCT = carry_latency(18, ALPHA)


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
    Latency 14 cycles, throughput 1 beat/cycle. No multipliers.

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

    def __init__(self, *, depth: int, words: int = 1024, ppc: int = 1) -> None:
        check_depth(depth)
        if words < 2 or words & (words - 1):
            raise ValueError(f"words must be a power of two from 2, not {words!r}")
        if ppc not in (1, 2, 4):
            raise ValueError(f"ppc must be 1, 2 or 4, not {ppc!r}")
        self.depth, self.words = depth, words
        super().__init__(
            Rgb(depth),
            Rgb(depth),
            latency=10 + _PRODUCT,
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
        bitmap = OverlayBitmap(words=self.words, ppc=self.ppc)
        m.submodules.bitmap = bitmap
        m.d.comb += [
            bitmap.live.eq(self.i.live),
            bitmap.sof.eq(self.i.p.sof),
            bitmap.eol.eq(self.i.p.eol),
            bitmap.write_en.eq(self.write.valid & ~self.write.p.palette),
            bitmap.write_addr.eq(self.write.p.address),
            bitmap.write_data.eq(self.write.p.data),
            *(
                getattr(bitmap, name).eq(getattr(self, name))
                for name in ("x", "y", "columns", "lines", "base")
            ),
        ]
        for k in range(self.ppc):
            colour = self._colour(m, bitmap.index[k], bitmap.inside[k])  # stage 9
            for name in "rgb":
                pixel = delayed(m, self.i.p.pixel[k][name], 9, f"{name}_{k}")
                narrow = colour[name]
                wide = Cat(narrow[max(0, 16 - self.depth) :], narrow)[-self.depth :]
                step = delayed(m, wide - pixel, 1, f"step_{name}_{k}")
                part = multiply(m, wide - pixel, colour.alpha, cells="carry")
                # from alpha 128 on there is one 256th more
                more = Mux(delayed(m, colour.alpha[-1], 1, f"more_{k}"), step, 0)
                under = Cat(C(128, 8), delayed(m, pixel, 1, f"under_{name}_{k}"))
                start = delayed(m, under + more, _PRODUCT - 1, f"start_{name}_{k}")
                m.d.sync += self.o.p.pixel[k][name].eq((start + part) >> 8)

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
