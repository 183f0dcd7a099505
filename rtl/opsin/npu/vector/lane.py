# SPDX-License-Identifier: MIT
"""One column's arithmetic."""

from amaranth.hdl import Module, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..binary32 import Binary32, FromInteger, Multiply, register
from ..binary32_add import Add
from ..requantize import Clip, ToActivation

__all__ = ["Lane"]


class Lane(wiring.Component):
    """``clip(rne(f32(value + bias) * scale + f32(operand) * operand_scale) + zero_point)``.

    The sum of ``value`` and ``bias`` wraps. Every step in binary32, rounded to nearest even,
    subnormals flushed; equal to ONNX Runtime's arithmetic. On an ECP5: three DSP
    multipliers.

    Members
    -------
    value, bias : In(signed(32))
    operand : In(signed(9))
        More than -256.
    scale, operand_scale : In(Binary32())
        :attr:`scale_delay` cycles behind their value.
    clip : In(Clip())
        As of :class:`~opsin.npu.requantize.ToActivation`, whose value comes :attr:`clip_delay`
        cycles behind.
    o : Out(signed(8))

    Timing
    ------
    Latency :attr:`latency` cycles, one value per cycle, no combinational path.
    """

    value: Value
    bias: Value
    operand: Value
    scale: data.View
    operand_scale: data.View
    clip: data.View
    o: Value

    scale_delay = 1 + FromInteger.latency
    clip_delay = scale_delay + Multiply.latency + Add.latency
    latency = clip_delay + ToActivation.latency

    def __init__(self) -> None:
        super().__init__(
            {
                "value": In(signed(32)),
                "bias": In(signed(32)),
                "operand": In(signed(9)),
                "scale": In(Binary32()),
                "operand_scale": In(Binary32()),
                "clip": In(Clip()),
                "o": Out(signed(8)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.integer = integer = FromInteger()
        m.submodules.operand_integer = operand_integer = FromInteger(9)
        m.submodules.multiply = multiply = Multiply()
        m.submodules.multiply_operand = multiply_operand = Multiply(narrow=True)
        m.submodules.add = add = Add()
        m.submodules.activation = activation = ToActivation()
        m.d.comb += [
            integer.i.eq(register(m, (self.value + self.bias)[:32], "sum")),
            operand_integer.i.eq(register(m, self.operand, "operand")),
            multiply.a.eq(integer.o),
            multiply.b.eq(self.scale),
            multiply_operand.a.eq(operand_integer.o),
            multiply_operand.b.eq(self.operand_scale),
            add.a.eq(multiply.o),
            add.b.eq(multiply_operand.o),
            activation.i.eq(add.o),
            activation.clip.eq(self.clip),
            self.o.eq(activation.o),
        ]
        return m
