# SPDX-License-Identifier: MIT
"""Processing element of two columns with weights of 4 bits that share one multiplier."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value, signed
from amaranth.lib import data

from .pe import bits_of_sum
from .pe_offset import Offset

__all__ = ["NibblePair"]


class NibblePair(Offset):
    """Two columns with weights of 4 bits: two exact products that do not overlap.

    P = a·(2^13·r + u), u = l + 8 in 0..15: a·u in 12 bits, signed, is P[11:0], and a·r is P[24:13]
    or, if a·u is negative, one more; P[12] tells.
    """

    latency = 5
    finish = 1
    weights = (4,)

    @classmethod
    def sums(cls, rows: int, weight_bits: int) -> data.Layout:
        return data.ArrayLayout(signed(bits_of_sum(12, rows)), 2)

    @classmethod
    def totals(cls, m: Module, sums: Any, activations: Value, weight_bits: int) -> list[Value]:
        left, right = (Signal.like(sums[column], reset_less=True) for column in (0, 1))
        m.d.sync += [left.eq(sums[0] - (activations << 3)), right.eq(sums[1])]
        return [left, right]

    def elaborate(self, platform: object) -> Module:
        m = Module()

        weight = self._move(m, platform)
        product = self._product(m, weight, gap=9)
        left, right = (Signal(signed(12), name=n, reset_less=True) for n in ("left", "right"))
        more = Signal(reset_less=True)
        total: Any = Signal.like(self.south.sum, reset_less=True)
        # one adder for three: the lowest bits make the carry
        three = Cat(Const(1, 1), self.north.sum[1]).as_signed() + Cat(more, right).as_signed()
        m.d.sync += [
            left.eq(product),
            right.eq(product >> 13),
            more.eq(product[12]),
            total[0].eq(self.north.sum[0] + left),
            total[1].eq(three >> 1),
        ]
        m.d.comb += self.south.sum.eq(total)

        return m
