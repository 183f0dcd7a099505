# SPDX-License-Identifier: MIT
"""A deep queue that is as fast as a shallow one."""

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .line_memory import LineMemory
from .stream import Queue

__all__ = ["BlockQueue"]

_AHEAD = 8  # payloads between the memory and the output


class BlockQueue(wiring.Component):
    """First in, first out, in a :class:`~opsin.common.line_memory.LineMemory`.

    Parameters
    ----------
    shape : ShapeLike
        Payload.
    depth : int
        Payloads it holds at least, up to that memory's depth.

    Members
    -------
    i : In(stream.Signature(shape))
    o : Out(stream.Signature(shape))
        The same payloads in the same order.

    Timing
    ------
    Latency 5 cycles, throughput 1 payload/cycle. No combinational paths; behind the memory's output
    register 8 payloads wait in LUTs.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, shape: ShapeLike, *, depth: int) -> None:
        self._bits = Shape.cast(shape).width
        self._size = 1 << max(1, (depth - 1).bit_length())
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.memory = memory = LineMemory(self._bits, depth=self._size)
        m.submodules.ahead = ahead = Queue(self._bits, depth=_AHEAD)

        level = Signal(range(self._size + 1))  # payloads in memory
        room, some = Signal(init=1), Signal()  # of it, not counting what came since
        on_way = Signal(range(_AHEAD + 1))  # on the way to the output, before it, just taken
        take, fetch, coming, taken = Signal(), Signal(), Signal(2), Signal()
        m.d.comb += [
            take.eq(self.i.valid & self.i.ready),
            self.i.ready.eq(room),
            fetch.eq(some & (on_way != _AHEAD)),
            memory.write_en.eq(take),
            memory.write_data.eq(Value.cast(self.i.payload)),
            ahead.i.payload.eq(memory.read_data),
            ahead.i.valid.eq(coming[-1]),
            Value.cast(self.o.payload).eq(ahead.o.payload),
            self.o.valid.eq(ahead.o.valid),
            ahead.o.ready.eq(self.o.ready),
        ]
        m.d.sync += [
            memory.write_addr.eq(memory.write_addr + take),
            memory.read_addr.eq(memory.read_addr + fetch),
            level.eq(level + take - fetch),
            some.eq(Mux(fetch, level[1:].any(), level.any())),
            room.eq(level + take != self._size),
            taken.eq(self.o.valid & self.o.ready),
            on_way.eq(on_way + fetch - taken),
            coming.eq(Cat(fetch, coming)),
        ]

        return m
