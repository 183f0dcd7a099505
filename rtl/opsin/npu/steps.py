# SPDX-License-Identifier: MIT
"""The steps of a descriptor's check, one after another, with their operands."""

from functools import reduce
from operator import or_
from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value, ValueLike, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..config import NpuConfig
from .bounds import BOUND_BITS, Kind, programs
from .descriptor import DESCRIPTOR_BITS
from .isa import Error

__all__ = ["StepValue", "Steps"]

_VALUE_BITS = BOUND_BITS + 1


class StepValue(data.StructLayout):
    """A :class:`opsin.npu.bounds.Step` at work; ``last`` of its program."""

    def __init__(self) -> None:
        fields = {"value": signed(_VALUE_BITS), "count": 16, "error": Error, "last": 1}
        super().__init__({"kind": Kind, **fields})


def _number(known: list[Value], operand: ValueLike) -> int:
    """Return the position of an operand in a list, to which it is added if it is new."""
    value = Value.cast(operand)
    for n, other in enumerate(known):
        if repr(other) == repr(value):
            return n
    known.append(value)
    return len(known) - 1


def _one_of(operands: list[Value], chosen: Value, width: int) -> Value:
    """Return the operand whose bit is set."""
    masked = []
    for n, value in enumerate(operands):
        above = value[-1:].replicate(width) if value.shape().signed else C(0, width)
        masked.append(Cat(value, above)[:width] & chosen[n].replicate(width))
    return reduce(or_, masked)


class Steps(wiring.Component):
    """Run through the program (:func:`opsin.npu.bounds.programs`) of a descriptor.

    There are many operands to choose from, so they come through two registers: which of them, one
    bit each, as a decoder behind that register would have to reach far; and the operands.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    descriptor : In(512), memory_bytes : In(32)
        Constant from one ``restart`` to the next.
    restart : In(1)
        Back to the start of the program.
    advance : In(1)
        Move on by one step.
    o : Out(StepValue())
        The step; the first after ``restart`` and two times ``advance``.

    Timing
    ------
    One step per cycle; no combinational path.
    """

    descriptor: Value
    memory_bytes: Value
    restart: Value
    advance: Value
    o: data.View

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "descriptor": In(DESCRIPTOR_BITS),
                "memory_bytes": In(32),
                "restart": In(1),
                "advance": In(1),
                "o": Out(StepValue()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        values: list[Value] = []
        counts: list[Value] = []
        table = programs(self.config, self.descriptor, self.memory_bytes)
        for step in (step for program in table.values() for step in program):
            _number(values, step.value)
            _number(counts, step.count)
        choice = data.StructLayout(
            {
                "kind": Kind,
                "value": unsigned(len(values)),
                "count": unsigned(len(counts)),
                "error": Error,
                "last": 1,
            }
        )
        index = Signal(range(1 + max(map(len, table.values()))))
        coming: Any = Signal(choice)
        chosen: Any = Signal(choice)
        with m.Switch(self.descriptor[:8]):
            for opcode, program in table.items():
                with m.Case(opcode.value), m.Switch(index):
                    for n, step in enumerate(program):
                        with m.Case(n):
                            m.d.comb += [
                                coming.kind.eq(step.kind),
                                coming.value.eq(1 << _number(values, step.value)),
                                coming.count.eq(1 << _number(counts, step.count)),
                                coming.error.eq(step.error),
                                coming.last.eq(n == len(program) - 1),
                            ]
        with m.If(self.advance):
            m.d.sync += [
                index.eq(index + 1),
                chosen.eq(coming),
                self.o.kind.eq(chosen.kind),
                self.o.value.eq(_one_of(values, chosen.value, _VALUE_BITS)),
                self.o.count.eq(_one_of(counts, chosen.count, 16)),
                self.o.error.eq(chosen.error),
                self.o.last.eq(chosen.last),
            ]
        with m.If(self.restart):
            m.d.sync += index.eq(0)

        return m
