# SPDX-License-Identifier: MIT
"""Commands on their way to the units, and until they have finished."""

from typing import Any

from amaranth.hdl import Array, C, Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...common.line_memory import LineMemory
from ..descriptor import DESCRIPTOR_BITS
from ..isa import Unit
from .item import POSITION_BITS, Word

__all__ = ["SLOTS", "Queues"]

SLOTS = 8
"""Of each unit; one of them is free for the words of the next command."""

_UNITS = len(Unit)


class Queues(wiring.Component):
    """A queue for each unit, all in one memory, and a register for each command at its front.

    A unit's slots are filled, counted (``reserve``), released (``commit``), copied to the register
    word by word, and given back when the command has finished.

    Parameters
    ----------
    words : int
        Of a command, a power of two; the last one is its descriptor's position.

    Members
    -------
    word : In(Word()), unit : In(Unit)
        Written to the free slot of a unit.
    reserve, commit, finished : In(4)
        Bit u: the free slot of unit u is complete; its oldest not released is; its oldest is done.
    room : Out(4)
        Bit u: ``reserve`` may come.
    empty : Out(4)
        Bit u: nothing is released that has not finished.
    running : In(1)
        Else there is no command at any front in the next cycle.
    there : Out(4), command : Out(ArrayLayout(32 * words, 4))
        The command at the front.
    taken : In(4)
        It may be overwritten.
    ask : In(1), asked_unit : In(Unit), position : Out(26)
        Position of the oldest command of a unit, finished or not; only with no other traffic.
    busy : Out(1)
        A command is on its way to its register.

    Timing
    ------
    A released command is complete in its register after 20 to 23 cycles, if that is free and no
    other unit's is being copied. ``position`` follows ``ask`` by two cycles. No combinational path.
    """

    word: data.View
    unit: Any
    reserve: Value
    commit: Value
    finished: Value
    room: Value
    empty: Value
    running: Value
    there: Value
    command: data.View
    taken: Value
    asked_unit: Any
    ask: Value
    position: Value
    busy: Value

    def __init__(self, *, words: int = DESCRIPTOR_BITS // 32) -> None:
        self.words = words
        super().__init__(
            {
                "word": In(Word()),
                "unit": In(Unit),
                **dict.fromkeys(["reserve", "commit", "finished"], In(_UNITS)),
                "room": Out(_UNITS),
                "empty": Out(_UNITS),
                "running": In(1),
                "there": Out(_UNITS),
                "command": Out(data.ArrayLayout(32 * words, _UNITS)),
                "taken": In(_UNITS),
                "ask": In(1),
                "asked_unit": In(Unit),
                "position": Out(POSITION_BITS),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = LineMemory(32, _UNITS * SLOTS * self.words)

        # Slots: the oldest, the one to be copied next, the free one; and how many are reserved,
        # released, and released but not copied
        slots = Signal(range(SLOTS)).shape()
        oldest, sent, free = (
            [Signal(slots, name=f"{name}_{u}") for u in range(_UNITS)]
            for name in ("oldest", "sent", "free")
        )
        reserved, released, queued = (
            [Signal(slots, name=f"{name}_{u}") for u in range(_UNITS)]
            for name in ("reserved", "released", "queued")
        )
        turn: Any = Signal(Unit)  # whose command is copied
        number = Value.cast(turn)
        waiting = Signal(_UNITS)
        copied = Signal(_UNITS)
        for u in range(_UNITS):
            m.d.sync += [
                oldest[u].eq(oldest[u] + self.finished[u]),
                sent[u].eq(sent[u] + copied[u]),
                free[u].eq(free[u] + self.reserve[u]),
                reserved[u].eq(reserved[u] + self.reserve[u] - self.finished[u]),
                released[u].eq(released[u] + self.commit[u] - self.finished[u]),
                queued[u].eq(queued[u] + self.commit[u] - copied[u]),
            ]
            m.d.comb += [
                self.room[u].eq(reserved[u] != SLOTS - 1),
                self.empty[u].eq(released[u] == 0),
                waiting[u].eq((queued[u] != 0) & ~self.there[u]),
            ]

        last = self.words - 1
        copying = Signal()
        index = Signal(range(self.words))
        read = Signal()  # the word that comes in the next cycle belongs to a command
        read_index, read_unit = Signal.like(index), Signal.like(number)
        # which word of which command it is, straight from registers: thousands listen
        put = Signal(data.ArrayLayout(self.words, _UNITS))
        m.d.comb += [
            memory.write_en.eq(self.word.valid),
            memory.write_addr.eq(
                Cat(self.word.index[: len(index)], Array(free)[self.unit], self.unit)
            ),
            memory.write_data.eq(self.word.data),
            memory.read_addr.eq(Cat(index, Array(sent)[number], number)),
            self.busy.eq(copying | read | copied.any()),
            self.position.eq(memory.read_data),
        ]
        m.d.sync += [read.eq(copying), read_index.eq(index), read_unit.eq(number)]
        with m.If(copying):
            m.d.sync += index.eq(index + 1)
            with m.If(index == last):
                m.d.sync += copying.eq(0)
        with m.Elif(~read & ~copied.any()):
            with m.If(Array(waiting)[number]):
                m.d.sync += copying.eq(1)
            with m.Else():
                m.d.sync += number.eq(number + 1)
        with m.If(self.ask):
            m.d.comb += memory.read_addr.eq(
                Cat(C(last, len(index)), Array(oldest)[self.asked_unit], self.asked_unit)
            )

        for u in range(_UNITS):
            words = [Signal(32, name=f"word_{u}_{n}", reset_less=True) for n in range(self.words)]
            m.d.comb += self.command[u].eq(Cat(words))
            for n, word in enumerate(words):
                m.d.sync += put[u][n].eq(read & (read_unit == u) & (read_index == n))
                with m.If(put[u][n]):
                    m.d.sync += word.eq(memory.read_data)
            m.d.comb += copied[u].eq(put[u][last])
            with m.If(copied[u]):
                m.d.sync += self.there[u].eq(self.running)
            with m.Elif(self.taken[u] | ~self.running):
                m.d.sync += self.there[u].eq(0)

        return m
