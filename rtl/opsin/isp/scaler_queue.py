# SPDX-License-Identifier: MIT
"""A queue into which nothing is pushed that has no room."""

from typing import Any

from amaranth import Module, Mux, Shape, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["PromisedQueue"]


class PromisedQueue(wiring.Component):
    """First in, first out; whoever pushes knows from elsewhere that there is room.

    So a push goes to the memory without any logic, and the output comes from registers.

    Parameters
    ----------
    shape : ShapeLike
        Payload.
    depth : int
        Payloads that the memory holds, a power of two; one more is at the output.

    Members
    -------
    push : In(1), i : In(shape)
        A payload that comes. Never when ``level`` is ``depth``.
    o : Out(stream.Signature(shape))
    level : Out(range(depth + 1))
        Payloads in memory.

    Timing
    ------
    Latency 2 cycles, throughput 1 payload/cycle. No combinational paths.

    Raises
    ------
    ValueError
        If ``depth`` is no power of two from 2.
    """

    push: Value
    i: Any
    o: stream.Interface
    level: Value

    def __init__(self, shape: ShapeLike, *, depth: int) -> None:
        if depth < 2 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of two from 2, not {depth!r}")
        self.depth, self._shape = depth, shape
        super().__init__(
            {
                "push": In(1),
                "i": In(shape),
                "o": Out(stream.Signature(shape)),
                "level": Out(range(depth + 1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Read asynchronously: made of LUTs.
        bits = Shape.cast(self._shape).width
        m.submodules.storage = storage = Memory(shape=bits, depth=self.depth, init=[])
        write, read = storage.write_port(), storage.read_port(domain="comb")

        some, moves, fetch = Signal(), Signal(), Signal()
        m.d.comb += [
            moves.eq(~self.o.valid | self.o.ready),
            fetch.eq(some & moves),
            write.en.eq(self.push),
            write.data.eq(Value.cast(self.i)),
        ]
        m.d.sync += [
            write.addr.eq(write.addr + self.push),
            read.addr.eq(read.addr + fetch),
            self.level.eq(self.level + self.push - fetch),
            some.eq(self.push | Mux(fetch, self.level[1:].any(), some)),
        ]
        with m.If(moves):
            m.d.sync += [self.o.valid.eq(some), Value.cast(self.o.payload).eq(read.data)]

        return m
