# SPDX-License-Identifier: MIT
"""Registers behind a port that knows no bus."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

from amaranth import C, Cat, Module, Mux, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from .line_memory import LineMemory
from .registers import WORD_BITS, Access, Field, Register, RegisterMap

__all__ = ["RegisterBank", "RegisterInterface", "RegisterPort"]


class _Kind(enum.Enum, shape=3):
    """What an address is: :class:`~opsin.common.registers.Access`, or no register."""

    HOLE = 0
    CONSTANT = 1
    READ = 2
    READ_WRITE = 3
    WRITE = 4
    CLEAR = 5


_WRITTEN = (Access.READ_WRITE, Access.WRITE, Access.CLEAR)
_LIVE = {Access.READ: "status", Access.CLEAR: "flags"}


class RegisterInterface(wiring.PureInterface):
    """What :class:`RegisterPort` creates."""

    address: Value
    read: Value
    write: Value
    write_data: Value
    write_mask: Value
    read_data: Value
    error: Value
    done: Value


class RegisterPort(wiring.Signature):
    """Access to registers, seen by the initiator.

    An access is one cycle of ``read`` or ``write``, never both, with all that belongs to it. Some
    cycles later it ends with ``done``; only then the next may begin. The answer stays until its.

    Parameters
    ----------
    address_bits : int
        Bits of a byte address.

    Members
    -------
    address : Out(address_bits - 2)
        Word address.
    read, write : Out(1)
        Access in this cycle.
    write_data : Out(32)
    write_mask : Out(4)
        Bytes to write.
    read_data : In(32)
        0 after a write or an error.
    error : In(1)
        The access was refused and changed nothing.
    done : In(1)
        The answer is there, in this cycle.
    """

    def __init__(self, address_bits: int) -> None:
        super().__init__(
            {
                "address": Out(address_bits - 2),
                "read": Out(1),
                "write": Out(1),
                "write_data": Out(WORD_BITS),
                "write_mask": Out(WORD_BITS // 8),
                "read_data": In(WORD_BITS),
                "error": In(1),
                "done": In(1),
            }
        )

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> RegisterInterface:
        """Interface with the members' types."""
        return RegisterInterface(self, path=path, src_loc_at=1 + src_loc_at)


class RegisterBank(wiring.Component):
    """Hardware of a :class:`~opsin.common.registers.RegisterMap`.

    What read-write registers hold stands twice: in registers, for the hardware, and in a memory,
    for software to read it back, so that no multiplexer of all registers is needed. They read as
    they were written; bits without a field do nothing. A table tells of every address what it is,
    and what it holds after reset: from there the memory is filled when reset ends, and no access is
    answered before that is done.

    Structures below have a member per register of the access in question; its shape is
    :attr:`Register.shape <opsin.common.registers.Register.shape>`. A port whose structure would be
    empty is left out.

    Parameters
    ----------
    registers : RegisterMap
        Description.

    Members
    -------
    bus : In(RegisterPort(registers.address_bits))
        Accesses.
    values : Out(structure)
        What read-write registers hold.
    status : In(structure)
        What read-only registers read as.
    events : In(structure)
        1 sets a bit of a clear register.
    flags : Out(structure)
        Bits of the clear registers.
    written : Out(structure of one bit per word)
        A write-only register is written in this cycle.
    write_values : Out(structure)
        What is written to it, valid with ``written``.
    busy : In(structure of one bit per word)
        Writing this write-only register is an error now.
    refused : Out(structure of one bit per word)
        A write to it is refused in this cycle: it is busy, or bytes are left out.

    Timing
    ------
    An access takes 5 cycles, and waits for as many cycles after reset as there are words up to the
    last register, rounded up to a power of two. All that goes out comes from registers, but
    ``written`` and ``refused``, which depend on ``busy``.
    """

    bus: RegisterInterface
    values: Any
    status: Any
    events: Any
    flags: Any
    written: Any
    write_values: Any
    busy: Any
    refused: Any

    def __init__(self, registers: RegisterMap) -> None:
        self.map = registers
        kept = registers.of(Access.READ_WRITE)
        ports: list[tuple[str, Any, Mapping[str, ShapeLike], Any]] = [
            ("values", Out, _shapes(kept), {name: r.init for name, r in kept.items()}),
            ("status", In, _shapes(registers.of(Access.READ)), None),
            ("events", In, _shapes(registers.of(Access.CLEAR)), None),
            ("flags", Out, _shapes(registers.of(Access.CLEAR)), None),
            ("written", Out, _bits(registers.of(Access.WRITE)), None),
            ("write_values", Out, _shapes(registers.of(Access.WRITE)), None),
            ("busy", In, _bits(registers.of(Access.WRITE)), None),
            ("refused", Out, _bits(registers.of(Access.WRITE)), None),
        ]
        members: dict[str, Any] = {"bus": In(RegisterPort(registers.address_bits))}
        for name, flow, shapes, init in ports:
            if shapes:
                members[name] = flow(data.StructLayout(shapes), init=init)
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bus = self.bus
        self._latch_events(m)

        # Tables: what an address is and its value after reset; what it holds.
        count = 1 << (self.map.registers[-1].addresses.stop // 4 - 1).bit_length()
        places = range(count)
        entries = [{"kind": _Kind.HOLE, "reset": 0} for _ in places]
        for address, register, index in self.map.words():
            access = _Kind[register.access.name]
            entries[address // 4] = {"kind": access, "reset": register.reset(index)}
        about = data.StructLayout({"kind": _Kind, "reset": WORD_BITS})
        m.submodules.about = told = LineMemory(about, count, init=entries)
        m.submodules.held = held = LineMemory(WORD_BITS, count)
        known = told.read_data

        # Filling the memory, two words behind the table that is read.
        filled = Signal(range(count + 1))
        filling, behind = Signal(init=1), Signal(2)
        fill_at, fill_next = Signal(places), Signal(places)
        m.d.sync += [
            behind.eq(Cat(filling & ~filled[-1], behind)),
            fill_next.eq(filled),
            fill_at.eq(fill_next),
        ]
        with m.If(filling):
            m.d.sync += [filled.eq(filled + ~filled[-1]), filling.eq(~filled[-1] | behind.any())]

        # The access that came last; stage 1 reads the tables.
        request: Any = Signal(
            data.StructLayout(
                {"address": places, "beyond": 1, "write": 1, "data": WORD_BITS, "mask": 4}
            )
        )
        waiting, stages = Signal(), Signal(3)
        asked = bus.read | bus.write
        begin = waiting & ~filling
        m.d.sync += [stages.eq(Cat(begin, stages)), waiting.eq(asked | (waiting & ~begin))]
        with m.If(asked):
            m.d.sync += [
                request.address.eq(bus.address),
                request.beyond.eq(bus.address >= count),
                request.write.eq(bus.write),
                request.data.eq(bus.write_data),
                request.mask.eq(bus.write_mask),
            ]
        m.d.comb += [
            told.read_addr.eq(Mux(filling, filled, request.address)),
            held.read_addr.eq(request.address),
        ]

        # Stage 3: the word that will be held, what the hardware says now, which register it is.
        word, live = Signal(WORD_BITS), Signal(WORD_BITS)
        kind: Any = Signal(_Kind)
        mask = Cat(bit.replicate(8) for bit in Mux(request.write, request.mask, 0))
        terms: list[Value] = []
        selects: dict[tuple[str, int], Value] = {}
        for address, register, index in self.map.words():
            here = request.address == address // 4
            if register.access in _WRITTEN:
                select = Signal(name=f"select_{register.name}_{index}")
                m.d.sync += select.eq(here & stages[1] & request.write & ~request.beyond)
                selects[register.name, index] = select
            if register.access in _LIVE:
                view = getattr(self, _LIVE[register.access])
                # known a stage before; the address stays
                shown = Signal(name=f"shown_{register.name}_{index}")
                m.d.sync += shown.eq(here)
                now = Signal(WORD_BITS, name=f"word_{register.name}_{index}")
                m.d.comb += now.eq(_assembled(_fields(view, register, index)))
                # ANDs and ORs: half of what a multiplexer takes
                terms.append(now & shown.replicate(WORD_BITS))
        m.d.sync += [
            word.eq((held.read_data & ~mask) | (request.data & mask)),
            live.eq(reduce(or_, terms, C(0))),
            Value.cast(kind).eq(Mux(request.beyond, _Kind.HOLE, known.kind)),
        ]

        # Stage 4: what the access does, and its answer.
        accepted, whole = Signal(), request.mask.all()
        with m.Switch(kind):
            with m.Case(_Kind.HOLE):
                m.d.comb += accepted.eq(0)
            with m.Case(_Kind.CONSTANT, _Kind.READ):
                m.d.comb += accepted.eq(~request.write)
            with m.Case(_Kind.WRITE):
                m.d.comb += accepted.eq(~request.write | (whole & ~self._busy(selects)))
            with m.Default():
                m.d.comb += accepted.eq(1)
        m.d.comb += [
            held.write_addr.eq(Mux(filling, fill_at, request.address)),
            held.write_data.eq(Mux(filling, known.reset, word)),
            held.write_en.eq(behind[1] | (stages[2] & request.write & (kind == _Kind.READ_WRITE))),
        ]
        for _, register, index in self.map.words():
            if register.access in _WRITTEN:
                self._word(m, register, index, selects[register.name, index], word, whole)
        m.d.sync += bus.done.eq(stages[2])
        with m.If(stages[2]):
            m.d.sync += [bus.error.eq(~accepted), bus.read_data.eq(0)]
            with m.If(~request.write), m.Switch(kind):
                with m.Case(_Kind.CONSTANT, _Kind.READ_WRITE):
                    m.d.sync += bus.read_data.eq(word)
                with m.Case(_Kind.READ, _Kind.CLEAR):
                    m.d.sync += bus.read_data.eq(live)

        return m

    def _latch_events(self, m: Module) -> None:
        for name in self.map.of(Access.CLEAR):
            flags, events = Value.cast(self.flags[name]), Value.cast(self.events[name])
            m.d.sync += flags.eq(flags | events)

    def _busy(self, selects: Mapping[tuple[str, int], Value]) -> Value:
        """Whether the register that is written is busy."""
        terms: list[Value] = [C(0)]
        for name, register in self.map.of(Access.WRITE).items():
            busy = Value.cast(self.busy[name])
            terms += [busy[k] & selects[name, k] for k in range(register.count)]
        return Cat(terms).any()

    def _word(
        self, m: Module, register: Register, index: int, select: Value, word: Value, whole: Value
    ) -> None:
        """Add what happens when one word is written: ``select`` is 1 for a cycle."""
        if register.access is Access.READ_WRITE:
            with m.If(select):
                for field, value in _fields(self.values, register, index):
                    m.d.sync += value.eq(word[field.lsb : field.lsb + field.width])
        elif register.access is Access.CLEAR:
            flags = _fields(self.flags, register, index)
            events = _fields(self.events, register, index)
            for (field, value), (_, event) in zip(flags, events, strict=True):
                ones = word[field.lsb : field.lsb + field.width] & select.replicate(field.width)
                m.d.sync += value.eq((value & ~ones) | event)
        else:
            busy = Value.cast(self.busy[register.name])[index]
            for field, value in _fields(self.write_values, register, index):
                m.d.comb += value.eq(word[field.lsb : field.lsb + field.width])
            m.d.comb += [
                Value.cast(self.written[register.name])[index].eq(select & whole & ~busy),
                Value.cast(self.refused[register.name])[index].eq(select & ~(whole & ~busy)),
            ]


def _shapes(registers: Mapping[str, Register]) -> dict[str, ShapeLike]:
    return {name: register.shape for name, register in registers.items()}


def _bits(registers: Mapping[str, Register]) -> dict[str, ShapeLike]:
    return {name: register.count for name, register in registers.items()}


def _fields(view: Any, register: Register, index: int) -> list[tuple[Field, Value]]:
    """Fields of one word with their places in a port."""
    word = view[register.name] if register.count == 1 else view[register.name][index]
    single = len(register.fields) == 1
    return [(f, Value.cast(word if single else word[f.name])) for f in register.fields]


def _assembled(fields: list[tuple[Field, Value]]) -> Value:
    """Word that is read."""
    if len(fields) == 1 and fields[0][0].lsb == 0:
        return fields[0][1]  # assignment extends it, by its sign if it has one
    parts: list[Value] = []
    end = 0
    for field, value in sorted(fields, key=lambda pair: pair[0].lsb):
        parts += [C(0, field.lsb - end), value]
        end = field.lsb + field.width
    return Cat(parts)
