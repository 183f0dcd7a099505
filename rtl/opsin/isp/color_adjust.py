# SPDX-License-Identifier: MIT
"""Saturation, hue, contrast and brightness."""

from amaranth import Module, Signal, Value, signed, unsigned

from ..common.video import Ycbcr
from .clip import clip
from .point import PointBlock, check_depth, unchanged

__all__ = ["ColorAdjust"]

FRACTION = 12
FACTOR = 4 + FRACTION


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
    Latency 5 cycles, throughput 1 beat/cycle; ``i.ready`` depends combinationally on ``o.ready``.
    Five multipliers per pixel, with registers before and behind them.

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
            latency=5,
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
            come, go = self.i.p.pixel[k], self.o.p.pixel[k]
            self._luma(m, come.y, go.y)
            u = self._difference(m, come.cb)
            v = self._difference(m, come.cr)
            self._turned(m, (u, self.cosine), (v, self.sine), go.cb, add=True)
            self._turned(m, (v, self.cosine), (u, self.sine), go.cr, add=False)

    def _luma(self, m: Module, come: Value, go: Value) -> None:
        y = Signal(self.depth, name="y")
        product = Signal(self.depth + FACTOR, name="y_product")
        constant = Signal(signed(self.depth + FACTOR + 1), name="y_constant")
        total = Signal(signed(self.depth + FACTOR + 2), name="y_total")
        rounded = Signal(signed(self.depth + 6), name="y_rounded")
        m.d.sync += [
            y.eq(come),
            product.eq(y * self.contrast),
            constant.eq((self.brightness << (self.depth - 4)) + (1 << (FRACTION - 1))),
            total.eq(product + constant),
            rounded.eq(total >> FRACTION),
            go.eq(clip(rounded, self.depth)),
        ]

    def _difference(self, m: Module, come: Value) -> Value:
        """Less than half the range, so the uppermost bit changes its meaning."""
        value = Signal(signed(self.depth), name="difference")
        m.d.sync += value.eq(come ^ (1 << (self.depth - 1)))
        return value

    def _turned(
        self,
        m: Module,
        along: tuple[Value, Value],
        across: tuple[Value, Value],
        go: Value,
        *,
        add: bool,
    ) -> None:
        products = [Signal(signed(self.depth + FACTOR), name=f"product_{j}") for j in range(2)]
        total = Signal(signed(self.depth + FACTOR + 1), name="total")
        rounded = Signal(signed(self.depth + 6), name="rounded")
        grey = 1 << (self.depth - 1 + FRACTION)
        m.d.sync += [
            products[0].eq(along[0] * along[1]),
            products[1].eq(across[0] * across[1]),
            total.eq(products[0] + products[1] if add else products[0] - products[1]),
            rounded.eq((total + (grey + (1 << (FRACTION - 1)))) >> FRACTION),
            go.eq(clip(rounded, self.depth)),
        ]
