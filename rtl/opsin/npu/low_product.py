# SPDX-License-Identifier: MIT
"""The lowest bits of a product."""

from typing import Any

from amaranth.hdl import Cat, Const, Instance, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..common.target import is_ecp5

__all__ = ["LowProduct"]

_TWO_ANDS = 0x7888
"""LUT of a carry cell: A & B plus C & D."""


class LowProduct(wiring.Component):
    """Six lowest bits of the product of two numbers.

    ``b``'s bits are taken in pairs; the two multiples of ``a`` for a pair are added, which makes a
    row, then the three rows. On an ECP5, a carry cell (half a CCU2C) makes both multiples of a
    row and adds them.

    Members
    -------
    a, b : In(6)
    product : Out(6)

    Timing
    ------
    ``product`` comes from a register, two cycles behind; throughput 1 per cycle. No reset.
    """

    a: Value
    b: Value
    product: Value

    def __init__(self) -> None:
        super().__init__({"a": In(6), "b": In(6), "product": Out(6)})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        rows = []
        for low in (0, 2, 4):
            row = Signal(6 - low, name=f"row_{low}", reset_less=True)
            a, pair = self.a[: len(row)], self.b[low : low + 2]
            if is_ecp5(platform) and len(row) > 2:
                m.d.sync += row.eq(_carry_row(m, a, pair))
            elif len(row) > 2:
                m.d.sync += row.eq(a * pair)
            else:
                m.d.sync += row.eq(Cat(a[0] & pair[0], (a[1] & pair[0]) ^ (a[0] & pair[1])))
            rows.append(row)
        first, second, third = rows
        middle = (first[2:] + second)[:4]
        # not another adder, whose carry would come late
        top = Cat(middle[2] ^ third[0], middle[3] ^ third[1] ^ (middle[2] & third[0]))
        product = Signal(6, name="sum", reset_less=True)
        m.d.sync += product.eq(Cat(first[:2], middle[:2], top))
        m.d.comb += self.product.eq(product)

        return m


def _carry_row(m: Module, a: Value, pair: Value) -> Value:
    """Return the lowest bits of ``a * pair``, as many as ``a`` has, from carry cells.

    A cell adds A & B and C & D: its LUT holds the exclusive or of both; where that is 0, the carry
    that leaves is what the same LUT holds for C = D = 0, that is A & B. The first cell makes the
    carry 0 that enters.
    """
    width = len(a)
    bits = Signal(width)
    cells: list[tuple[int, list[Any]]] = [(0, [0, 0, 1, 1])]
    cells += [(_TWO_ANDS, [a[k], pair[0], a[k - 1], pair[1]]) for k in range(1, width)]
    m.d.comb += bits[0].eq(a[0] & pair[0])
    carry: Value | None = None
    for k in range(0, width, 2):
        pins: dict[str, Any] = {} if carry is None else {"i_CIN": carry}
        for half in (0, 1):
            table, inputs = cells[k + half]
            pins |= {f"p_INIT{half}": Const(table, 16), f"p_INJECT1_{half}": "NO"}
            pins |= {f"i_{pin}{half}": value for pin, value in zip("ABCD", inputs, strict=True)}
            if k + half:
                pins[f"o_S{half}"] = bits[k + half]
        if k + 2 < width:
            carry = Signal(name=f"carry_{len(a)}_{k}")
            pins["o_COUT"] = carry
        m.submodules += Instance("CCU2C", **pins)
    return bits
