# SPDX-License-Identifier: MIT
"""Processing elements of one column whose multiplier has registers of its own."""

from amaranth.hdl import Module, Signal, signed

from ..common.carry_multiplier import CarryMultiplier
from ..common.multiplier import Multiplier
from .pe import Element

__all__ = ["CarryPE", "DspPE"]


class DspPE(Element):
    """One column with a multiplier of its own: on an ECP5 a MULT18X18D.

    A register behind it leaves the adder free to be near its neighbours.
    """

    latency = 5
    slides = True

    def elaborate(self, platform: object) -> Module:
        m = Module()

        (weight,) = self._move(m, platform)
        m.submodules.multiplier = multiplier = Multiplier(signed(8), weight.shape(), bel=self._bel)
        product = Signal.like(multiplier.product, name="product", reset_less=True)
        total = Signal.like(self.south.sum[0], reset_less=True)
        m.d.comb += [multiplier.a.eq(self.east.activation), multiplier.b.eq(weight)]
        m.d.sync += [
            product.eq(multiplier.product),
            total.eq(self.north.sum[0] + product),
        ]
        m.d.comb += self.south.sum[0].eq(total)

        return m


class CarryPE(Element):
    """One column with a multiplier of carry cells, which finds a place anywhere."""

    latency = 6
    slides = True
    weights = (8,)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        (weight,) = self._move(m, platform)
        m.submodules.multiplier = multiplier = CarryMultiplier(signed(8), signed(8))
        total = Signal.like(self.south.sum[0], reset_less=True)
        m.d.comb += [multiplier.a.eq(self.east.activation), multiplier.b.eq(weight)]
        m.d.sync += total.eq(self.north.sum[0] + multiplier.product)
        m.d.comb += self.south.sum[0].eq(total)

        return m
