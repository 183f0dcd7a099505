# SPDX-License-Identifier: MIT
"""Processing elements of two columns that share one multiplier of 18 bits."""

from typing import Any, ClassVar

from amaranth.hdl import Cat, Const, Module, Signal, Value, signed, unsigned
from amaranth.lib import data

from ..common.carry_multiplier import CarryMultiplier
from ..common.multiplier import Multiplier
from .low_product import LowProduct
from .pe import Element, bits_of_sum

__all__ = ["NibblePair", "Pair"]


class _Offset(Element):
    """The left column's weight is written as weight + half its range, so that it is not negative.

    Then both weights side by side make the multiplier's operand, without an adder and for all
    values; half the range times the sum of activations is taken off below the last row.
    """

    columns = 2

    @classmethod
    def written(cls, weight: Value, column: int) -> Value:
        return Cat(weight[:-1], ~weight[-1]).as_signed() if column == 0 else weight

    def _zero(self, column: int) -> int:
        return -(1 << self._bits - 1) if column == 0 else 0

    def _product(self, m: Module, weight: Any, gap: int) -> Value:
        """Return both products, ``weight_bits`` + ``gap`` bits apart.

        With a column's own data one weight is zero. That leaves room to write the left one without
        its offset, which could not be taken off below, where it is the same for all columns.
        """
        left, right = weight[0], weight[1]
        packed = Cat(left, Const(0, gap), right).as_signed()
        if self._sliding:
            column = self.east.column
            negative = Signal()
            m.d.comb += negative.eq(column & ~left[-1])
            spread = negative.replicate(len(right))
            above = Cat(negative.replicate(gap), right.as_unsigned() | spread)
            packed = Cat(left[:-1], left[-1] ^ column, above).as_signed()
        multiplier = Multiplier(packed.shape(), signed(8), bel=self._bel)
        m.submodules.multiplier = multiplier
        m.d.comb += [multiplier.a.eq(packed), multiplier.b.eq(self.east.activation)]
        return multiplier.product


class Pair(_Offset):
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
        return data.StructLayout(
            {
                "low": unsigned(bits_of_sum(10, rows)),
                "high": signed(bits_of_sum(6, rows)),
                "right": signed(bits_of_sum(16, rows)),
            }
        )

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


class _Tap(_Offset):
    """Two columns, of which one has products, of its own data; without a DSP multiplier.

    Stands in a mesh of :class:`Pair`.
    """

    latency = 5
    weights = (8,)
    slides = True
    side: ClassVar[int]

    @classmethod
    def sums(cls, rows: int, weight_bits: int) -> data.Layout:
        return Pair.sums(rows, weight_bits)

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


class NibblePair(_Offset):
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
