# SPDX-License-Identifier: MIT
"""Descriptors from the ring in the order of execution, word by word."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..isa import Error
from .item import POSITION_BITS, Item, Word
from .look import Look
from .loops import Loops
from .numbers import LATENCY, Numbers

__all__ = ["Reader"]

_LAST = 17  # of the words passed on: 15, 0 … 14, 15, 0
_RING = 2  # cycles from a word's number to the word


class Reader(wiring.Component):
    """Walk through the program, add what loops add, and pass each descriptor on.

    First a descriptor's words pass, then it is offered at ``o`` with the faults seen so far. No
    word of the next one passes before ``o`` has been taken. LOOPs are carried out here; behind
    HALT or a fault there is nothing, until a reset.

    Parameters
    ----------
    row_bytes : int
        Bytes of a local word, a power of two.

    Members
    -------
    kept, position : Out(26), word : Out(4)
    data : In(32), available : In(1), refused : In(1), missing : In(1)
        See :class:`opsin.npu.dispatch.fetch.Fetch`.
    command : Out(Word())
        Words of the command; word 15 is the descriptor's position.
    operand : Out(Word())
        The same for the check; words 0 and 15 are ``more_words`` and ``more_rows`` of
        :class:`~opsin.npu.dispatch.look.Look`.
    o : Out(stream.Signature(Item())), last : Out(1)
        ``last``: it is HALT or has a fault.
    unit : Out(Unit)
        That of ``o.payload``, or of the words that pass.
    busy : Out(1)
        Words pass.

    Timing
    ------
    26 cycles for a descriptor and 12 more at a loop's further rounds. No combinational path but
    from ``available``, ``refused`` and ``missing`` to registers.
    """

    kept: Value
    position: Value
    word: Value
    data: Value
    available: Value
    refused: Value
    missing: Value
    command: Any
    operand: Any
    o: stream.Interface
    last: Value
    unit: Any
    busy: Value

    def __init__(self, *, row_bytes: int) -> None:
        self._look = Look(row_bytes=row_bytes)
        super().__init__(
            {
                "kept": Out(POSITION_BITS),
                "position": Out(POSITION_BITS),
                "word": Out(4),
                "data": In(32),
                "available": In(1),
                "refused": In(1),
                "missing": In(1),
                "command": Out(Word()),
                "operand": Out(Word()),
                "o": Out(stream.Signature(Item())),
                "last": Out(1),
                "unit": Out(self._look.unit.shape()),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.look = look = self._look
        m.submodules.loops = loops = Loops()
        m.submodules.numbers = numbers = Numbers()

        # Words: asked for, come out of the ring two cycles later, meet their numbers after two more
        passing = Signal()
        count = Signal(range(_LAST + 1))
        valid = [passing] + [Signal(name=f"valid_{n}") for n in range(1, 5)]
        counts = [count] + [Signal.like(count, name=f"count_{n}") for n in range(1, 5)]
        value = {3: Signal(32, name="value_3"), 4: Signal(32, name="value_4")}
        for n in range(1, 5):
            m.d.sync += [valid[n].eq(valid[n - 1]), counts[n].eq(counts[n - 1])]
        m.d.sync += [value[3].eq(self.data), value[4].eq(value[3])]
        with m.If(passing):
            m.d.sync += count.eq(count + 1)
            with m.If(count == _LAST):
                m.d.sync += [count.eq(0), passing.eq(0)]
        m.d.comb += [
            self.word.eq(count - 1),
            look.word.valid.eq(valid[_RING] & (counts[_RING] < 16)),
            look.word.index.eq(counts[_RING] - 1),
            look.word.data.eq(self.data),
            numbers.word.eq(look.word),
            numbers.word.valid.eq(look.word.valid & look.loop & (look.word.index != 15)),
            numbers.level.eq(loops.inside[0]),
            numbers.inside.eq(loops.inside),
            numbers.again.eq(loops.again),
            numbers.select.eq(look.select),
        ]
        end = _RING + LATENCY
        m.d.sync += [
            self.command.valid.eq(valid[end] & (counts[end] != 0) & (counts[end] != _LAST)),
            self.operand.valid.eq(valid[end] & (counts[end] >= 2)),
            Cat(self.command.index, self.operand.index).eq((counts[end] - 1)[:4].replicate(2)),
        ]
        m.d.sync += [
            self.command.data.eq(value[4] + numbers.sum),
            self.operand.data.eq(value[4] + numbers.sum),
        ]
        with m.If(counts[end] == _LAST - 1):
            m.d.sync += [
                self.command.data.eq(loops.position),
                self.operand.data.eq(look.more_rows),
            ]
        with m.If(counts[end] == _LAST):
            m.d.sync += self.operand.data.eq(look.more_words)

        fault: Any = Signal(Error)
        item: Any = self.o.p
        m.d.comb += [
            self.position.eq(loops.position),
            self.kept.eq(loops.kept),
            loops.count.eq(look.count),
            loops.length.eq(look.length),
            self.unit.eq(look.unit),
            item.opcode.eq(look.opcode),
            item.unit.eq(look.unit),
            item.other.eq(look.other),
            item.halt.eq(look.halt),
            item.fence.eq(look.fence),
            item.fault.eq(fault),
            item.position.eq(loops.position),
        ]
        with m.FSM():
            with m.State("WAIT"):
                with m.If(self.missing | (self.available & self.refused)):
                    m.d.sync += [
                        fault.eq(Mux(self.missing, Error.MEMORY, Error.READ)),
                        self.last.eq(1),
                    ]
                    m.next = "OFFER"
                with m.Elif(self.available & ~numbers.busy):
                    m.d.sync += passing.eq(1)
                    m.next = "PASS"
            with m.State("PASS"):
                m.d.comb += self.busy.eq(1)
                m.d.sync += fault.eq(Error.NONE)
                with m.If(look.empty):
                    m.d.sync += fault.eq(Error.COUNT)
                with m.If((look.loop & loops.fault) | (look.halt & loops.inside[0])):
                    m.d.sync += fault.eq(Error.LOOP)
                with m.If(~look.known):
                    m.d.sync += fault.eq(Error.OPCODE)
                with m.If(valid[end] & (counts[end] == _LAST)):
                    m.next = "PASSED"
            with m.State("PASSED"):
                m.d.sync += self.last.eq(look.halt | (fault != Error.NONE))
                with m.If(look.loop & (fault == Error.NONE)):
                    m.d.comb += [loops.next.eq(1), loops.enter.eq(1)]
                    m.next = "WAIT"
                with m.Else():
                    m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "TAKEN"
            with m.State("TAKEN"):  # a state of its own: a check's readiness comes from far
                with m.If(self.last):
                    m.next = "END"
                with m.Else():
                    m.d.comb += loops.next.eq(1)
                    m.next = "WAIT"
            with m.State("END"):
                pass

        return m
