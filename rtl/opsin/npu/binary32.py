# SPDX-License-Identifier: MIT
"""IEEE-754 binary32 arithmetic, rounded to nearest even, subnormals flushed to zero.

NaN is treated as infinity, infinity times zero is zero, and so is infinity less infinity.
"""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..common.multiplier import multiply

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
    """Signed integer to binary32.

    Parameters
    ----------
    bits : int
        Of the integer, 2..32.

    Members
    -------
    i : In(signed(bits))
    o : Out(Binary32())

    Timing
    ------
    Latency :attr:`latency` cycles, one value per cycle, no combinational path.

    Raises
    ------
    ValueError
        If ``bits`` is none of those.
    """

    i: Value
    o: data.View

    latency = 4

    def __init__(self, bits: int = 32) -> None:
        if not 2 <= bits <= 32:
            raise ValueError(f"bits must be in 2..32, not {bits!r}")
        self.bits = bits
        super().__init__({"i": In(signed(bits)), "o": Out(Binary32())})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # 1: magnitude; -2**(bits - 1) fits, as magnitudes are unsigned
        bits = self.bits
        sign = register(m, self.i[-1], "sign_1")
        value: Value = register(m, Mux(self.i[-1], -self.i, self.i)[:bits], "value_1")

        # 2, 3: shift the highest one to the top bit, far and then near
        zeros: Value = Const(0, 0)
        for stage, shifts in (2, (16, 8)), (3, (4, 2, 1)):
            for shift in shifts:
                if shift >= bits:
                    continue
                empty = Signal(name=f"empty_{shift}")
                m.d.comb += empty.eq(value[bits - shift :] == 0)
                value = Mux(empty, value << shift, value)[:bits]
                zeros = Cat(empty, zeros)
            sign = register(m, sign, f"sign_{stage}")
            value = register(m, value, f"value_{stage}")
            zeros = register(m, zeros, f"zeros_{stage}")

        # 4: round; a carry out of the fraction belongs into the exponent
        wide = Cat(Const(0, 32 - bits), value)
        up = nearest_even(wide[8], wide[7], wide[:7].any())
        packed = Cat(wide[8:31], (127 + bits - 1 - zeros)[:8]) + up
        m.d.comb += self.o.eq(register(m, Mux(wide[31], Cat(packed[:31], sign), 0), "value_4"))

        return m


class Multiply(wiring.Component):
    """Product of two binary32 numbers.

    A product that is below 2⁻¹²⁶ once rounded to 24 bits is zero.

    On an ECP5 it takes two DSP multipliers, for the upper 18 bits of ``b`` and all of ``a``; the
    rest is made of carry cells. With ``narrow``, one DSP multiplier.

    Parameters
    ----------
    narrow : bool
        Of ``a``, only the upper seven bits of the fraction are other than zero.

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

    latency = 8

    def __init__(self, *, narrow: bool = False) -> None:
        self.narrow = narrow
        super().__init__({"a": In(Binary32()), "b": In(Binary32()), "o": Out(Binary32())})

    def _product(self, m: Module) -> Value:
        """48 bits, of operands six cycles before."""
        a, b = Cat(self.a.fraction, 1), Cat(self.b.fraction, 1)
        upper_b = register(m, b[6:], "upper_b")
        if self.narrow:
            low = multiply(m, a[16:], b[:6], cells="carry")
            high = multiply(m, register(m, a[16:], "a"), upper_b, latency=3)
            total = register(m, (low + (high << 6))[:32], "total")
            return Cat(Const(0, 16), register(m, total, "product"))
        lower_a, upper_a = register(m, a[:6], "lower_a"), register(m, a[6:], "upper_a")
        high = multiply(m, upper_a, upper_b, latency=3)
        cross_a = multiply(m, lower_a, upper_b, latency=3)
        cross_b = multiply(m, a[6:], b[:6], cells="carry")
        low = multiply(m, a[:6], b[:6], cells="carry")
        middle = register(m, cross_a + cross_b, "middle")
        outer = register(m, Cat(low, high), "outer")  # they do not overlap
        return register(m, (outer + (middle << 6))[:48], "product")

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # 1..6
        product = self._product(m)
        zero = (self.a.exponent == 0) | (self.b.exponent == 0)
        infinite = self.a.exponent.all() | self.b.exponent.all()
        special: Value = Cat(self.a.sign ^ self.b.sign, zero, infinite)
        exponent: Value = self.a.exponent + self.b.exponent - 127  # biased, of the product's bit 46
        for stage in range(1, 7):
            special = register(m, special, f"special_{stage}")
            exponent = register(m, exponent, f"exponent_{stage}")

        # 7: the highest one is bit 47 or 46
        top = product[47]
        fraction = register(m, Mux(top, product[24:47], product[23:46]), "fraction")
        up_top = nearest_even(product[24], product[23], product[:23].any())
        up = nearest_even(product[23], product[22], product[:22].any())
        up = register(m, Mux(top, up_top, up), "up")
        exponent = register(m, exponent + top, "exponent_7")
        sign, zero, infinite = register(m, special, "special_7")

        # 8: round; a carry out of the fraction belongs into the exponent
        packed = Signal(23 + len(exponent))
        m.d.comb += packed.eq(Cat(fraction, exponent) + up)
        exponent = packed[23:].as_signed()
        none = zero | (~infinite & (exponent <= 0))
        over = infinite | (exponent >= 255)
        o = Mux(none, 0, Mux(over, 0xFF << 23, packed[:31]))
        m.d.comb += self.o.eq(register(m, Cat(o[:31], sign), "value_8"))

        return m
