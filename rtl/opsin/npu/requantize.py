# SPDX-License-Identifier: MIT
"""Sums to activations."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .binary32 import Binary32, FromInteger, Multiply, nearest_even, register

__all__ = ["Clip", "Requantize", "ToActivation"]


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
        Constant while values it applies to are inside.
    o : Out(signed(8))

    Timing
    ------
    Latency :attr:`latency` cycles, one value per cycle, no combinational path.
    """

    i: data.View
    clip: data.View
    o: Value

    latency = 6

    def __init__(self) -> None:
        super().__init__({"i": In(Binary32()), "clip": In(Clip()), "o": Out(signed(8))})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # 1: nine integer and 24 fraction bits. Less than 1/2 is zero; from 512 on, 511 is as good,
        # for no zero point brings it back within any clip.
        shift = (127 + 8 - self.i.exponent)[:4]
        fixed = Cat(Const(0, 9), self.i.fraction, Const(1, 1)) >> shift
        over = self.i.exponent > 127 + 8
        under = self.i.exponent < 127 - 1
        fixed = register(m, Mux(over, 511 << 24, Mux(under, 0, fixed)), "fixed")
        sign = register(m, self.i.sign, "sign_1")

        # 2: round
        up = nearest_even(fixed[24], fixed[23], fixed[:23].any())
        magnitude = register(m, fixed[24:] + up, "magnitude")
        sign = register(m, sign, "sign_2")

        # 3, 4: sign and offset
        value: Value = register(m, Mux(sign, -magnitude, magnitude), "value")
        value = register(m, value + self.clip.zero_point, "shifted")

        # 5, 6: limits
        minimum, maximum = self.clip.minimum, self.clip.maximum
        value = register(m, Mux(value < minimum, minimum, value), "least")
        m.d.comb += self.o.eq(register(m, Mux(value > maximum, maximum, value), "o"))

        return m


class Requantize(wiring.Component):
    """``min(max(rne(f32(sum) * scale) + zero_point, minimum), maximum)``, ``cols`` at a time.

    Equal to ONNX Runtime's arithmetic: every step in binary32, rounded to nearest even,
    subnormals flushed; see :mod:`opsin.npu.binary32` for scales that are not finite.

    Parameters
    ----------
    cols : int
        Values per cycle.

    Members
    -------
    i : In(StructLayout(sum=ArrayLayout(signed(32), cols), valid=1))
    scale : In(ArrayLayout(Binary32(), cols)), clip : In(Clip())
        Constant while rows they apply to are inside.
    o : Out(StructLayout(activation=ArrayLayout(signed(8), cols), valid=1))

    Timing
    ------
    Latency :attr:`latency` cycles, one row per cycle, no back-pressure, no combinational path.

    References
    ----------
    Golden model: :func:`opsin_sim.golden.npu.requantize`.
    """

    i: data.View
    scale: data.View
    clip: data.View
    o: data.View

    latency = FromInteger.latency + Multiply.latency + ToActivation.latency

    def __init__(self, *, cols: int) -> None:
        if cols < 1:
            raise ValueError(f"cols must be positive, not {cols!r}")
        self.cols = cols
        sums = {"sum": data.ArrayLayout(signed(32), cols), "valid": 1}
        activations = {"activation": data.ArrayLayout(signed(8), cols), "valid": 1}
        super().__init__(
            {
                "i": In(data.StructLayout(sums)),
                "scale": In(data.ArrayLayout(Binary32(), cols)),
                "clip": In(Clip()),
                "o": Out(data.StructLayout(activations)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        for c in range(self.cols):
            m.submodules[f"from_integer_{c}"] = from_integer = FromInteger()
            m.submodules[f"multiply_{c}"] = multiply = Multiply()
            m.submodules[f"to_activation_{c}"] = to_activation = ToActivation()
            m.d.comb += [
                from_integer.i.eq(self.i.sum[c]),
                multiply.a.eq(from_integer.o),
                multiply.b.eq(self.scale[c]),
                to_activation.i.eq(multiply.o),
                to_activation.clip.eq(self.clip),
                self.o.activation[c].eq(to_activation.o),
            ]

        valid: Value = self.i.valid
        for stage in range(self.latency):
            later = Signal(name=f"valid_{stage}")
            m.d.sync += later.eq(valid)
            valid = later
        m.d.comb += self.o.valid.eq(valid)

        return m
