# SPDX-License-Identifier: MIT
"""Saturation, hue, contrast and brightness."""

from typing import Any

from amaranth import Module, Signal, Value, signed, unsigned

from ..common.flow import delayed
from ..common.multiplier import multiply
from ..common.video import Ycbcr
from .clip import clip
from .point import PointBlock, check_depth, unchanged

__all__ = ["ColorAdjust"]

FRACTION = 12
FACTOR = 4 + FRACTION
_PRODUCT = 2  # cycles


class ColorAdjust(PointBlock):
    """Scale and shift luma; scale and turn colour differences around grey.

    With ``u = cb - 2**(depth-1)``, ``v = cr - 2**(depth-1)``:

    ====  ========================================================================================
    y     ``clip((y * contrast + brightness * 2**(depth-4) + 2**11) >> 12)``
    cb    ``clip(((cosine * u + sine * v + 2**11) >> 12) + 2**(depth-1))``
    cr    ``clip(((cosine * v - sine * u + 2**11) >> 12) + 2**(depth-1))``
    ====  ========================================================================================

    ``cosine`` and ``sine`` are those of the hue's angle, times the saturation; the luma that
    contrast shall leave is part of ``brightness``. Software computes both.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    ppc : int
        Pixels per beat, 1 or even.

    Members
    -------
    i, o : FlowSignature(Ycbcr(depth), ppc=ppc)
        Luma and colour differences.
    contrast : In(unsigned(16))
        Q4.12; a setting.
    brightness : In(signed(20))
        Signed Q4.16 of full scale; a setting.
    cosine, sine : In(signed(16))
        Signed Q4.12; a setting.
    bypass : In(1)
        Let frames pass; a setting.

    Timing
    ------
    Latency 6 cycles, throughput 1 beat/cycle. Four multipliers per pixel.

    Raises
    ------
    ValueError
        If ``depth`` is outside 8..16 or ``ppc`` is neither 1 nor even.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.isp.color_adjust`, and
    :func:`opsin_sim.golden.isp.color_adjust_registers` for the registers' values.
    """

    contrast: Value
    brightness: Value
    cosine: Value
    sine: Value

    def __init__(self, *, depth: int, ppc: int = 1) -> None:
        check_depth(depth)
        self.depth = depth
        super().__init__(
            Ycbcr(depth),
            Ycbcr(depth),
            latency=4 + _PRODUCT,
            ppc=ppc,
            settings={
                "contrast": unsigned(FACTOR),
                "brightness": signed(20),
                "cosine": signed(FACTOR),
                "sine": signed(FACTOR),
            },
            bypass=unchanged,
        )

    def compute(self, m: Module) -> None:
        for k in range(self.ppc):
            self._luma(m, self.i.p.pixel[k].y, self.o.p.pixel[k].y)
            self._turned(m, self.i.p.pixel[k], self.o.p.pixel[k])

    def _luma(self, m: Module, come: Value, go: Value) -> None:
        product = multiply(m, delayed(m, come, 1, "y"), self.contrast)
        brightness = delayed(m, self.brightness, 1, "brightness")
        constant = Signal(signed(self.depth + FACTOR + 1), name="y_constant")
        total = Signal(signed(self.depth + FACTOR + 2), name="y_total")
        rounded = Signal(signed(self.depth + 6), name="y_rounded")
        m.d.sync += [
            constant.eq((brightness << (self.depth - 4)) + (1 << (FRACTION - 1))),
            total.eq(product + constant),
            rounded.eq(total >> FRACTION),
            go.eq(clip(rounded, self.depth)),
        ]

    def _turned(self, m: Module, come: Any, go: Any) -> None:
        """Turn and scale with three products instead of four.

        With ``both = cosine * (u + v)``: ``cosine * u + sine * v = both + (sine - cosine) * v``
        and ``cosine * v - sine * u = both - (sine + cosine) * u``.
        """
        # Less than half the range, so the uppermost bit changes its meaning.
        u, v = ((come[name] ^ (1 << (self.depth - 1))).as_signed() for name in ("cb", "cr"))
        cosine, sine = delayed(m, self.cosine, 1, "cosine"), delayed(m, self.sine, 1, "sine")
        both = multiply(m, delayed(m, u + v, 1, "sum"), cosine)
        u, v = delayed(m, u, 1, "u"), delayed(m, v, 1, "v")
        products = {
            name: multiply(m, value, delayed(m, factor, 1, name))
            for name, value, factor in (("cb", v, sine - cosine), ("cr", u, sine + cosine))
        }
        grey = 1 << (self.depth - 1 + FRACTION)
        for name, product in products.items():
            total = Signal(signed(self.depth + FACTOR + 1), name=f"total_{name}")
            rounded = Signal(signed(self.depth + 6), name=f"rounded_{name}")
            m.d.sync += [
                total.eq(both + product if name == "cb" else both - product),
                rounded.eq((total + (grey + (1 << (FRACTION - 1)))) >> FRACTION),
                go[name].eq(clip(rounded, self.depth)),
            ]
