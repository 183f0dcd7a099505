# SPDX-License-Identifier: MIT
"""Sums to activations."""

from typing import ClassVar

from amaranth.hdl import Cat, Const, Module, Mux, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .binary32 import Binary32, nearest_even, register

__all__ = ["Clip", "ToActivation"]


class Clip(data.StructLayout):
    """What is added after rounding, and the limits of the result."""

    def __init__(self) -> None:
        names = "zero_point", "minimum", "maximum"
        super().__init__(dict.fromkeys(names, signed(8)))


class ToActivation(wiring.Component):
    """``min(max(rne(i) + zero_point, minimum), maximum)``.

    Members
    -------
    i : In(Binary32())
    clip : In(Clip())
        Each of its members as many cycles behind the value as :attr:`clip_delays` says.
    o : Out(signed(8))

    Timing
    ------
    Latency :attr:`latency` cycles, one value per cycle, no combinational path.
    """

    i: data.View
    clip: data.View
    o: Value

    latency = 7
    clip_delays: ClassVar = {"zero_point": 4, "minimum": 5, "maximum": 6}

    def __init__(self) -> None:
        super().__init__({"i": In(Binary32()), "clip": In(Clip()), "o": Out(signed(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # 1, 2: nine integer and 24 fraction bits. Less than 1/2 is zero; from 512 on, 511 is as
        # good, for no zero point brings it back within any clip.
        shift = register(m, (127 + 8 - self.i.exponent)[:4], "shift")
        over = register(m, self.i.exponent > 127 + 8, "over")
        under = register(m, self.i.exponent < 127 - 1, "under")
        fraction = register(m, self.i.fraction, "fraction")
        sign = register(m, self.i.sign, "sign_1")
        fixed = Cat(Const(0, 9), fraction, Const(1, 1)) >> shift
        fixed = register(m, Mux(over, 511 << 24, Mux(under, 0, fixed)), "fixed")
        sign = register(m, sign, "sign_2")

        # 3: round
        up = nearest_even(fixed[24], fixed[23], fixed[:23].any())
        magnitude = register(m, fixed[24:] + up, "magnitude")
        sign = register(m, sign, "sign_3")

        # 4, 5: sign and offset
        value: Value = register(m, Mux(sign, -magnitude, magnitude), "value")
        value = register(m, value + self.clip.zero_point, "shifted")

        # 6, 7: limits
        minimum, maximum = self.clip.minimum, self.clip.maximum
        value = register(m, Mux(value < minimum, minimum, value), "least")
        m.d.comb += self.o.eq(register(m, Mux(value > maximum, maximum, value), "o"))

        return m
