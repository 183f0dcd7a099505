# SPDX-License-Identifier: MIT
"""Bytes of a pixel in the formats of memories and displays."""

from typing import Any

from amaranth import Array, C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import enum

from ..common.flow import delayed
from ..common.video import Rgb
from .point import PointBlock

__all__ = ["PIXEL_SIZES", "PixelFormat", "PixelFormatter"]

_DITHER = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))


class PixelFormat(enum.Enum, shape=unsigned(3)):
    """Bytes in memory, the first at the lowest address; names of V4L2."""

    RGB24 = 0
    """R, G, B; of YCbCr: Y, Cb, Cr (YUV24)"""
    BGR24 = 1
    XBGR32 = 2
    """B, G, R, 255"""
    RGB565 = 3
    """A 16-bit number, low byte first: red in bits 15..11, green in 10..5, blue in 4..0"""
    YUYV = 4
    """Y and, at even columns, Cb, at odd ones Cr"""
    UYVY = 5
    GREY = 6
    """Y"""


PIXEL_SIZES = {
    PixelFormat.RGB24: 3,
    PixelFormat.BGR24: 3,
    PixelFormat.XBGR32: 4,
    PixelFormat.RGB565: 2,
    PixelFormat.YUYV: 2,
    PixelFormat.UYVY: 2,
    PixelFormat.GREY: 1,
}
"""Bytes of a pixel."""


class PixelFormatter(PointBlock):
    """Arrange the bytes of each pixel; make 5 and 6 bits of 8 for RGB565.

    Red and blue are ``(249 * v + t) >> 11``, green is ``(253 * v + t) >> 10``: with ``t`` 1014 and
    505 the nearest level; for ordered dither, ``t`` is ``128 * d + 64`` and ``64 * d + 32`` with
    ``d`` 0..15 from a table of 4 × 4 pixels.

    Parameters
    ----------
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(FlowSignature(Rgb(8), ppc=ppc))
        Colour, or Y, Cb, Cr in its places.
    o : Out(FlowSignature(unsigned(32), ppc=ppc))
        As many bytes as the format has, the first in the lowest bits; the others are 0.
    format : In(PixelFormat)
        A setting.
    dither : In(1)
        Ordered dither for RGB565 instead of rounding; a setting.

    Timing
    ------
    Latency 4 cycles; ``o`` comes from registers.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.output_format`.
    """

    format: Any
    dither: Value

    def __init__(self, *, ppc: int) -> None:
        super().__init__(
            Rgb(8),
            unsigned(32),
            latency=4,
            ppc=ppc,
            settings={"format": PixelFormat, "dither": unsigned(1)},
        )

    def compute(self, m: Module) -> None:
        row, column = self._place(m)
        table = Array(Array(C(value, 4) for value in line) for line in _DITHER)
        for k in range(self.ppc):
            here = (column + k)[:2]
            first, second, third = (
                delayed(m, self.i.p.pixel[k][name], 1, f"{name}_{k}") for name in "rgb"
            )
            entry = table[row][here]
            levels = []
            for shift, nearest, value in ((11, 1014, third), (10, 505, second), (11, 1014, first)):
                offset = Mux(self.dither, (entry << (shift - 4)) + (1 << (shift - 5)), nearest)
                offset = delayed(m, offset[:shift], 1, f"offset_{k}")
                product = (value << 8) - (value << 3) + value  # 249 times
                if shift == 10:
                    product = (value << 8) - (value << 1) - value  # 253 times
                scaled = delayed(m, product[:16], 1, f"scaled_{k}")
                level = (scaled + offset)[shift:16]
                levels.append(delayed(m, level, 1, f"level_{k}"))
            chroma = Mux(here[0], third, second)
            first, second, third, chroma = (
                delayed(m, value, 2, f"late_{k}_{place}")
                for place, value in enumerate((first, second, third, chroma))
            )
            forms = {
                PixelFormat.RGB24: (first, second, third),
                PixelFormat.BGR24: (third, second, first),
                PixelFormat.XBGR32: (third, second, first, C(255, 8)),
                PixelFormat.RGB565: (Cat(levels)[:8], Cat(levels)[8:]),
                PixelFormat.YUYV: (first, chroma),
                PixelFormat.UYVY: (chroma, first),
                PixelFormat.GREY: (first,),
            }
            with m.Switch(Value.cast(self.format)):
                for form, parts in forms.items():
                    with m.Case(form.value):
                        m.d.sync += self.o.p.pixel[k].eq(Cat(parts))

    def _place(self, m: Module) -> tuple[Value, Value]:
        """Line and first column, modulo 4, of the beat in the first stage."""
        row, column = Signal(2), Signal(2)
        ended = Signal()
        with m.If(self.i.live):
            m.d.sync += ended.eq(self.i.p.eol)
            with m.If(self.i.p.sof):
                m.d.sync += [row.eq(0), column.eq(0)]
            with m.Else():
                m.d.sync += [
                    row.eq(row + ended),
                    column.eq(Mux(ended, 0, column + self.ppc)),
                ]
        return row, column
