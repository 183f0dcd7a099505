# SPDX-License-Identifier: MIT
"""Descriptors from memory, ahead of their turn."""

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out

from ..common.memory_port import MemoryInterface, MemoryPort
from .descriptor import DESCRIPTOR_BITS
from .isa import DESCRIPTOR_BYTES, Opcode

__all__ = ["Fetch"]


class Fetch(wiring.Component):
    """Read descriptors one after another and hand them on whole.

    Up to ``ahead`` descriptors wait or are on their way, besides the one on offer. No more are
    asked for once a HALT has arrived, or beyond the end of memory.

    Parameters
    ----------
    word_bytes : int
        Bytes of a memory word, at most 64.
    ahead : int
        Descriptors read ahead, a power of two.

    Members
    -------
    start : In(1), entry : In(32)
        Begin at this address, a multiple of 64. Only when idle.
    memory_bytes : In(32)
        End of memory, constant while running; 0 stands for 2³².
    stop : In(1)
        Forget everything; what is on its way is still taken from memory.
    memory : Out(MemoryPort(word_bytes))
        Only reads. Responses are taken at once.
    o : Out(stream.Signature(512))
    ended : Out(1)
        The next descriptor is not whole within memory, and all before it have been taken.
    idle : Out(1)
        Stopped, and nothing is on its way.

    Timing
    ------
    A request per cycle, with a pause of one cycle between descriptors; ``64 / word_bytes`` cycles
    to gather a descriptor after the one before was taken. No combinational path.

    Raises
    ------
    ValueError
        If ``word_bytes`` does not divide 64 or ``ahead`` is not a power of two.
    """

    start: Value
    entry: Value
    memory_bytes: Value
    stop: Value
    memory: MemoryInterface
    o: stream.Interface
    ended: Value
    idle: Value

    def __init__(self, *, word_bytes: int, ahead: int = 2) -> None:
        if word_bytes < 1 or DESCRIPTOR_BYTES % word_bytes:
            raise ValueError(f"word_bytes must divide {DESCRIPTOR_BYTES}, not {word_bytes!r}")
        if ahead < 1 or ahead & (ahead - 1):
            raise ValueError(f"ahead must be a power of two, not {ahead!r}")
        self.word_bytes = word_bytes
        self.ahead = ahead
        super().__init__(
            {
                "start": In(1),
                "entry": In(32),
                "memory_bytes": In(32),
                "stop": In(1),
                "memory": Out(MemoryPort(word_bytes)),
                "o": Out(stream.Signature(DESCRIPTOR_BITS)),
                "ended": Out(1),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        words = DESCRIPTOR_BYTES // self.word_bytes
        m.submodules.queue = queue = fifo.SyncFIFO(
            width=8 * self.word_bytes, depth=self.ahead * words
        )
        running = Signal()
        halted = Signal()

        # Requests, descriptor by descriptor; one more bit than a number of 2**32 / 64 needs
        number = Signal(27)
        word = Signal(range(max(words, 2)))
        requesting = Signal()
        unread = Signal(range(self.ahead + 1))  # asked for, and not yet gathered
        inside = Signal()
        m.d.comb += [
            inside.eq(number < Cat(self.memory_bytes[6:], self.memory_bytes == 0)),
            self.memory.request.valid.eq(requesting),
            self.memory.request.p.address.eq(number[:26] << 6 | word * self.word_bytes),
        ]
        asking = running & ~self.stop & ~requesting & ~halted & inside & (unread != self.ahead)
        with m.If(asking):
            m.d.sync += [requesting.eq(1), word.eq(0)]
        with m.If(requesting & self.memory.request.ready):
            m.d.sync += word.eq(word + 1)
            with m.If(word == words - 1):
                m.d.sync += [requesting.eq(0), number.eq(number + 1)]

        # Responses
        awaited = Signal(range(self.ahead * words + 1))
        arrived = Signal(range(max(words, 2)))
        response = self.memory.response
        accepted = requesting & self.memory.request.ready
        m.d.sync += awaited.eq(awaited + accepted - response.valid)
        m.d.comb += [
            response.ready.eq(1),
            queue.w_en.eq(response.valid),
            queue.w_data.eq(response.payload),
        ]
        with m.If(response.valid):
            m.d.sync += arrived.eq(arrived + 1)
            with m.If(arrived == words - 1):
                m.d.sync += arrived.eq(0)
            with m.If((arrived == 0) & (response.payload[:8] == Opcode.HALT.value)):
                m.d.sync += halted.eq(1)

        # The descriptor on offer is shifted together
        have = Signal(range(words + 1))
        shift = Signal()
        m.d.comb += [
            self.o.valid.eq(have == words),
            queue.r_en.eq(~self.o.valid),
            shift.eq(queue.r_en & queue.r_rdy & running),
        ]
        with m.If(shift):
            m.d.sync += [
                self.o.payload.eq(Cat(self.o.payload, queue.r_data)[8 * self.word_bytes :]),
                have.eq(have + 1),
            ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += have.eq(0)
        m.d.sync += unread.eq(unread + asking - (shift & (have == words - 1)))

        with m.If(self.start):
            m.d.sync += [running.eq(1), halted.eq(0), number.eq(self.entry >> 6)]
        with m.If(self.stop):
            m.d.sync += [running.eq(0), have.eq(0), unread.eq(0)]
        m.d.comb += [
            self.ended.eq(running & ~inside & ~requesting & (unread == 0) & ~self.o.valid),
            self.idle.eq(~running & ~requesting & (awaited == 0) & ~queue.r_rdy),
        ]

        return m
