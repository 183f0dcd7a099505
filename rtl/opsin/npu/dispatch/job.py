# SPDX-License-Identifier: MIT
"""Begin, end and report jobs."""

from typing import Any

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..isa import Error, Unit
from .item import POSITION_BITS

__all__ = ["Job", "Refusal"]

_UNITS = len(Unit)
_LOOK_UP = 3  # cycles until a command's position is known


class Refusal(data.StructLayout):
    """Memory refused (``error``, for one cycle) what is at ``address``."""

    def __init__(self) -> None:
        super().__init__({"error": 1, "address": 32})


class Job(wiring.Component):
    """Run a job until it ends or a first thing goes wrong; then stop everything, and report.

    Members
    -------
    start : In(1), entry : In(32)
        Looked at when no job is running.
    done : Out(1), error : Out(Error), error_index : Out(32), error_address : Out(32)
        See :class:`opsin.npu.dispatch.dispatcher.Dispatcher`.
    begin : Out(1)
        Begin to fetch.
    running : Out(1), live : Out(1)
        Between ``begin`` and the end; ``live`` until the guilty command's position is known.
    quiet : In(1)
        No unit is busy, nothing is being fetched.
    ended : In(1), fault : In(Error), position : In(26)
        All descriptors before the one at ``position`` have finished; it is HALT or has a fault.
    read, write : In(Refusal())
    excess : In(4), standstill : In(1), expired : In(1)
        A unit has given a token too many; tokens cannot come any more; the watchdog's.
    unfinished : In(4), reading : In(26)
        Units with commands that have not finished; position of the descriptor to be read next.
    ask : Out(1), asked_unit : Out(Unit), found : In(26)
        Position of the oldest such command of a unit, two cycles later.

    Timing
    ------
    ``running`` falls in the cycle after the cause, ``done`` rises 5 cycles later or when all is
    quiet. ``begin`` depends combinationally on ``quiet``.
    """

    start: Value
    entry: Value
    done: Value
    error: Any
    error_index: Value
    error_address: Value
    begin: Value
    running: Value
    live: Value
    quiet: Value
    ended: Value
    fault: Any
    position: Value
    read: Any
    write: Any
    excess: Value
    standstill: Value
    expired: Value
    unfinished: Value
    reading: Value
    ask: Value
    asked_unit: Any
    found: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "start": In(1),
                "entry": In(32),
                "done": Out(1),
                "error": Out(Error),
                "error_index": Out(32),
                "error_address": Out(32),
                **dict.fromkeys(["begin", "running", "live", "ask"], Out(1)),
                **dict.fromkeys(["quiet", "ended", "standstill", "expired"], In(1)),
                "fault": In(Error),
                **dict.fromkeys(["position", "reading", "found"], In(POSITION_BITS)),
                **dict.fromkeys(["read", "write"], In(Refusal())),
                **dict.fromkeys(["excess", "unfinished"], In(_UNITS)),
                "asked_unit": Out(Unit),
            }
        )

    def _causes(self, m: Module, refused: Signal) -> Signal:
        """Note why to stop; return whether it is an error of a unit's command."""
        guilty = Signal()
        culprits = Signal(_UNITS)
        m.d.comb += culprits.eq(Mux(self.excess.any(), self.excess, self.unfinished))
        with m.If(self.read.error | self.write.error):
            m.d.comb += guilty.eq(1)
            m.d.sync += [
                self.error.eq(Mux(self.read.error, Error.READ, Error.WRITE)),
                self.asked_unit.eq(Mux(self.read.error, Unit.LOAD, Unit.STORE)),
                self.error_address.eq(Mux(self.read.error, self.read.address, self.write.address)),
                refused.eq(1),
            ]
        with m.Elif(self.excess.any() | self.standstill | self.expired):
            m.d.comb += guilty.eq(1)
            tokens = self.excess.any() | self.standstill
            m.d.sync += self.error.eq(Mux(tokens, Error.TOKEN, Error.WATCHDOG))
            for unit in reversed(Unit):
                with m.If(culprits[unit.value]):
                    m.d.sync += self.asked_unit.eq(unit)
        return guilty

    def elaborate(self, platform: object) -> Module:
        m = Module()

        base = Signal(32)
        index = Signal(POSITION_BITS)
        refused = Signal()  # ``error_address`` is known
        unknown = Signal()  # no command is to blame
        cycle = Signal(range(_LOOK_UP))
        guilty = Signal()
        m.d.comb += self.error_index.eq(index)
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [
                    self.done.eq(0),
                    self.error.eq(Error.NONE),
                    base.eq(self.entry),
                    index.eq(0),
                    refused.eq(0),
                ]
                m.next = "PREPARE"
            with m.State("PREPARE"):
                m.d.sync += cycle.eq(0)
                with m.If(base[:6].any()):
                    m.d.sync += self.error.eq(Error.ALIGNMENT)
                    m.next = "STOP"
                with m.Elif(self.quiet):
                    m.d.comb += self.begin.eq(1)
                    m.next = "RUN"
                with m.Elif(self.expired):  # something still hangs from the job before
                    m.d.sync += self.error.eq(Error.WATCHDOG)
                    m.next = "STOP"
            with m.State("RUN"):
                m.d.comb += [self.running.eq(1), self.live.eq(1)]
                m.d.comb += guilty.eq(self._causes(m, refused))
                m.d.sync += unknown.eq((self.unfinished == 0) & self.expired)
                with m.If(guilty):
                    m.d.sync += index.eq(self.reading)
                    m.next = "FIND"
                with m.Elif(self.ended):
                    m.d.sync += [index.eq(self.position), self.error.eq(self.fault)]
                    m.next = "STOP"
            with m.State("FIND"):
                m.d.comb += [self.live.eq(1), self.ask.eq(1)]
                m.d.sync += cycle.eq(cycle + 1)
                with m.If(cycle == _LOOK_UP - 1):
                    with m.If(~unknown):
                        m.d.sync += index.eq(self.found)
                    m.next = "STOP"
            with m.State("STOP"), m.If(self.quiet | self.expired):
                m.d.sync += self.done.eq(1)
                with m.If(~self.quiet & (self.error == Error.NONE)):
                    m.d.sync += self.error.eq(Error.WATCHDOG)
                with m.If(~refused):
                    m.d.sync += self.error_address.eq(base + Cat(C(0, 6), index))
                m.next = "IDLE"

        return m
