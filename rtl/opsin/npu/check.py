# SPDX-License-Identifier: MIT
"""Descriptors are checked before they run."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from ..config import NpuConfig
from .bounds import BOUND_BITS, Kind
from .descriptor import DESCRIPTOR_BITS, Descriptor
from .isa import FIELDS, Error, Opcode
from .steps import Steps

__all__ = ["Check", "Checked"]

_COUNTS = ("rows", "row_words", "k0", "k1", "k2", "n0", "n1", "n2", "count")


class Checked(data.StructLayout):
    """A descriptor, and the first fault found in it."""

    def __init__(self) -> None:
        super().__init__({"descriptor": unsigned(DESCRIPTOR_BITS), "error": Error})


class Check(wiring.Component):
    """Find the first fault of each descriptor, in the order :mod:`opsin.npu.isa` states.

    Opcode, alignment and counts are looked at directly. The lowest and the highest address of a
    loop nest are then added up loop by loop (:mod:`opsin.npu.bounds`), a product taking a cycle
    per bit of its count. Addresses only ever move outwards, so that one which no longer fits the
    adder is out of every range.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    i : In(stream.Signature(512))
        Descriptors. ``valid`` may fall to give one up.
    memory_bytes : In(32)
        End of memory, constant while running; 0 stands for 2³².
    o : Out(stream.Signature(Checked()))

    Timing
    ------
    One cycle for HALT and for faults seen directly. Otherwise two more, one for each step of the
    opcode's program, and in each product one per bit of its factor (count - 1, or count). No
    descriptor passes without a pause of a cycle. ``i.ready`` depends combinationally on
    ``o.ready``, ``o.payload`` on ``i.payload``.
    """

    i: stream.Interface
    memory_bytes: Value
    o: stream.Interface

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "i": In(stream.Signature(DESCRIPTOR_BITS)),
                "memory_bytes": In(32),
                "o": Out(stream.Signature(Checked())),
            }
        )

    def _look(self, m: Module, error: Any) -> None:
        """Faults that are seen in the fields themselves."""
        shift = exact_log2(self.config.word_bytes)
        with m.Switch(self.i.payload[:8]):
            for opcode, fields in FIELDS.items():
                with m.Case(opcode.value):
                    d: Any = data.View(Descriptor(opcode), self.i.payload)
                    zeros = [d[name] == 0 for name in _COUNTS if name in fields]
                    with m.If(Cat(zeros).any()):
                        m.d.comb += error.eq(Error.COUNT)
                    if "memory" in fields:
                        with m.If((d.memory[:shift] | d.memory_stride[:shift]).any()):
                            m.d.comb += error.eq(Error.ALIGNMENT)
            with m.Default():
                m.d.comb += error.eq(Error.OPCODE)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        seen: Any = Signal(Error)
        self._look(m, seen)

        m.submodules.steps = steps = Steps(self.config)
        step = steps.o
        m.d.comb += [
            steps.descriptor.eq(self.i.payload),
            steps.memory_bytes.eq(self.memory_bytes),
        ]

        error: Any = Signal(Error)
        high, low, addend = Signal(BOUND_BITS), Signal(BOUND_BITS), Signal(BOUND_BITS)
        factor = Signal(16)
        filled = Signal()
        downwards = Signal()
        lost = Signal()  # the addend no longer fits
        outside = Signal()
        with m.FSM():
            with m.State("LOOK"):
                m.d.comb += steps.restart.eq(1)
                m.d.sync += [error.eq(seen), filled.eq(0)]
                with m.If(self.i.valid):
                    ready = (seen != Error.NONE) | (self.i.payload[:8] == Opcode.HALT.value)
                    with m.If(ready):
                        m.next = "SHOW"
                    with m.Else():
                        m.next = "FILL"
            with m.State("FILL"):
                m.d.comb += steps.advance.eq(1)
                m.d.sync += filled.eq(1)
                with m.If(filled):
                    m.next = "STEP"
                with m.If(~self.i.valid):
                    m.next = "LOOK"
            with m.State("STEP"):
                value = step.value
                m.d.comb += steps.advance.eq(1)
                m.d.sync += lost.eq(0)
                with m.Switch(step.kind):
                    with m.Case(Kind.BEGIN):
                        m.d.sync += [high.eq(value), low.eq(value), outside.eq(0)]
                    with m.Case(Kind.REACH):
                        m.d.sync += [
                            downwards.eq(value < 0),
                            addend.eq(Mux(value < 0, -value, value)),
                            factor.eq(step.count - 1),
                        ]
                        m.next = "ADD"
                    with m.Case(Kind.SCALE):
                        m.d.sync += [
                            downwards.eq(0),
                            addend.eq(high),
                            high.eq(0),
                            factor.eq(step.count),
                        ]
                        m.next = "ADD"
                    with m.Case(Kind.BELOW):
                        with m.If(step.last):
                            m.next = "SHOW"
                        with m.If(outside | (high >= value.as_unsigned())):
                            m.d.sync += error.eq(step.error)
                            m.next = "SHOW"
                with m.If(~self.i.valid):
                    m.next = "LOOK"
            with m.State("ADD"):
                raised, lowered = high + addend, low - addend
                with m.If(factor[0]):
                    with m.If(downwards):
                        m.d.sync += [low.eq(lowered), outside.eq(outside | lost | lowered[-1])]
                    with m.Else():
                        m.d.sync += [high.eq(raised), outside.eq(outside | lost | raised[-1])]
                m.d.sync += [
                    factor.eq(factor >> 1),
                    addend.eq(addend << 1),
                    lost.eq(lost | addend[-1]),
                ]
                with m.If((factor >> 1) == 0):
                    m.next = "STEP"
                with m.If(~self.i.valid):
                    m.next = "LOOK"
            with m.State("SHOW"):
                m.d.comb += [
                    self.o.valid.eq(self.i.valid),
                    self.i.ready.eq(self.o.ready),
                ]
                with m.If(self.o.ready | ~self.i.valid):
                    m.next = "LOOK"
        m.d.comb += [self.o.p.descriptor.eq(self.i.payload), self.o.p.error.eq(error)]

        return m
