# SPDX-License-Identifier: MIT
"""IEEE-754 binary32 addition; see :mod:`opsin.npu.binary32`."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .binary32 import Binary32, nearest_even, register

__all__ = ["Add"]


class Add(wiring.Component):
    """Sum of two binary32 numbers, rounded to nearest even.

    Subnormal operands count as zero, a subnormal sum becomes zero. The sum of opposite numbers is
    +0; also of opposite infinities, as which NaNs count.

    Members
    -------
    a : In(Binary32()), b : In(Binary32())
    o : Out(Binary32())

    Timing
    ------
    Latency :attr:`latency` cycles, one sum per cycle, no combinational path.
    """

    a: data.View
    b: data.View
    o: data.View

    latency = 8

    def __init__(self) -> None:
        super().__init__({"a": In(Binary32()), "b": In(Binary32()), "o": Out(Binary32())})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # 1: which is larger; by how much, either way
        a: Any = data.View(Binary32(), register(m, Value.cast(self.a), "a"))
        b: Any = data.View(Binary32(), register(m, Value.cast(self.b), "b"))
        swap = register(m, Value.cast(self.a)[:31] < Value.cast(self.b)[:31], "swap")
        differences = [
            register(m, (x.exponent - y.exponent)[:8], "difference")
            for x, y in ((self.a, self.b), (self.b, self.a))
        ]

        # 2: the larger one first; significands, and of the smaller one three bits more
        above: Any = Signal(Binary32(), reset_less=True)
        m.d.sync += Value.cast(above).eq(Mux(swap, b, a))
        distance = register(m, Mux(swap, differences[1], differences[0]), "distance")
        small: Any = Signal(Binary32())
        m.d.comb += Value.cast(small).eq(Mux(swap, a, b))
        present = small.exponent != 0
        less: Value = register(
            m, Mux(present, Cat(Const(0, 3), small.fraction, Const(1, 1)), 0), "less_2"
        )
        minus: Value = register(m, a.sign ^ b.sign, "minus_2")

        # 3, 4: shift the smaller one, keeping whether ones were lost in its lowest bit
        head: Value = Value.cast(above)
        far = distance[5:].any()
        for stage, shifts in (3, (16, 8)), (4, (4, 2, 1)):
            for shift in shifts:
                bit = distance[shift.bit_length() - 1]
                shifted = Cat(less[shift] | less[:shift].any(), less[shift + 1 :])
                less = Mux(bit, shifted, less)[:27]
            if stage == 3:
                less = Mux(far, less.any(), less)[:27]
            less = register(m, less, f"less_{stage}")
            head = register(m, head, f"head_{stage}")
            minus = register(m, minus, f"minus_{stage}")
            distance = register(m, distance, f"distance_{stage}")

        # 5: add; 28 bits, bit 26 being the larger one's highest
        above = data.View(Binary32(), head)
        infinite = above.exponent.all()
        more = Mux(above.exponent == 0, 0, Cat(Const(0, 3), above.fraction, Const(1, 1)))[:27]
        total: Value = register(m, Mux(minus, more - less, more + less)[:28], "total_5")
        # opposite infinities have the same distance: none
        none = infinite & minus & (distance == 0)
        special = register(m, Cat(above.sign, infinite, none, minus), "special_5")
        exponent: Value = register(m, above.exponent, "exponent_5")

        # 6, 7: shift the highest one to bit 27
        zeros: Value = Const(0, 0)
        for stage, shifts in (6, (16, 8)), (7, (4, 2, 1)):
            for shift in shifts:
                empty = Signal(name=f"empty_{shift}")
                m.d.comb += empty.eq(total[28 - shift :] == 0)
                total = Mux(empty, total << shift, total)[:28]
                zeros = Cat(empty, zeros)
            total = register(m, total, f"total_{stage}")
            zeros = register(m, zeros, f"zeros_{stage}")
            special = register(m, special, f"special_{stage}")
            exponent = register(m, exponent, f"exponent_{stage}")

        # 8: round; a carry out of the fraction belongs into the exponent
        negative, infinite, none, minus = special
        up = nearest_even(total[4], total[3], total[:3].any())
        low = (exponent + 1 - zeros)[:10].as_signed()
        packed = Signal(33)
        m.d.comb += packed.eq(Cat(total[4:27], low) + up)
        exponent = packed[23:].as_signed()
        over = infinite | (exponent >= 255)
        nothing = none | (~infinite & (~total[27] | (exponent <= 0)))
        o = Mux(nothing, 0, Mux(over, 0xFF << 23, packed[:31]))
        # of zeros, that of opposite numbers has no sign
        sign = negative & ~(minus & (none | ~total[27]))
        m.d.comb += self.o.eq(register(m, Cat(o[:31], sign), "value_8"))

        return m
