# SPDX-License-Identifier: MIT
"""Descriptors from memory to checked commands, in order."""

from typing import Any

from amaranth.hdl import Cat, Module, ResetInserter, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...common.burst_port import ReadInterface, ReadPort
from ...config import NpuConfig
from ..isa import Error, Unit
from .check import Check
from .fetch import Fetch
from .item import POSITION_BITS, Word
from .order import Order
from .reader import Reader

__all__ = ["Front", "FrontEvents"]

_UNITS = len(Unit)


class FrontEvents(data.StructLayout):
    """Events to count.

    ``fetched``: a word of a descriptor has come. ``fetch_wait``: the next descriptor has not.
    ``checking``: one is being checked. ``order_wait``: one waits for all before it to finish.
    ``released``: one has been released.
    """

    def __init__(self) -> None:
        names = ("fetched", "fetch_wait", "checking", "order_wait", "released")
        super().__init__(dict.fromkeys(names, 1))


class Front(wiring.Component):
    """Fetch, read, check and release the descriptors of a job.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    begin : In(1), entry : In(32), memory_begin : In(32), memory_end : In(32)
    memory : Out(ReadPort(config.word_bytes))
    idle : Out(1)
        See :class:`opsin.npu.dispatch.fetch.Fetch`.
    running : In(1)
        From the cycle after ``begin`` to the job's end.
    word : Out(Word()), unit : Out(Unit), reserve : Out(4), commit : Out(4), room : In(4)
        See :class:`opsin.npu.dispatch.queues.Queues`.
    drained : In(1)
        All that was released has finished.
    held : Out(1)
        Nothing will be released before a command finishes.
    ended : Out(1), fault : Out(Error), position : Out(26)
        See :class:`opsin.npu.dispatch.order.Order`.
    reading : Out(26)
        Position of the descriptor that is read next.
    active : Out(1)
        Something is being done.
    events : Out(FrontEvents())

    Timing
    ------
    See the parts: a descriptor passes through reader, check and order; the reader is one ahead.
    ``commit``, ``held``, ``ended`` depend combinationally on ``drained``, ``held`` follows
    ``room`` by one cycle.
    """

    begin: Value
    entry: Value
    memory_begin: Value
    memory_end: Value
    memory: ReadInterface
    idle: Value
    running: Value
    word: Any
    unit: Any
    reserve: Value
    commit: Value
    room: Value
    drained: Value
    held: Value
    ended: Value
    fault: Any
    position: Value
    reading: Value
    active: Value
    events: Any

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                **dict.fromkeys(["begin", "running", "drained"], In(1)),
                **dict.fromkeys(["entry", "memory_begin", "memory_end"], In(32)),
                "memory": Out(ReadPort(config.word_bytes)),
                **dict.fromkeys(["idle", "held", "ended", "active"], Out(1)),
                "word": Out(Word()),
                "unit": Out(Unit),
                **dict.fromkeys(["reserve", "commit"], Out(_UNITS)),
                "room": In(_UNITS),
                "fault": Out(Error),
                **dict.fromkeys(["position", "reading"], Out(POSITION_BITS)),
                "events": Out(FrontEvents()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reader, check, order = Reader(row_bytes=self.config.word_bytes), Check(self.config), Order()
        m.submodules.fetch = fetch = Fetch(word_bytes=self.config.word_bytes)
        for name, part in (("reader", reader), ("check", check), ("order", order)):
            m.submodules[name] = ResetInserter(~self.running)(part)

        wiring.connect(m, fetch.memory, wiring.flipped(self.memory))
        m.d.comb += [
            fetch.start.eq(self.begin),
            fetch.entry.eq(self.entry),
            fetch.stop.eq(~self.running),
            self.idle.eq(fetch.idle),
            self.reading.eq(reader.position),
        ]
        for name in ("memory_begin", "memory_end"):
            m.d.comb += getattr(fetch, name).eq(getattr(self, name))
            m.d.comb += getattr(check, name).eq(getattr(self, name))
        for name in ("kept", "position", "word"):
            m.d.comb += getattr(fetch, name).eq(getattr(reader, name))
        for name in ("data", "available", "refused", "missing"):
            m.d.comb += getattr(reader, name).eq(getattr(fetch, name))

        # To the check, when there is a place behind it
        free = Signal()  # place for another command of this unit
        room = Signal()
        unit = Value.cast(reader.unit)
        m.d.sync += free.eq(self.room.bit_select(unit, 1))  # the unit is known long before
        m.d.comb += [
            room.eq(reader.last | free),
            check.i.p.eq(reader.o.p),
            check.i.valid.eq(reader.o.valid & room),
            reader.o.ready.eq(check.i.ready & room),
            check.word.eq(reader.operand),
            self.word.eq(reader.command),
            self.unit.eq(reader.unit),
            self.reserve.eq((check.i.valid & check.i.ready & ~reader.last) << unit),
        ]

        wiring.connect(m, check.o, order.i)
        full = reader.o.valid & ~room & check.i.ready  # and the check is empty
        m.d.comb += [order.quiet.eq(self.drained), self.held.eq(order.waiting | full)]
        for name in ("commit", "ended", "fault", "position"):
            m.d.comb += getattr(self, name).eq(getattr(order, name))

        request = self.memory.request.valid & self.memory.request.ready
        come = self.memory.response.valid
        m.d.comb += [
            self.active.eq(Cat(request, come, reader.busy, check.busy, self.commit).any()),
            self.events.fetched.eq(come),
            self.events.fetch_wait.eq(self.running & ~fetch.available),
            self.events.checking.eq(check.busy),
            self.events.order_wait.eq(order.waiting & ~self.drained),
            self.events.released.eq(self.commit.any()),
        ]

        return m
