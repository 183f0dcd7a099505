# SPDX-License-Identifier: MIT
"""Bytes of a pixel in the formats of memories and displays."""

from typing import Any

from amaranth import Array, C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, enum

from ..common.video import Rgb
from .elastic import ElasticBlock

__all__ = ["PixelBytes", "PixelFormat", "PixelFormatter"]

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


class PixelBytes(data.StructLayout):
    """``last + 1`` bytes, the first in the lowest bits."""

    def __init__(self) -> None:
        super().__init__({"bytes": unsigned(32), "last": unsigned(2)})


class PixelFormatter(ElasticBlock):
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
    i : In(VideoSignature(Rgb(8), ppc=ppc))
        Colour, or Y, Cb, Cr in its places.
    o : Out(VideoSignature(PixelBytes(), ppc=ppc))
        Bytes.
    format : In(PixelFormat)
        Sampled with ``sof``.
    dither : In(1)
        Ordered dither for RGB565 instead of rounding; sampled with ``sof``.

    Timing
    ------
    Latency 4 cycles, throughput 1 beat/cycle; ``i.ready`` depends combinationally on ``o.ready``.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.output_format`.
    """

    format: Any
    dither: Value

    def __init__(self, *, ppc: int) -> None:
        super().__init__(
            Rgb(8),
            PixelBytes(),
            latency=4,
            ppc=ppc,
            settings={"format": PixelFormat, "dither": 1},
        )

    def compute(self, m: Module, settings: Any, advance: Value) -> None:
        row, column = self._place(m, advance)
        table = Array(Array(C(value, 4) for value in line) for line in _DITHER)
        chosen = Value.cast(self.delayed(m, Value.cast(settings.format), 2, advance, "format"))
        for k in range(self.ppc):
            here = (column + k)[:2]
            first, second, third = (
                self.delayed(m, self.i.p.pixel[k][name], 1, advance, f"{name}_{k}")
                for name in "rgb"
            )
            entry = table[row][here]
            levels = []
            for shift, nearest, value in ((11, 1014, third), (10, 505, second), (11, 1014, first)):
                offset = Mux(settings.dither, (entry << (shift - 4)) + (1 << (shift - 5)), nearest)
                offset = self.delayed(m, offset[:shift], 1, advance, f"offset_{k}")
                product = (value << 8) - (value << 3) + value  # 249 times
                if shift == 10:
                    product = (value << 8) - (value << 1) - value  # 253 times
                scaled = self.delayed(m, product[:16], 1, advance, f"scaled_{k}")
                level = (scaled + offset)[shift:16]
                levels.append(self.delayed(m, level, 1, advance, f"level_{k}"))
            chroma = Mux(here[0], third, second)
            first, second, third, chroma = (
                self.delayed(m, value, 2, advance, f"late_{k}_{place}")
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
            with m.If(advance), m.Switch(chosen):
                for form, parts in forms.items():
                    with m.Case(form.value):
                        m.d.sync += [
                            self.o.p.pixel[k].bytes.eq(Cat(parts)),
                            self.o.p.pixel[k].last.eq(len(parts) - 1),
                        ]

    def _place(self, m: Module, advance: Value) -> tuple[Value, Value]:
        """Line and first column, modulo 4, of the beat in the first stage."""
        row, column = Signal(2), Signal(2)
        ended = Signal()
        with m.If(advance & self.i.valid):
            m.d.sync += ended.eq(self.i.p.eol)
            with m.If(self.i.p.sof):
                m.d.sync += [row.eq(0), column.eq(0)]
            with m.Else():
                m.d.sync += [
                    row.eq(row + ended),
                    column.eq(Mux(ended, 0, column + self.ppc)),
                ]
        return row, column
