# SPDX-License-Identifier: MIT
"""What elements of two columns on one multiplier have in common."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value, signed, unsigned
from amaranth.lib import data

from ..common.multiplier import Multiplier
from .pe import Element, bits_of_sum

__all__ = ["Offset", "PairSums"]


class PairSums(data.StructLayout):
    """Sums of ``rows`` pairs of products in parts, see :class:`~opsin.npu.pe_pair.Pair`."""

    def __init__(self, rows: int) -> None:
        super().__init__(
            {
                "low": unsigned(bits_of_sum(10, rows)),
                "high": signed(bits_of_sum(6, rows)),
                "right": signed(bits_of_sum(16, rows)),
            }
        )


class Offset(Element):
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
            if self._side == 0:
                m.d.comb += negative.eq(column & ~left[-1])
            spread = negative.replicate(len(right))
            above = Cat(negative.replicate(gap), right.as_unsigned() | spread)
            packed = Cat(left[:-1], left[-1] ^ column, above).as_signed()
        multiplier = Multiplier(packed.shape(), signed(8), bel=self._bel)
        m.submodules.multiplier = multiplier
        m.d.comb += [multiplier.a.eq(packed), multiplier.b.eq(self.east.activation)]
        return multiplier.product
