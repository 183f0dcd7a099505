# SPDX-License-Identifier: MIT
"""Jobs: descriptors from memory to the units."""

from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...common.burst_port import ReadInterface, ReadPort
from ...config import NpuConfig
from ..descriptor import DESCRIPTOR_BITS
from ..isa import Error, Unit
from .back import UNIT_NAMES, Back, BackEvents
from .cause import Cause, Refusal
from .front import Front, FrontEvents
from .job import Job
from .watch import Watchdog

__all__ = ["DispatchEvents", "Dispatcher"]

_UNITS = len(Unit)


class DispatchEvents(data.StructLayout):
    """Events to count, of the part before the queues and of that behind."""

    def __init__(self) -> None:
        super().__init__({"front": FrontEvents(), "back": BackEvents()})


class Dispatcher(wiring.Component):
    """Run jobs: fetch, check and hand descriptors to the units as their tokens allow.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    start : In(1), entry : In(32)
        Run the job at this address. Looked at only when no job is running.
    give_up : In(1)
        End the job that is running, with STOPPED.
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
        Commands, constant while ``valid``, which falls without a handshake after ``stop`` rises.
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
    The first command is offered some 49 cycles after its descriptor's last word has come, plus
    those of its check (:class:`opsin.npu.dispatch.check.Check`); descriptors follow each other
    every 26 cycles, or every ``3 + check``. A command whose tokens are missing is offered in the
    cycle after ``finished``. Combinational paths only end in registers.
    """

    start: Value
    entry: Value
    give_up: Value
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
                "give_up": In(1),
                **dict.fromkeys(["memory_begin", "memory_end", "watchdog"], In(32)),
                "done": Out(1),
                "error": Out(Error),
                "error_index": Out(32),
                "error_address": Out(32),
                "running": Out(1),
                "memory": Out(ReadPort(config.word_bytes)),
                **dict.fromkeys(UNIT_NAMES, Out(stream.Signature(DESCRIPTOR_BITS))),
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
        m.submodules.cause = cause = Cause()
        m.submodules.front = front = Front(self.config)
        m.submodules.back = back = Back()
        m.submodules.watchdog = watchdog = Watchdog()

        for name in ("start", "entry", "give_up"):
            m.d.comb += getattr(job, name).eq(getattr(self, name))
        for name in ("read", "write"):  # as late as the tokens' excess
            m.d.sync += getattr(cause, name).eq(getattr(self, name))
        for name in ("done", "error", "error_index", "error_address", "running"):
            m.d.comb += getattr(self, name).eq(getattr(job, name))
        for name in ("running", "live", "ask"):
            m.d.comb += getattr(back, name).eq(getattr(job, name))
        for name in ("unfinished", "excess", "standstill"):
            m.d.comb += getattr(cause, name).eq(getattr(back, name))
        for name in ("ended", "fault", "position", "reading"):
            m.d.comb += getattr(job, name).eq(getattr(front, name))
        for name in ("word", "unit", "reserve", "commit", "held"):
            m.d.comb += getattr(back, name).eq(getattr(front, name))
        m.d.comb += [
            self.stop.eq(~job.running),
            job.expired.eq(watchdog.expired),
            job.broken.eq(cause.stop),
            job.cause.eq(cause.error),
            job.known.eq(cause.known),
            job.refused.eq(cause.refused),
            job.refused_address.eq(cause.address),
            job.found.eq(back.found),
            cause.running.eq(job.running),
            cause.expired.eq(watchdog.expired),
            back.asked_unit.eq(cause.unit),
            front.begin.eq(job.begin),
            front.entry.eq(job.address),
            front.running.eq(job.running),
            front.memory_begin.eq(self.memory_begin),
            front.memory_end.eq(self.memory_end),
            front.room.eq(back.room),
            front.drained.eq(back.drained),
            back.finished.eq(self.finished),
            self.events.front.eq(front.events),
            self.events.back.eq(back.events),
            watchdog.limit.eq(self.watchdog),
        ]
        m.d.sync += [
            job.quiet.eq(front.idle & (self.busy == 0) & ~job.running),
            watchdog.active.eq(self.active | self.start | front.active | back.active),
        ]
        wiring.connect(m, front.memory, wiring.flipped(self.memory))
        for name in UNIT_NAMES:
            wiring.connect(m, getattr(back, name), wiring.flipped(getattr(self, name)))

        return m
