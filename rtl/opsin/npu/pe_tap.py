# SPDX-License-Identifier: MIT
"""Processing elements for the rows that only sliding data need."""

from typing import Any, ClassVar

from amaranth.hdl import Cat, Module, Signal, Value, signed
from amaranth.lib import data

from ..common.carry_multiplier import CarryMultiplier
from .pe_offset import Offset, PairSums

__all__ = ["LeftTap", "RightTap"]


class _Tap(Offset):
    """Two columns, of which one has products, of its own data; without a DSP multiplier.

    Stands in a mesh of :class:`~opsin.npu.pe_pair.Pair`.
    """

    latency = 5
    weights = (8,)
    slides = True
    side: ClassVar[int]

    @classmethod
    def sums(cls, rows: int, weight_bits: int) -> data.Layout:
        return PairSums(rows)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        weight: Value = self._move(m, platform)[self.side]
        if not self.side:
            weight = Cat(weight[:-1], ~weight[-1]).as_signed()
        multiplier = CarryMultiplier(signed(8), signed(8), registered=False)
        m.submodules.multiplier = multiplier
        m.d.comb += [multiplier.a.eq(self.east.activation), multiplier.b.eq(weight)]
        product = multiplier.product
        above = self.north.sum
        total: Any = Signal.like(self.south.sum, reset_less=True)
        if self.side:
            m.d.sync += [
                total.low.eq(above.low),
                total.high.eq(above.high),
                total.right.eq(above.right + product),
            ]
        else:
            m.d.sync += [
                total.low.eq(above.low + product[:10]),
                total.high.eq(above.high + product[10:].as_signed()),
                total.right.eq(above.right + product[10:].as_signed()),
            ]
        m.d.comb += self.south.sum.eq(total)

        return m


class LeftTap(_Tap):
    """The left one."""

    side = 0


class RightTap(_Tap):
    """The right one."""

    side = 1
