# SPDX-License-Identifier: MIT
"""Descriptors from memory, ahead of their turn, and kept for loops."""

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from ...common.burst_port import ReadInterface, ReadPort
from ..isa import DESCRIPTOR_BYTES, Opcode
from .item import POSITION_BITS

__all__ = ["RING", "Fetch"]

RING = 16
"""Descriptors kept or on their way."""

_COUNT = 2 * RING  # numbers of descriptors are told apart modulo this


class Fetch(wiring.Component):
    """Read descriptors one after another into a ring of sixteen.

    Positions count descriptors from the entry on. Those from ``kept`` on stay, so that a loop's
    body need not be read again. No more are asked for once a HALT has arrived, or beyond the end
    of memory.

    Parameters
    ----------
    word_bytes : int
        Bytes of a memory word: 4, 8, 16, 32 or 64.

    Members
    -------
    start : In(1), entry : In(32)
        Begin at this address, a multiple of 64. Only when idle.
    memory_begin : In(32), memory_end : In(32)
        First byte of the job's memory, and the one behind its last; 0 stands for 2³². Constant
        while running.
    stop : In(1)
        Forget everything; what is on its way is still taken from memory.
    memory : Out(ReadPort(word_bytes))
        Responses are taken at once.
    kept, position : In(26)
        The first one that may be asked for again; the one asked for, at most 15 further on.
    word : In(4)
    data : Out(32)
        Word of descriptor ``position``.
    available : Out(1)
        Descriptor ``position`` is in the ring.
    refused : Out(1)
        Memory refused it, or a part of it; valid with ``available``.
    missing : Out(1)
        It is not whole within memory.
    idle : Out(1)
        Nothing is on its way.

    Timing
    ------
    A descriptor is asked for every other cycle at most. ``data`` follows ``word`` by two cycles.
    ``available``, ``refused`` and ``missing`` depend combinationally on ``position``.

    Raises
    ------
    ValueError
        If ``word_bytes`` is none of those.
    """

    start: Value
    entry: Value
    memory_begin: Value
    memory_end: Value
    stop: Value
    memory: ReadInterface
    kept: Value
    position: Value
    word: Value
    data: Value
    available: Value
    refused: Value
    missing: Value
    idle: Value

    def __init__(self, *, word_bytes: int) -> None:
        if word_bytes not in (4, 8, 16, 32, 64):
            raise ValueError(f"word_bytes must be in {{4, 8, 16, 32, 64}}, not {word_bytes!r}")
        self.word_bytes = word_bytes
        super().__init__(
            {
                "start": In(1),
                "entry": In(32),
                "memory_begin": In(32),
                "memory_end": In(32),
                "stop": In(1),
                "memory": Out(ReadPort(word_bytes)),
                "kept": In(POSITION_BITS),
                "position": In(POSITION_BITS),
                "word": In(4),
                "data": Out(32),
                "available": Out(1),
                "refused": Out(1),
                "missing": Out(1),
                "idle": Out(1),
            }
        )

    def _ring(self, m: Module, arrived: Signal) -> tuple[Signal, Any]:
        """Store what arrives, and read it; return the number of words that have arrived."""
        words = DESCRIPTOR_BYTES // self.word_bytes
        each = self.word_bytes // 4
        shape = 8 * self.word_bytes
        m.submodules.ring = ring = Memory(shape=shape, depth=RING * words, init=[])
        write, read = ring.write_port(), ring.read_port()
        part = Signal(range(max(words, 2)))
        bits, lanes = exact_log2(words), exact_log2(each)
        lane = Signal(range(max(each, 2)))
        m.d.sync += [
            lane.eq(self.word[:lanes]),
            self.data.eq(read.data.word_select(lane[:lanes], 32)),
        ]
        m.d.comb += [
            write.en.eq(self.memory.response.valid),
            write.addr.eq(Cat(part[:bits], arrived[:4])),
            write.data.eq(self.memory.response.p.data),
            read.addr.eq(Cat(self.word[lanes:], self.position[:4])),
        ]
        return part, words

    def elaborate(self, platform: object) -> Module:
        m = Module()
        request, response = self.memory.request, self.memory.response

        # Requests; one more bit than a number of 2**32 / 64 needs
        running, halted = Signal(), Signal()
        number = Signal(27)
        asked, arrived = Signal(range(_COUNT)), Signal(range(_COUNT))
        part, words = self._ring(m, arrived)
        inside, settled = Signal(), Signal()  # of ``number``
        first = Cat(C(0, 6), number[:26])
        m.d.sync += [
            inside.eq(
                (number < Cat(self.memory_end[6:], self.memory_end == 0))
                & (first >= self.memory_begin)
            ),
            settled.eq(1),
        ]
        full = (asked - self.kept)[: exact_log2(_COUNT)] >= RING
        m.d.comb += [
            request.p.address.eq(Cat(C(0, 6), number[:26])),
            request.p.more.eq(words - 1),
        ]
        with m.If(request.valid), m.If(request.ready):
            m.d.sync += [
                request.valid.eq(0),
                number.eq(number + 1),
                asked.eq(asked + 1),
                settled.eq(0),
            ]
        with m.Elif(running & settled & inside & ~full & ~halted & ~self.stop):
            m.d.sync += request.valid.eq(1)

        # Responses
        refused = Signal(RING)
        slot = arrived[:4]
        m.d.comb += response.ready.eq(1)
        with m.If(response.valid):
            m.d.sync += [
                refused.bit_select(slot, 1).eq(
                    (refused.bit_select(slot, 1) & (part != 0)) | response.p.error
                ),
                part.eq(part + 1),
            ]
            with m.If(part == words - 1):
                m.d.sync += [part.eq(0), arrived.eq(arrived + 1)]
            with m.If((part == 0) & (response.p.data[:8] == Opcode.HALT.value)):
                m.d.sync += halted.eq(1)

        with m.If(self.start):
            m.d.sync += [
                running.eq(1),
                halted.eq(0),
                settled.eq(0),
                number.eq(self.entry[6:]),
                asked.eq(0),
                arrived.eq(0),
            ]
        with m.Elif(self.stop):
            m.d.sync += running.eq(0)
        ahead = Signal(range(_COUNT))
        m.d.comb += [
            ahead.eq(arrived - self.position),
            self.available.eq(running & (ahead != 0)),
            self.refused.eq(refused.bit_select(self.position[:4], 1)),
            self.missing.eq(running & (ahead == 0) & (asked == arrived) & settled & ~inside),
            self.idle.eq(~running & ~request.valid & (asked == arrived)),
        ]

        return m
