# SPDX-License-Identifier: MIT
"""Processing element of two columns on an iCE40's multiplier."""

from typing import Any

from amaranth.hdl import Cat, ClockSignal, Instance, Module, Signal, signed

from ..common.target import has_mac16
from .pe import Element

__all__ = ["Mac16Pair"]


class Mac16Pair(Element):
    """Two columns on an SB_MAC16, which multiplies two pairs of 8 bits.

    Its registers hold the activation, twice, the weights in use, and the products.
    """

    columns = 2
    latency = 3
    weights = (8,)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        shadow = self._move(m, platform, hold=False)
        products = [Signal(signed(16), name=f"product_{c}", reset_less=True) for c in (0, 1)]
        if has_mac16(platform):
            m.submodules.mac16 = Instance(
                "SB_MAC16",
                p_A_REG=1,
                p_B_REG=1,
                p_TOP_8x8_MULT_REG=1,
                p_BOT_8x8_MULT_REG=1,
                p_TOPOUTPUT_SELECT=2,
                p_BOTOUTPUT_SELECT=2,
                p_MODE_8x8=1,
                p_A_SIGNED=1,
                p_B_SIGNED=1,
                i_CLK=ClockSignal(),
                i_CE=1,
                i_A=Cat(self.west.activation, self.west.activation),
                i_B=shadow,
                i_AHOLD=0,
                i_BHOLD=~self.west.swap,
                **{f"i_{pin}": 0 for pin in ("IRSTTOP", "IRSTBOT", "ORSTTOP", "ORSTBOT")},
                o_O=Cat(products),
            )
        else:
            weight: Any = Signal.like(shadow, name="weight", reset_less=True)
            with m.If(self.west.swap):
                m.d.sync += weight.eq(shadow)
            m.d.sync += [p.eq(self.east.activation * weight[c]) for c, p in enumerate(products)]
        total: Any = Signal.like(self.south.sum, reset_less=True)
        m.d.sync += [total[c].eq(self.north.sum[c] + p) for c, p in enumerate(products)]
        m.d.comb += self.south.sum.eq(total)

        return m
