# SPDX-License-Identifier: MIT
"""The scratchpad: one memory in banks, for all units at once."""

from functools import reduce
from operator import or_
from typing import Any

from amaranth.hdl import Cat, Module, Shape, ShapeLike, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2, exact_log2

from ..common.line_memory import LineMemory

__all__ = [
    "READ_LATENCY",
    "LocalRead",
    "LocalReadInterface",
    "LocalWrite",
    "LocalWriteInterface",
    "Scratchpad",
]

READ_LATENCY = 5
"""Cycles from an accepted request to its response."""


class LocalReadInterface(wiring.PureInterface):
    """What :class:`LocalRead` creates."""

    request: stream.Interface
    response: Any


class LocalRead(wiring.Signature):
    """Port to read a local memory, seen by the reader.

    Parameters
    ----------
    depth : int
        Words.
    shape : ShapeLike
        Of a word.

    Members
    -------
    request : Out(stream.Signature(unsigned))
        Addresses.
    response : In(StructLayout(data=shape, valid=1))
        In order, :data:`READ_LATENCY` cycles after each request was taken; it cannot wait.
    """

    def __init__(self, depth: int, shape: ShapeLike) -> None:
        super().__init__(
            {
                "request": Out(stream.Signature(unsigned(ceil_log2(depth)))),
                "response": In(data.StructLayout({"data": shape, "valid": 1})),
            }
        )

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> LocalReadInterface:
        """Interface with the members' types."""
        return LocalReadInterface(self, path=path, src_loc_at=1 + src_loc_at)


class LocalWriteInterface(wiring.PureInterface):
    """What :class:`LocalWrite` creates."""

    request: stream.Interface


class LocalWrite(wiring.Signature):
    """Port to write a local memory, seen by the writer.

    A word written is what reads find that are taken in the next cycle or later.
    """

    def __init__(self, depth: int, shape: ShapeLike) -> None:
        word = data.StructLayout({"address": unsigned(ceil_log2(depth)), "data": shape})
        super().__init__({"request": Out(stream.Signature(word))})

    def create(self, *, path: Any = None, src_loc_at: int = 0) -> LocalWriteInterface:
        """Interface with the members' types."""
        return LocalWriteInterface(self, path=path, src_loc_at=1 + src_loc_at)


def grant(m: Module, wanted: list[tuple[Value, Value]], name: str) -> list[Value]:
    """Return who gets its bank: of several ``(valid, bank)`` that want one bank, the first."""
    granted: list[Value] = []
    for n, (_, bank) in enumerate(wanted):
        earlier = Cat(other & (bank == its) for other, its in wanted[:n])
        free = Signal(name=f"{name}_{n}_free")
        m.d.comb += free.eq(~earlier.any())
        granted.append(free)
    return granted


def _only(goes: list[tuple[Value, Value]], bank: int) -> Value:
    """Return the value of the one whose bit for ``bank`` is set."""
    return reduce(or_, (value & here[bank].replicate(len(value)) for here, value in goes))


class Scratchpad(wiring.Component):
    """Memory of ``depth`` words in ``banks``, each with a port to read and a port to write.

    The highest bits of an address are the bank. Of readers that want the same bank the first has
    it, and of writers; the others are not ready.

    Parameters
    ----------
    depth : int
        Words, a power of two.
    shape : ShapeLike
        Of a word.
    banks : int
        A power of two, at least 2.
    readers, writers : int

    Members
    -------
    reads : In(LocalRead(depth, shape)).array(readers)
    writes : In(LocalWrite(depth, shape)).array(writers)
    read_conflicts : Out(readers), write_conflicts : Out(writers)
        Bit n: n has to wait because its bank is taken.

    Timing
    ------
    A read and a write per bank and cycle. ``ready`` of a port depends combinationally on the ports
    before it and its own address. What a word read in the cycle of its writing is, is undefined.

    Raises
    ------
    ValueError
        If ``depth`` or ``banks`` is no power of two, or there are fewer than 2 banks.
    """

    reads: list[LocalReadInterface]
    writes: list[LocalWriteInterface]
    read_conflicts: Value
    write_conflicts: Value

    def __init__(
        self, *, depth: int, shape: ShapeLike, banks: int = 8, readers: int = 1, writers: int = 1
    ) -> None:
        for name, value, least in ("depth", depth, 2), ("banks", banks, 2):
            if value < least or value & (value - 1):
                raise ValueError(f"{name} must be a power of two from {least} on, not {value!r}")
        self.depth = depth
        self.shape = shape
        self.banks = banks
        super().__init__(
            {
                "reads": In(LocalRead(depth, shape)).array(readers),
                "writes": In(LocalWrite(depth, shape)).array(writers),
                "read_conflicts": Out(readers),
                "write_conflicts": Out(writers),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        low = ceil_log2(self.depth) - exact_log2(self.banks)
        memories = [LineMemory(self.shape, 1 << low) for _ in range(self.banks)]
        for b, memory in enumerate(memories):
            m.submodules[f"bank_{b}"] = memory
        self._write(m, memories, low)
        self._read(m, memories, low)
        return m

    def _write(self, m: Module, memories: list[LineMemory], low: int) -> None:
        """Give each bank the first writer that wants it, through two registers."""
        requests = [port.request for port in self.writes]
        granted = grant(m, [(r.valid, r.p.address[low:]) for r in requests], "write")
        goes: list[tuple[Value, Value]] = []
        for n, (request, free) in enumerate(zip(requests, granted, strict=True)):
            m.d.comb += [
                request.ready.eq(free),
                self.write_conflicts[n].eq(request.valid & ~free),
            ]
            address = Signal(low, name=f"write_{n}_address", reset_less=True)
            word = Signal(Shape.cast(self.shape), name=f"write_{n}_data", reset_less=True)
            m.d.sync += [address.eq(request.p.address), word.eq(Value.cast(request.p.data))]
            here = self._here(m, request.valid & free, request.p.address[low:], f"write_{n}")
            goes.append((here, Cat(address, word)))
        for b, memory in enumerate(memories):
            both = Signal(len(goes[0][1]), name=f"write_to_{b}", reset_less=True)
            enable = Signal(name=f"enable_{b}")
            m.d.sync += [enable.eq(Cat(here[b] for here, _ in goes).any()), both.eq(_only(goes, b))]
            m.d.comb += [
                memory.write_en.eq(enable),
                memory.write_addr.eq(both[:low]),
                Value.cast(memory.write_data).eq(both[low:]),
            ]

    def _read(self, m: Module, memories: list[LineMemory], low: int) -> None:
        """Give each bank the first reader that wants it; and each reader its bank's word."""
        requests = [port.request for port in self.reads]
        granted = grant(m, [(r.valid, r.payload[low:]) for r in requests], "read")
        goes: list[tuple[Value, Value]] = []
        for n, (request, free) in enumerate(zip(requests, granted, strict=True)):
            address = Signal(low, name=f"read_{n}_address", reset_less=True)
            m.d.sync += address.eq(request.payload)
            here = self._here(m, request.valid & free, request.payload[low:], f"read_{n}")
            goes.append((here, address))
        for b, memory in enumerate(memories):
            m.d.sync += memory.read_addr.eq(_only(goes, b))

        words = [Value.cast(memory.read_data) for memory in memories]
        for n, (port, free) in enumerate(zip(self.reads, granted, strict=True)):
            request = port.request
            m.d.comb += [
                request.ready.eq(free),
                self.read_conflicts[n].eq(request.valid & ~free),
            ]
            valid: Value = request.valid & free
            bank: Value = request.payload[low:]
            for stage in range(READ_LATENCY - 1):  # two of the address, memory, its register
                later_valid = Signal(name=f"valid_{n}_{stage}")
                later_bank = Signal(len(bank), name=f"bank_{n}_{stage}", reset_less=True)
                m.d.sync += [later_valid.eq(valid), later_bank.eq(bank)]
                valid, bank = later_valid, later_bank
            m.d.sync += port.response.valid.eq(valid)
            with m.Switch(bank):
                for b, word in enumerate(words):
                    with m.Case(b):
                        m.d.sync += Value.cast(port.response.data).eq(word)

    def _here(self, m: Module, valid: Value, bank: Value, name: str) -> Signal:
        """Return, in the next cycle, a bit for the bank that is to be used."""
        here = Signal(self.banks, name=f"{name}_here")
        m.d.sync += here.eq(Cat(valid & (bank == b) for b in range(self.banks)))
        return here
