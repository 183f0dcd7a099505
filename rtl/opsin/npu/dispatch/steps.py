# SPDX-License-Identifier: MIT
"""The steps of a descriptor's check, one after another, with their operands."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ...config import NpuConfig
from ..isa import Opcode
from .bounds import OTHERS, Factor, Kind, Limit, StepLayout, Term, constants, programs
from .item import Word

__all__ = ["DELAY", "StepValue", "Steps"]

DELAY = 3
"""Cycles from ``restart`` to the first step."""

_TERM_BITS = 33


class StepValue(data.StructLayout):
    """A :class:`opsin.npu.dispatch.bounds.Step` at work; ``last`` of its program."""

    def __init__(self) -> None:
        fields = {"term": signed(_TERM_BITS), "factor": 18, "limit": Limit, "last": 1}
        super().__init__({"kind": Kind, **fields})


class Steps(wiring.Component):
    """Run through the program (:func:`opsin.npu.dispatch.bounds.programs`) of a descriptor.

    The descriptor's words are kept twice, to read a term and a factor at once, and those of the
    next one beside them: what is written goes to the other ``half``.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    word : In(Word())
        To be stored for the next descriptor.
    restart : In(1), opcode : In(4), other : In(1)
        Begin the program of the descriptor whose words are complete.
    advance : In(1)
        Move on by one step. Not with ``restart``.
    o : Out(StepValue())
        The step; the first after ``restart`` and three times ``advance``.

    Timing
    ------
    One step per cycle; no combinational path.
    """

    word: data.View
    restart: Value
    opcode: Value
    other: Value
    advance: Value
    o: data.View

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "word": In(Word()),
                "restart": In(1),
                "opcode": In(4),
                "other": In(1),
                "advance": In(1),
                "o": Out(StepValue()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        starts: dict[str, int] = {}
        table: list[Any] = []
        layout = StepLayout()
        for name, program in programs().items():
            starts[name] = len(table)
            for n, step in enumerate(program):
                table.append(layout.const(step.value() | {"last": n == len(program) - 1}))
        at = Signal(range(len(table) + DELAY))
        m.submodules.table = rom = Memory(shape=layout, depth=len(table), init=table)
        chosen = rom.read_port()
        taken: Any = Signal(layout)
        half = Signal()
        m.d.comb += [chosen.addr.eq(at), chosen.en.eq(self.advance)]

        values = []
        for name, address in (("term", chosen.data.word), ("factor", chosen.data.factor_word)):
            m.submodules[f"{name}_words"] = memory = Memory(shape=32, depth=32, init=[])
            write, read = memory.write_port(), memory.read_port()
            m.d.comb += [
                write.en.eq(self.word.valid),
                write.addr.eq(Cat(self.word.index, ~half)),
                write.data.eq(self.word.data),
                read.en.eq(self.advance),
                read.addr.eq(Cat(address, half)),
            ]
            values.append(read.data)
        with m.If(self.advance):
            m.d.sync += [
                at.eq(at + 1),
                taken.eq(chosen.data),
                self.o.kind.eq(taken.kind),
                self.o.limit.eq(taken.limit),
                self.o.last.eq(taken.last),
                self.o.term.eq(self._term(m, taken, values[0])),
                self.o.factor.eq(self._factor(m, taken, values[1])),
            ]
        with m.If(self.restart):
            m.d.sync += half.eq(~half)
            with m.Switch(Cat(self.opcode, self.other)):
                for name, start in starts.items():
                    opcode = OTHERS[name] if name in OTHERS else Opcode[name]
                    with m.Case(opcode.value | (name in OTHERS) << 4):
                        m.d.sync += at.eq(start)

        return m

    def _term(self, m: Module, step: Any, word: Value) -> Signal:
        term = Signal(signed(_TERM_BITS))
        low, high = word[:16], word[16:]
        with m.Switch(step.term):
            for form, value in (
                (Term.WORD, word),
                (Term.SIGNED_WORD, word.as_signed()),
                (Term.SIGNED_LOW, low.as_signed()),
                (Term.SIGNED_HIGH, high.as_signed()),
                (Term.LOW, low),
            ):
                with m.Case(form):
                    m.d.comb += term.eq(value)
            with m.Case(Term.CONSTANT):
                for constant, number in constants(self.config).items():
                    with m.If(step.constant == constant):
                        m.d.comb += term.eq(number)
        return term

    def _factor(self, m: Module, step: Any, word: Value) -> Signal:
        factor = Signal(18)
        low, high = word[:16], word[16:]
        with m.Switch(step.factor):
            for form, value in (
                (Factor.LOW_LESS_ONE, low - 1),
                (Factor.HIGH_LESS_ONE, high - 1),
                (Factor.LOW, low),
                (Factor.HIGH, high),
                (Factor.WORD, word[:18]),
                (Factor.ONE, 1),
            ):
                with m.Case(form):
                    m.d.comb += factor.eq(value)
        return factor
