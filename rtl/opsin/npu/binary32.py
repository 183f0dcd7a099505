# SPDX-License-Identifier: MIT
"""IEEE-754 binary32 arithmetic, rounded to nearest even, subnormals flushed to zero.

NaN is treated as infinity, and infinity times zero is zero.
"""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Binary32", "FromInteger", "Multiply", "nearest_even", "register"]


class Binary32(data.StructLayout):
    """``(-1)**sign * 1.fraction * 2**(exponent - 127)``; zero if ``exponent`` is zero."""

    def __init__(self) -> None:
        super().__init__({"fraction": 23, "exponent": 8, "sign": 1})


def register(m: Module, value: Value, name: str) -> Signal:
    """``value``, one cycle later."""
    later = Signal(value.shape(), name=name, reset_less=True)
    m.d.sync += later.eq(value)
    return later


def nearest_even(odd: Value, guard: Value, sticky: Value) -> Value:
    """Whether to add one, given the last bit kept and, of the rest, first bit and any other."""
    return guard & (sticky | odd)


class FromInteger(wiring.Component):
    """Signed 32-bit integer to binary32.

    Members
    -------
    i : In(signed(32))
    o : Out(Binary32())

    Timing
    ------
    Latency :attr:`latency` cycles, one value per cycle, no combinational path.
    """

    i: Value
    o: data.View

    latency = 4

    def __init__(self) -> None:
        super().__init__({"i": In(signed(32)), "o": Out(Binary32())})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # 1: magnitude; -2**31 fits, as magnitudes are unsigned
        sign = register(m, self.i[31], "sign_1")
        value: Value = register(m, Mux(self.i[31], -self.i, self.i)[:32], "value_1")

        # 2, 3: shift the highest one to bit 31, by 16 and 8, then by 4, 2 and 1
        zeros: Value = Const(0, 0)
        for stage, shifts in (2, (16, 8)), (3, (4, 2, 1)):
            for shift in shifts:
                empty = Signal(name=f"empty_{shift}")
                m.d.comb += empty.eq(value[32 - shift :] == 0)
                value = Mux(empty, value << shift, value)[:32]
                zeros = Cat(empty, zeros)
            sign = register(m, sign, f"sign_{stage}")
            value = register(m, value, f"value_{stage}")
            zeros = register(m, zeros, f"zeros_{stage}")

        # 4: round; a carry out of the fraction belongs into the exponent
        up = nearest_even(value[8], value[7], value[:7].any())
        packed = Cat(value[8:31], (127 + 31 - zeros)[:8]) + up
        m.d.comb += self.o.eq(register(m, Mux(value[31], Cat(packed[:31], sign), 0), "value_4"))

        return m


class Multiply(wiring.Component):
    """Product of two binary32 numbers.

    A product that is below 2⁻¹²⁶ once rounded to 24 bits is zero.

    Members
    -------
    a : In(Binary32()), b : In(Binary32())
    o : Out(Binary32())

    Timing
    ------
    Latency :attr:`latency` cycles, one product per cycle, no combinational path.
    """

    a: data.View
    b: data.View
    o: data.View

    latency = 5

    def __init__(self) -> None:
        super().__init__({"a": In(Binary32()), "b": In(Binary32()), "o": Out(Binary32())})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # 1..3: 24 × 24 bits in four multipliers of 12 × 12, whose outer products do not overlap
        a, b = Cat(self.a.fraction, 1), Cat(self.b.fraction, 1)
        low = register(m, a[:12] * b[:12], "low")
        high = register(m, a[12:] * b[12:], "high")
        cross_a = register(m, a[:12] * b[12:], "cross_a")
        cross_b = register(m, a[12:] * b[:12], "cross_b")
        middle = register(m, cross_a + cross_b, "middle")
        outer = register(m, Cat(low, high), "outer")
        product = register(m, (outer + (middle << 12))[:48], "product")

        zero = (self.a.exponent == 0) | (self.b.exponent == 0)
        infinite = self.a.exponent.all() | self.b.exponent.all()
        special: Value = Cat(self.a.sign ^ self.b.sign, zero, infinite)
        exponent: Value = self.a.exponent + self.b.exponent - 127  # biased, of the product's bit 46
        for stage in 1, 2, 3:
            special = register(m, special, f"special_{stage}")
            exponent = register(m, exponent, f"exponent_{stage}")

        # 4: the highest one is bit 47 or 46
        top = product[47]
        fraction = register(m, Mux(top, product[24:47], product[23:46]), "fraction")
        up_top = nearest_even(product[24], product[23], product[:23].any())
        up = nearest_even(product[23], product[22], product[:22].any())
        up = register(m, Mux(top, up_top, up), "up")
        exponent = register(m, exponent + top, "exponent_4")
        sign, zero, infinite = register(m, special, "special_4")

        # 5: round; a carry out of the fraction belongs into the exponent
        packed = Signal(23 + len(exponent))
        m.d.comb += packed.eq(Cat(fraction, exponent) + up)
        exponent = packed[23:].as_signed()
        none = zero | (~infinite & (exponent <= 0))
        over = infinite | (exponent >= 255)
        o = Mux(none, 0, Mux(over, 0xFF << 23, packed[:31]))
        m.d.comb += self.o.eq(register(m, Cat(o[:31], sign), "value_5"))

        return m
