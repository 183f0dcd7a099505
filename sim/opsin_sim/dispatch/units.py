# SPDX-License-Identifier: MIT
"""Stand-ins for units and for memory, of which the bench is made."""

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from opsin.common.burst_port import BurstRequest, ReadInterface, ReadPort
from opsin.common.memory_port import MemoryInterface, MemoryPort
from opsin.common.stream import Queue

__all__ = ["Begin", "BurstReader", "StubUnit"]

_DEEP = 3  # commands taken and not finished


class Begin(data.StructLayout):
    """A command taken in cycle ``time``."""

    def __init__(self) -> None:
        super().__init__({"time": 32, "command": 512})


class StubUnit(wiring.Component):
    """Take commands, and finish each after a while: 2 to ``longest`` + 1 cycles, at random.

    Members
    -------
    command : In(stream.Signature(512))
    finished, busy : Out(1)
    stop : In(1)
    time : In(32)
    longest : In(8)
        One less than a power of two; 255: never finish.
    begins : Out(stream.Signature(Begin()))
        Stalls the commands.
    ends : Out(stream.Signature(32))
        Cycles in which a command finished; stalls that.
    """

    command: stream.Interface
    finished: Value
    busy: Value
    stop: Value
    time: Value
    longest: Value
    begins: stream.Interface
    ends: stream.Interface

    def __init__(self, *, seed: int) -> None:
        self.seed = seed
        super().__init__(
            {
                "command": In(stream.Signature(512)),
                "finished": Out(1),
                "busy": Out(1),
                "stop": In(1),
                "time": In(32),
                "longest": In(8),
                "begins": Out(stream.Signature(Begin())),
                "ends": Out(stream.Signature(32)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the circuit."""
        m = Module()

        chance = Signal(16, init=self.seed)
        m.d.sync += chance.eq(Cat(chance[15] ^ chance[13] ^ chance[12] ^ chance[10], chance))
        level = Signal(range(_DEEP + 1))
        left = Signal(8)
        taken = self.command.valid & self.command.ready
        m.d.comb += [
            self.busy.eq(level != 0),
            self.begins.valid.eq(self.command.valid & (level != _DEEP) & ~self.stop),
            self.command.ready.eq(self.begins.ready & (level != _DEEP) & ~self.stop),
            self.begins.p.time.eq(self.time),
            self.begins.p.command.eq(self.command.payload),
            self.ends.valid.eq((level != 0) & (left == 0) & (self.longest != 255)),
            self.ends.payload.eq(self.time),
            self.finished.eq(self.ends.valid & self.ends.ready & ~self.stop),
        ]
        m.d.sync += level.eq(level + taken - self.finished)
        with m.If(self.finished | (level == 0)):
            m.d.sync += left.eq((chance[:8] & self.longest) + 1)
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        with m.If(self.stop):
            m.d.sync += level.eq(0)

        return m


class BurstReader(wiring.Component):
    """Bursts of reads as single words, of which the one with byte ``refused`` is refused.

    Members
    -------
    i : In(ReadPort(word_bytes))
    o : Out(MemoryPort(word_bytes))
    refused : In(32)
        0 for none.
    deaf : In(1)
        Take no more requests.
    """

    i: ReadInterface
    o: MemoryInterface
    refused: Value
    deaf: Value

    def __init__(self, *, word_bytes: int) -> None:
        self.word_bytes = word_bytes
        super().__init__(
            {
                "i": In(ReadPort(word_bytes)),
                "o": Out(MemoryPort(word_bytes)),
                "refused": In(32),
                "deaf": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the circuit."""
        m = Module()

        sent, come = Signal(5), Signal(5)
        request: Any = self.i.request.p
        asked: Any = Signal(BurstRequest())
        sending = Signal()
        m.submodules.owed = owed = Queue(BurstRequest(), depth=16)
        m.d.comb += [
            self.i.request.ready.eq(~sending & owed.i.ready & ~self.deaf),
            owed.i.valid.eq(self.i.request.valid & ~sending & ~self.deaf),
            owed.i.payload.eq(request),
            self.o.request.valid.eq(sending),
            self.o.request.p.address.eq(asked.address + sent * self.word_bytes),
            self.i.response.valid.eq(self.o.response.valid),
            self.o.response.ready.eq(self.i.response.ready),
            self.i.response.p.data.eq(self.o.response.payload),
            self.i.response.p.error.eq(
                (self.refused != 0)
                & (owed.o.p.address + come * self.word_bytes == self.refused & -self.word_bytes)
            ),
        ]
        with m.If(self.i.request.valid & self.i.request.ready):
            m.d.sync += [sending.eq(1), sent.eq(0), asked.eq(request)]
        with m.If(self.o.request.valid & self.o.request.ready):
            m.d.sync += [sent.eq(sent + 1), sending.eq(sent != asked.more)]
        with m.If(self.i.response.valid & self.i.response.ready):
            m.d.sync += come.eq(come + 1)
            with m.If(come == owed.o.p.more):
                m.d.comb += owed.o.ready.eq(1)
                m.d.sync += come.eq(0)

        return m
