# SPDX-License-Identifier: MIT
"""Jobs: descriptors from memory to the units."""

from typing import Any

from amaranth.hdl import Cat, Module, ResetInserter, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...common.burst_port import ReadInterface, ReadPort
from ...config import NpuConfig
from ..descriptor import DESCRIPTOR_BITS
from ..isa import FIELDS, Error, Opcode, Unit
from .check import Check
from .fetch import Fetch
from .job import Job, Refusal
from .order import Order
from .queues import Queues
from .reader import Reader
from .tokens import Tokens
from .watch import Standstill, Watchdog

__all__ = ["DispatchEvents", "Dispatcher"]

_UNITS = len(Unit)
_UNIT_NAMES = [unit.name.lower() for unit in Unit]
_WAIT, _SIGNAL = FIELDS[Opcode.LOAD]["wait"], FIELDS[Opcode.LOAD]["signal"]


class DispatchEvents(data.StructLayout):
    """Events to count.

    ``fetched``: a word of a descriptor has come. ``released``: a descriptor has been. ``checking``:
    one is being checked. ``fetch_wait``: none has come yet. ``order_wait``: one waits for all
    before it to finish. For each unit: ``begun`` a command; ``token_wait``: one waits for tokens;
    ``unit_wait``: it waits for the unit; ``idle``: there is none, and none is running.
    """

    def __init__(self) -> None:
        single = ("fetched", "released", "checking", "fetch_wait", "order_wait")
        each = ("begun", "token_wait", "unit_wait", "idle")
        super().__init__({**dict.fromkeys(single, 1), **dict.fromkeys(each, _UNITS)})


class Dispatcher(wiring.Component):
    """Run jobs: fetch, check and hand descriptors to the units as their tokens allow.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    start : In(1), entry : In(32)
        Run the job at this address. Looked at only when no job is running.
    memory_begin, memory_end : In(32)
        First byte of the memory that the job may use, and the one behind its last (0 stands for
        2³²). Constant while a job is running.
    watchdog : In(32)
        Cycles without any activity that end a job; 0 for none. Constant.
    done : Out(1)
        The job has ended; until the next starts. 0 after reset.
    error : Out(Error), error_index : Out(32), error_address : Out(32)
        How, and at which descriptor, counted in memory from the entry on. The address is that
        which memory refused to a unit, else the descriptor's. Valid with ``done``. The descriptor
        of TOKEN and WATCHDOG is the oldest unfinished one of the first unit that has any; that of a
        256th token the one that gives it.
    running : Out(1)
        A job is running, and is not being stopped.
    memory : Out(ReadPort(config.word_bytes))
        Descriptors are read here.
    load, array, vector, store : Out(stream.Signature(512))
        Commands, constant while ``valid``, which falls without a handshake if ``stop`` rises.
    finished : In(4)
        Bit u: the oldest command that unit u has taken is done, and all its effects are there.
    busy : In(4)
        Bit u: unit u has work, or memory owes it something.
    stop : Out(1)
        Whenever no job is running: units give up at once.
    read, write : In(Refusal())
        Memory refused something to the load, or the store unit, for the oldest command that it has
        not finished; not in the cycle in which it finishes one.
    active : In(1)
        A unit or memory did something.
    events : Out(DispatchEvents())

    Timing
    ------
    The first command is offered 48 cycles after its descriptor's last word has come, plus those of
    its check (:class:`opsin.npu.dispatch.check.Check`); descriptors follow each other every 25
    cycles, or every ``3 + check``. A command whose tokens are missing is offered in the cycle after
    ``finished``. Combinational paths: ``ready`` of a unit and ``finished`` to registers only.
    """

    start: Value
    entry: Value
    memory_begin: Value
    memory_end: Value
    watchdog: Value
    done: Value
    error: Any
    error_index: Value
    error_address: Value
    running: Value
    memory: ReadInterface
    load: stream.Interface
    array: stream.Interface
    vector: stream.Interface
    store: stream.Interface
    finished: Value
    busy: Value
    stop: Value
    read: Any
    write: Any
    active: Value
    events: Any

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "start": In(1),
                "entry": In(32),
                **dict.fromkeys(["memory_begin", "memory_end", "watchdog"], In(32)),
                "done": Out(1),
                "error": Out(Error),
                "error_index": Out(32),
                "error_address": Out(32),
                "running": Out(1),
                "memory": Out(ReadPort(config.word_bytes)),
                **dict.fromkeys(_UNIT_NAMES, Out(stream.Signature(DESCRIPTOR_BITS))),
                "finished": In(_UNITS),
                "busy": In(_UNITS),
                "stop": Out(1),
                **dict.fromkeys(["read", "write"], In(Refusal())),
                "active": In(1),
                "events": Out(DispatchEvents()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.job = job = Job()
        m.submodules.fetch = fetch = Fetch(word_bytes=self.config.word_bytes)
        m.submodules.watchdog = watchdog = Watchdog()
        reader, check, order = Reader(row_bytes=self.config.word_bytes), Check(self.config), Order()
        queues, tokens, standstill = Queues(), Tokens(), Standstill()
        for name, part in (
            ("reader", reader),
            ("check", check),
            ("order", order),
            ("tokens", tokens),
            ("standstill", standstill),
        ):
            m.submodules[name] = ResetInserter(~job.running)(part)
        m.submodules.queues = ResetInserter(~job.live)(queues)

        # The job
        for name in ("start", "entry", "read", "write"):
            m.d.comb += getattr(job, name).eq(getattr(self, name))
        for name in ("done", "error", "error_index", "error_address", "running"):
            m.d.comb += getattr(self, name).eq(getattr(job, name))
        m.d.comb += [
            self.stop.eq(~job.running),
            job.quiet.eq(fetch.idle & (self.busy == 0)),
            job.ended.eq(order.ended),
            job.fault.eq(order.fault),
            job.position.eq(order.position),
            job.excess.eq(tokens.excess),
            job.standstill.eq(standstill.o),
            job.expired.eq(watchdog.expired),
            job.unfinished.eq(~queues.empty),
            job.reading.eq(reader.position),
            job.found.eq(queues.position),
            queues.ask.eq(job.ask),
            queues.asked_unit.eq(job.asked_unit),
        ]

        # Fetch
        wiring.connect(m, fetch.memory, wiring.flipped(self.memory))
        m.d.comb += [
            fetch.start.eq(job.begin),
            fetch.entry.eq(self.entry),
            fetch.stop.eq(~job.running),
        ]
        for name in ("memory_begin", "memory_end"):
            m.d.comb += getattr(fetch, name).eq(getattr(self, name))
            m.d.comb += getattr(check, name).eq(getattr(self, name))
        for name in ("kept", "position", "word"):
            m.d.comb += getattr(fetch, name).eq(getattr(reader, name))
        for name in ("data", "available", "refused", "missing"):
            m.d.comb += getattr(reader, name).eq(getattr(fetch, name))

        # To the check, when there is a place behind it
        last = Signal()  # of the job
        room = Signal()
        unit = Value.cast(reader.unit)
        m.d.comb += [
            last.eq(reader.o.p.halt | (reader.o.p.fault != Error.NONE)),
            room.eq(last | queues.room.bit_select(unit, 1)),
            check.i.p.eq(reader.o.p),
            check.i.valid.eq(reader.o.valid & room),
            reader.o.ready.eq(check.i.ready & room),
            check.word.eq(reader.operand),
            queues.word.eq(reader.command),
            queues.unit.eq(reader.unit),
            queues.reserve.eq((check.i.valid & check.i.ready & ~last) << unit),
        ]
        wiring.connect(m, check.o, order.i)

        # To the units
        done = Signal(_UNITS)
        m.d.sync += done.eq(self.finished & job.running.replicate(_UNITS))
        m.d.comb += [
            order.quiet.eq(queues.empty.all()),
            queues.commit.eq(order.commit),
            queues.finished.eq(done & job.running.replicate(_UNITS)),
            queues.taken.eq(tokens.begun),
            tokens.there.eq(queues.there & job.running.replicate(_UNITS)),
            tokens.finished.eq(self.finished),
        ]
        for u, name in enumerate(_UNIT_NAMES):
            command = getattr(self, name)
            bits = Value.cast(queues.command[u])
            m.d.comb += [
                tokens.wait[u].eq(bits[_WAIT.lsb :]),
                tokens.signal[u].eq(bits[_SIGNAL.lsb :]),
                command.payload.eq(bits),
                command.valid.eq(tokens.valid[u]),
                tokens.ready[u].eq(command.ready),
            ]

        # What does not get on
        m.d.comb += [
            standstill.held.eq(
                order.waiting | (reader.o.valid & ~room & check.i.ready & ~check.o.valid)
            ),
            standstill.empty.eq(queues.empty),
            standstill.there.eq(queues.there),
            standstill.valid.eq(tokens.valid),
            standstill.running.eq(tokens.running),
            watchdog.limit.eq(self.watchdog),
        ]
        fetching = self.memory.request.valid & self.memory.request.ready
        m.d.sync += watchdog.active.eq(
            Cat(
                self.active,
                fetching,
                self.memory.response.valid,
                reader.busy,
                check.busy,
                queues.busy,
                order.commit,
                tokens.begun,
                self.finished,
                self.start,
            ).any()
        )
        m.d.comb += [
            self.events.fetched.eq(self.memory.response.valid),
            self.events.released.eq(order.commit.any()),
            self.events.checking.eq(check.busy),
            self.events.fetch_wait.eq(job.running & ~fetch.available),
            self.events.order_wait.eq(order.waiting & ~order.quiet),
            self.events.begun.eq(tokens.begun),
            self.events.token_wait.eq(tokens.there & ~tokens.valid),
            self.events.unit_wait.eq(tokens.valid & ~tokens.ready),
            self.events.idle.eq(job.running.replicate(_UNITS) & ~tokens.there & ~tokens.running),
        ]

        return m
