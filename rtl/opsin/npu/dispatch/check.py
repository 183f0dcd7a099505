# SPDX-License-Identifier: MIT
"""Descriptors are checked before they run."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...config import NpuConfig
from ..isa import Error
from .bounds import Kind, Limit
from .item import Item, Word
from .steps import DELAY, Steps

__all__ = ["Check"]

_BITS = 33  # of an address or a bound: 2**32 fits


class Check(wiring.Component):
    """Find out whether all that a descriptor touches lies within its memories.

    The lowest and the highest address of a nest of loops are added up loop by loop
    (:mod:`opsin.npu.dispatch.bounds`), a product taking a cycle per bit of its factor. Addresses
    only ever move outwards, so that one which no longer fits the adder is out of every range.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    word : In(Word())
        Operands of the next descriptor, complete when it comes.
    i : In(stream.Signature(Item()))
    o : Out(stream.Signature(Item()))
        The same with ``fault``, if there was none yet.
    memory_begin, memory_end : In(32)
        First byte of the job's memory, and the one behind its last; 0 stands for 2³². Constant
        while running.
    busy : Out(1)
        Adding up.

    Timing
    ------
    An item with a fault, or HALT, passes in one cycle. Otherwise 4 cycles, one for each step, and
    in each product one per bit of its factor: a count, or a count less one. A product by 1 (0
    where the count is to be less one) takes no cycle of its own. No combinational path.
    """

    word: data.View
    i: stream.Interface
    o: stream.Interface
    memory_begin: Value
    memory_end: Value
    busy: Value

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "word": In(Word()),
                "i": In(stream.Signature(Item())),
                "o": Out(stream.Signature(Item())),
                "memory_begin": In(32),
                "memory_end": In(32),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.steps = steps = Steps(self.config)
        step: Any = steps.o
        m.d.comb += [
            steps.word.eq(self.word),
            steps.opcode.eq(self.i.p.opcode),
            steps.other.eq(self.i.p.other),
        ]

        limit = Signal(_BITS)
        least = Signal(_BITS)
        words, sums = self.config.scratchpad_words, self.config.accumulator_rows
        with m.Switch(step.limit):
            for name, most in (
                (Limit.SCRATCHPAD, words - 1),
                (Limit.SCRATCHPAD_SIZE, words),
                (Limit.ACCUMULATOR, sums - 1),
                (Limit.ACCUMULATOR_SIZE, sums),
            ):
                with m.Case(name):
                    m.d.comb += limit.eq(most)
            with m.Case(Limit.MEMORY_SIZE):
                m.d.comb += [
                    limit.eq(Cat(self.memory_end, self.memory_end == 0)),
                    least.eq(self.memory_begin),
                ]

        high, low, addend = Signal(_BITS), Signal(_BITS), Signal(_BITS)
        factor = Signal(18)
        filled = Signal(range(DELAY))
        downwards = Signal()
        lost = Signal()  # the addend no longer fits
        outside = Signal()
        fault: Any = self.o.p.fault
        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += filled.eq(0)
                with m.If(self.i.valid):
                    m.d.comb += steps.restart.eq(1)
                    m.d.sync += self.o.p.eq(self.i.p)
                    with m.If((self.i.p.fault != Error.NONE) | self.i.p.halt):
                        m.next = "SHOW"
                    with m.Else():
                        m.next = "FILL"
            with m.State("FILL"):
                m.d.comb += [steps.advance.eq(1), self.busy.eq(1)]
                m.d.sync += filled.eq(filled + 1)
                with m.If(filled == DELAY - 1):
                    m.next = "STEP"
            with m.State("STEP"):
                term = step.term
                m.d.comb += [steps.advance.eq(1), self.busy.eq(1)]
                m.d.sync += lost.eq(0)
                with m.Switch(step.kind):
                    with m.Case(Kind.BEGIN):
                        m.d.sync += [high.eq(term), low.eq(term), outside.eq(0)]
                    with m.Case(Kind.REACH):
                        m.d.sync += [
                            downwards.eq(term < 0),
                            addend.eq(Mux(term < 0, -term, term)),
                            factor.eq(step.factor),
                        ]
                        with m.If(step.factor != 0):
                            m.next = "ADD"
                    with m.Case(Kind.MOVE), m.If(step.factor != 0):
                        m.d.sync += [high.eq(high + term), low.eq(high + term)]
                    with m.Case(Kind.SCALE), m.If(step.factor != 1):
                        m.d.sync += [
                            downwards.eq(0),
                            addend.eq(high),
                            high.eq(0),
                            factor.eq(step.factor),
                        ]
                        m.next = "ADD"
                    with m.Case(Kind.BELOW):
                        with m.If(step.last):
                            m.next = "SHOW"
                        with m.If(outside | (high > limit) | (low < least)):
                            m.d.sync += fault.eq(
                                Mux(step.limit == Limit.MEMORY_SIZE, Error.MEMORY, Error.RANGE)
                            )
                            m.next = "SHOW"
            with m.State("ADD"):
                raised, lowered = high + addend, low - addend
                m.d.comb += self.busy.eq(1)
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
            with m.State("SHOW"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "IDLE"

        return m
