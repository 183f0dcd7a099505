# SPDX-License-Identifier: MIT
"""Registers behind a port that knows no bus."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

from amaranth import C, Cat, Module, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .registers import WORD_BITS, Access, Field, Register, RegisterMap

__all__ = ["RegisterBank", "RegisterInterface", "RegisterPort"]


class RegisterInterface(wiring.PureInterface):
    """What :class:`RegisterPort` creates."""

    address: Value
    read: Value
    write: Value
    write_data: Value
    write_mask: Value
    read_data: Value
    error: Value


class RegisterPort(wiring.Signature):
    """Access to registers, seen by the initiator.

    An access is one cycle of ``read`` or ``write``, never both; any number may follow each other.
    Its answer comes in the next cycle and stays until the next access.

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
            }
        )

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> RegisterInterface:
        """Interface with the members' types."""
        return RegisterInterface(self, path=path, src_loc_at=1 + src_loc_at)


class RegisterBank(wiring.Component):
    """Hardware of a :class:`~opsin.common.registers.RegisterMap`.

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
    Answers come from registers, a cycle after the access. ``written``, ``refused``
    and ``write_values`` depend combinationally on ``bus``, the former two on ``busy`` too.
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
        accepted = Signal()
        terms: list[Value] = []
        for address, register, index in self.map.words():
            selected = Signal(name=f"select_{register.name}_{index}")
            m.d.comb += selected.eq(bus.address == address // 4)
            with m.If(selected):
                self._word(m, register, index, accepted)
            if (word := self._readable(m, register, index)) is not None:
                # ANDs and ORs: half of what a multiplexer takes
                terms.append(word & selected.replicate(WORD_BITS))
        with m.If(bus.read | bus.write):
            m.d.sync += bus.error.eq(~accepted)
            m.d.sync += bus.read_data.eq(reduce(or_, terms, C(0)) & bus.read.replicate(WORD_BITS))

        return m

    def _latch_events(self, m: Module) -> None:
        for name in self.map.of(Access.CLEAR):
            flags, events = Value.cast(self.flags[name]), Value.cast(self.events[name])
            m.d.sync += flags.eq(flags | events)

    def _readable(self, m: Module, register: Register, index: int) -> Value | None:
        """Return what a word reads as, unless that is always 0."""
        views = {
            Access.READ_WRITE: "values",
            Access.READ: "status",
            Access.CLEAR: "flags",
        }
        word = Signal(WORD_BITS, name=f"word_{register.name}_{index}")
        if register.access is Access.CONSTANT:
            m.d.comb += word.eq(register.reset(index))
        elif register.access in views:
            view = getattr(self, views[register.access])
            m.d.comb += word.eq(_assembled(_fields(view, register, index)))
        else:
            return None
        return word

    def _word(self, m: Module, register: Register, index: int, accepted: Value) -> None:
        """Add what an access to one word does."""
        bus = self.bus
        with m.If(bus.read):
            m.d.comb += accepted.eq(1)
        with m.If(bus.write):
            if register.access is Access.READ_WRITE:
                m.d.comb += accepted.eq(1)
                for field, value in _fields(self.values, register, index):
                    self._write(m, field, value)
            elif register.access is Access.CLEAR:
                m.d.comb += accepted.eq(1)
                self._clear(m, register, index)
            elif register.access is Access.WRITE:
                self._command(m, register, index, accepted)

    def _write(self, m: Module, field: Field, value: Value) -> None:
        """Keep the bytes of a field that are written."""
        for lane in range(WORD_BITS // 8):
            low, high = max(8 * lane, field.lsb), min(8 * lane + 8, field.lsb + field.width)
            if low < high:
                with m.If(self.bus.write_mask[lane]):
                    part = value[low - field.lsb : high - field.lsb]
                    m.d.sync += part.eq(self.bus.write_data[low:high])

    def _clear(self, m: Module, register: Register, index: int) -> None:
        mask = Cat(bit.replicate(8) for bit in self.bus.write_mask)
        ones = Signal(WORD_BITS, name=f"clear_{register.name}_{index}")
        m.d.comb += ones.eq(self.bus.write_data & mask)
        flags = _fields(self.flags, register, index)
        for (field, value), (_, event) in zip(
            flags, _fields(self.events, register, index), strict=True
        ):
            written = ones[field.lsb : field.lsb + field.width]
            m.d.sync += value.eq((value & ~written) | event)

    def _command(self, m: Module, register: Register, index: int, accepted: Value) -> None:
        bus = self.bus
        busy = Value.cast(self.busy[register.name])[index]
        for field, value in _fields(self.write_values, register, index):
            m.d.comb += value.eq(bus.write_data[field.lsb : field.lsb + field.width])
        with m.If(bus.write_mask.all() & ~busy):
            m.d.comb += accepted.eq(1)
            m.d.comb += Value.cast(self.written[register.name])[index].eq(1)
        with m.Else():
            m.d.comb += Value.cast(self.refused[register.name])[index].eq(1)


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
