# SPDX-License-Identifier: MIT
"""What loops add to the fields of their bodies."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from .item import Word
from .loops import LEVELS

__all__ = ["LATENCY", "Numbers"]

LATENCY = 2
"""Cycles from ``select`` to ``sum``."""

_STEPS = 2  # word of ``step_0``
_EACH = 4  # numbers of a level


class Numbers(wiring.Component):
    """Keep the four numbers of each level, and the sum of two of them for every word.

    A level's memory holds its steps, then its numbers. While a LOOP's words pass, its steps are
    stored, and behind them zeros as its numbers.

    Members
    -------
    word : In(Word())
        Words of a LOOP, in order; valid for no others.
    level : In(1)
        Of the LOOP.
    again : In(2)
        Bit n: add its steps to the numbers of level n. Not while ``busy``.
    busy : Out(1)
        Still adding.
    inside : In(2)
        Bit n: level n counts.
    select : In(ArrayLayout(3, 2))
        Number of each level, 1..4; others for none.
    sum : Out(32)

    Timing
    ------
    ``sum`` follows ``select`` by two cycles, when not busy. Busy for 12 cycles. No combinational
    path.
    """

    word: data.View
    level: Value
    again: Value
    busy: Value
    inside: Value
    select: data.View
    sum: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "word": In(Word()),
                "level": In(1),
                "again": In(LEVELS),
                "busy": Out(1),
                "inside": In(LEVELS),
                "select": In(data.ArrayLayout(3, LEVELS)),
                "sum": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        adding = Signal(LEVELS)
        turn = Signal(range(_EACH))
        phase = Signal(2)  # 0: ask for the step, 1: for the number, 2: write their sum
        m.d.comb += self.busy.eq(adding.any())
        with m.If(self.again.any()):
            m.d.sync += adding.eq(self.again)
        with m.Elif(phase == 2):
            m.d.sync += [phase.eq(0), turn.eq(turn + 1)]
            with m.If(turn == _EACH - 1):
                m.d.sync += adding.eq(0)
        with m.Elif(self.busy):
            m.d.sync += phase.eq(phase + 1)

        stored = Signal(range(2 * _EACH))  # address of a LOOP's word
        m.d.comb += stored.eq(self.word.index - _STEPS)
        storing = self.word.valid & (self.word.index >= _STEPS)
        storing &= self.word.index < _STEPS + 2 * _EACH
        parts = []
        for n in range(LEVELS):
            m.submodules[f"level_{n}"] = memory = Memory(shape=32, depth=2 * _EACH, init=[])
            write, read = memory.write_port(), memory.read_port()
            step = Signal(32, name=f"step_{n}")
            wanted = Signal(name=f"wanted_{n}")
            m.d.sync += [
                step.eq(read.data),
                wanted.eq(self.inside[n] & (self.select[n] != 0) & (self.select[n] <= _EACH)),
            ]
            m.d.comb += [
                read.addr.eq(Mux(self.busy, Cat(turn, phase[0]), Cat((self.select[n] - 1)[:2], 1))),
                write.en.eq((storing & (self.level == n)) | (adding[n] & (phase == 2))),
                write.addr.eq(Mux(self.busy, Cat(turn, 1), stored)),
                write.data.eq(
                    Mux(
                        self.busy,
                        step + read.data,
                        Mux(stored < _EACH, self.word.data, 0),
                    )
                ),
            ]
            parts.append(read.data & wanted.replicate(32))
        m.d.sync += self.sum.eq(parts[0] + parts[1])

        return m
