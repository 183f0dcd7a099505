# SPDX-License-Identifier: MIT
"""Processing element of two columns that share one multiplier of 18 bits."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value, signed, unsigned
from amaranth.lib import data

from .low_product import LowProduct
from .pe import Element
from .pe_offset import Offset, PairSums
from .pe_tap import LeftTap, RightTap

__all__ = ["Pair"]


class Pair(Offset):
    """Two columns with weights of 8 bits: two exact products of one 18 × 8 bit multiplication.

    With activation a, right weight r and left weight l, written as u = l + 128 in 0..255, the
    multiplier makes P = a·(1024·r + u) = 1024·a·r + q, q = a·u in -2^15..2^15 - 1. So the two
    overlap in six bits, where a·r is known modulo 64 from a small multiplier of its own:
    h = (P[15:10] - a·r) mod 64 = q >> 10, signed. Then q = 1024·h + P[9:0], a·r = P[25:10] - h.

    That is linear, hence done once, below the last row; three sums go down instead of two:
    ``low`` of P[9:0], ``high`` of h, ``right`` of P[25:10].

    References
    ----------
    All 2^24 cases: ``tests/npu/test_pe.py``. The two products in one multiplier are a known way,
    for example Xilinx WP486; its restriction to right weights above -128 does not apply to u.
    """

    latency = 5
    finish = 2
    weights = (8,)
    slides = True

    @classmethod
    def extra(cls, side: int) -> type[Element]:
        return RightTap if side else LeftTap

    @classmethod
    def sums(cls, rows: int, weight_bits: int) -> data.Layout:
        return PairSums(rows)

    @classmethod
    def totals(cls, m: Module, sums: Any, activations: Value, weight_bits: int) -> list[Value]:
        rest = sums.low[7:] - activations
        bottom, middle, high, right, left, late = (
            Signal(shape, name=name, reset_less=True)
            for name, shape in {
                "bottom": unsigned(7),
                "middle": rest.shape(),
                "high": sums.high.shape(),
                "right": (sums.right - sums.high).shape(),
                "left": signed(len(sums.high) + 10),
                "late": (sums.right - sums.high).shape(),
            }.items()
        )
        m.d.sync += [
            bottom.eq(sums.low),
            middle.eq(rest),
            high.eq(sums.high),
            right.eq(sums.right - sums.high),
            left.eq(Cat(bottom, middle[:3], (middle >> 3) + high)),
            late.eq(right),
        ]
        return [left, late]

    def elaborate(self, platform: object) -> Module:
        m = Module()

        weight = self._move(m, platform)
        product = self._product(m, weight, gap=2)
        m.submodules.overlap = overlap = LowProduct()
        m.d.comb += [overlap.a.eq(self.east.activation), overlap.b.eq(weight[1])]

        low = Signal(10, reset_less=True)
        high = Signal(signed(6), reset_less=True)
        right = Signal(signed(16), reset_less=True)
        total: Any = Signal.like(self.south.sum, reset_less=True)
        above = self.north.sum
        m.d.sync += [
            low.eq(product),
            high.eq(product[10:16] - overlap.product),
            right.eq(product >> 10),
            total.low.eq(above.low + low),
            total.high.eq(above.high + high),
            total.right.eq(above.right + right),
        ]
        m.d.comb += self.south.sum.eq(total)

        return m
