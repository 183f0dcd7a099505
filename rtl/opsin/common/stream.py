# SPDX-License-Identifier: MIT
"""Parts for streams of any payload."""

from typing import Any

from amaranth.hdl import Module, Mux, Shape, ShapeLike, Signal, Value
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Buffer", "Fork", "Queue", "moved"]


class Buffer(wiring.Component):
    """Register slice: cuts every path from ``i`` to ``o`` and back, at full rate.

    A second payload register takes the payload that arrives in the cycle in which ``o`` stalls,
    so ``i.ready`` is a register too.

    Parameters
    ----------
    shape : ShapeLike
        Payload.

    Members
    -------
    i : In(stream.Signature(shape))
    o : Out(stream.Signature(shape))
        The same payloads in the same order.

    Timing
    ------
    Latency 1 cycle, throughput 1 payload/cycle, no combinational paths.
    """

    i: stream.Interface
    o: stream.Interface

    def __init__(self, shape: ShapeLike) -> None:
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        full = Signal()
        spare = Signal.like(Value.cast(self.i.payload))
        incoming = Value.cast(self.i.payload)
        outgoing = Value.cast(self.o.payload)

        m.d.comb += self.i.ready.eq(~full)
        with m.If(~full):  # whether it comes to be needed or not: nothing is behind this enable
            m.d.sync += spare.eq(incoming)
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += [self.o.valid.eq(self.i.valid | full), full.eq(0)]
            with m.If(full):
                m.d.sync += outgoing.eq(spare)
            with m.Else():
                m.d.sync += outgoing.eq(incoming)
        with m.Elif(self.i.valid & ~full):
            m.d.sync += full.eq(1)

        return m


class Queue(wiring.Component):
    """First in, first out, in a memory of ``depth`` payloads.

    Parameters
    ----------
    shape : ShapeLike
        Payload.
    depth : int
        Payloads it can hold, from 1.
    registered : bool
        One more, and what is offered is a register, not behind a memory's read port.

    Members
    -------
    i : In(stream.Signature(shape))
    o : Out(stream.Signature(shape))
        The same payloads in the same order.
    level : Out(range(depth + 1 + registered))
        Payloads held, the one offered at ``o`` included.

    Timing
    ------
    Up to a depth of 16 the memory is read asynchronously (made of LUTs): latency 1 cycle. Beyond,
    it is read synchronously (a block memory) into a register: latency 2 cycles. Throughput
    1 payload/cycle, every other cycle if ``depth`` is 1. No combinational paths. With
    ``registered`` the latency is one cycle more.

    Raises
    ------
    ValueError
        If ``depth`` is less than 1.
    """

    i: stream.Interface
    o: stream.Interface
    level: Value

    def __init__(self, shape: ShapeLike, *, depth: int, registered: bool = False) -> None:
        if depth < 1:
            raise ValueError(f"depth must be in 1.., not {depth!r}")
        self.depth = depth
        self.registered = registered
        super().__init__(
            {
                "i": In(stream.Signature(shape)),
                "o": Out(stream.Signature(shape)),
                "level": Out(range(depth + 1 + registered)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        width = Shape.cast(self.i.payload.shape()).width
        kind = fifo.SyncFIFO if self.depth <= 16 else fifo.SyncFIFOBuffered
        m.submodules.fifo = inner = kind(width=width, depth=self.depth)
        m.d.comb += [
            inner.w_data.eq(self.i.payload),
            inner.w_en.eq(self.i.valid),
            self.i.ready.eq(inner.w_rdy),
        ]
        if not self.registered:
            m.d.comb += [
                self.o.payload.eq(inner.r_data),
                self.o.valid.eq(inner.r_rdy),
                inner.r_en.eq(self.o.ready),
                self.level.eq(inner.level),
            ]
            return m
        m.d.comb += [
            inner.r_en.eq(~self.o.valid | self.o.ready),
            self.level.eq(inner.level + self.o.valid),
        ]
        with m.If(inner.r_en):
            m.d.sync += [
                self.o.valid.eq(inner.r_rdy),
                Value.cast(self.o.payload).eq(inner.r_data),
            ]

        return m


class Fork(wiring.Component):
    """Give every payload to several consumers, each of which may take it when it is ready.

    Parameters
    ----------
    shape : ShapeLike
        Payload.
    count : int
        Consumers.

    Members
    -------
    i : In(stream.Signature(shape))
    o : Out(stream.Signature(shape)).array(count)
        The same payloads in the same order, at each.
    enable : In(count)
        Which of them get any; changed only while no payload is offered.

    Timing
    ------
    Latency 0. ``i.ready`` depends combinationally on ``o[k].ready``, ``o[k].valid`` on ``i.valid``.
    """

    i: stream.Interface
    o: Any
    enable: Value

    def __init__(self, shape: ShapeLike, *, count: int) -> None:
        self.count = count
        super().__init__(
            {
                "i": In(stream.Signature(shape)),
                "o": Out(stream.Signature(shape)).array(count),
                "enable": In(count, init=-1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        served = Signal(self.count)  # have the payload already
        done = Signal(self.count)
        m.d.comb += self.i.ready.eq(done.all())
        for k, o in enumerate(self.o):
            m.d.comb += [
                o.p.eq(self.i.p),
                o.valid.eq(self.i.valid & ~served[k] & self.enable[k]),
                done[k].eq(served[k] | o.ready | ~self.enable[k]),
            ]
        with m.If(self.i.valid):
            m.d.sync += served.eq(Mux(done.all(), 0, done))

        return m


def moved(port: Any) -> Value:
    """Return whether a payload changes hands."""
    result: Value = port.valid & port.ready
    return result
