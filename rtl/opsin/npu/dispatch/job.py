# SPDX-License-Identifier: MIT
"""Begin, end and report jobs."""

from typing import Any

from amaranth.hdl import C, Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..isa import Error
from .item import POSITION_BITS

__all__ = ["Job"]

_LOOK_UP = 3  # cycles until a command's position is known


class Job(wiring.Component):
    """Run a job until it ends or something goes wrong; then stop everything, and report.

    Members
    -------
    start : In(1), entry : In(32)
        Looked at when no job is running.
    give_up : In(1)
        End the job.
    done : Out(1), error : Out(Error), error_index : Out(32), error_address : Out(32)
        See :class:`opsin.npu.dispatch.dispatcher.Dispatcher`.
    begin : Out(1), address : Out(32)
        Begin to fetch there.
    running : Out(1), live : Out(1)
        Between ``begin`` and the end; ``live`` until the guilty command's position is known.
        Registers, as thousands of cells listen.
    quiet : In(1)
        No unit is busy, nothing is being fetched; not in the first cycle without ``running``.
    expired : In(1)
        The watchdog's.
    ended : In(1), fault : In(Error), position : In(26)
        All descriptors before the one at ``position`` have finished; it is HALT or has a fault.
        Constant from then on while ``running``.
    broken : In(1), cause : In(Error), known : In(1), refused : In(1), refused_address : In(32)
        See :class:`opsin.npu.dispatch.cause.Cause`.
    reading : In(26)
        Position of the descriptor to be read next.
    found : In(26)
        Position of the command to blame, two cycles after ``ask``.
    ask : Out(1)

    Timing
    ------
    ``done`` rises some cycles after the end, when all is quiet or the watchdog has expired once
    more. ``begin`` depends combinationally on ``quiet``.
    """

    start: Value
    entry: Value
    give_up: Value
    done: Value
    error: Any
    error_index: Value
    error_address: Value
    begin: Value
    address: Value
    running: Value
    live: Value
    quiet: Value
    expired: Value
    ended: Value
    fault: Any
    position: Value
    broken: Value
    cause: Any
    known: Value
    refused: Value
    refused_address: Value
    reading: Value
    found: Value
    ask: Value

    def __init__(self) -> None:
        super().__init__(
            {
                **dict.fromkeys(["start", "give_up"], In(1)),
                **dict.fromkeys(["entry", "refused_address"], In(32)),
                **dict.fromkeys(["error_index", "error_address", "address"], Out(32)),
                "error": Out(Error),
                **dict.fromkeys(["done", "begin", "running", "live", "ask"], Out(1)),
                **dict.fromkeys(["quiet", "expired", "ended", "broken", "known", "refused"], In(1)),
                **dict.fromkeys(["fault", "cause"], In(Error)),
                **dict.fromkeys(["position", "reading", "found"], In(POSITION_BITS)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        index = Signal(POSITION_BITS)
        ended = Signal()
        elsewhere = Signal()  # the error is not at the descriptor's address
        cycle = Signal(range(_LOOK_UP))
        m.d.comb += self.error_index.eq(index)
        m.d.sync += ended.eq(self.ended & self.running)
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [
                    self.done.eq(0),
                    self.error.eq(Error.NONE),
                    self.address.eq(self.entry),
                    index.eq(0),
                    elsewhere.eq(0),
                ]
                m.next = "PREPARE"
            with m.State("PREPARE"):
                m.d.sync += cycle.eq(0)
                with m.If(self.address[:6].any()):
                    m.d.sync += self.error.eq(Error.ALIGNMENT)
                    m.next = "STOP"
                with m.Elif(self.give_up):
                    m.d.sync += self.error.eq(Error.STOPPED)
                    m.next = "STOP"
                with m.Elif(self.quiet):
                    m.d.comb += self.begin.eq(1)
                    m.d.sync += [self.running.eq(1), self.live.eq(1)]
                    m.next = "RUN"
                with m.Elif(self.expired):  # something still hangs from the job before
                    m.d.sync += self.error.eq(Error.WATCHDOG)
                    m.next = "STOP"
            with m.State("RUN"):
                with m.If(self.broken):
                    m.d.sync += [
                        self.running.eq(0),
                        self.error.eq(self.cause),
                        index.eq(self.reading),
                        elsewhere.eq(self.refused),
                    ]
                    m.next = "FIND"
                with m.Elif(ended):
                    m.d.sync += [index.eq(self.position), self.error.eq(self.fault)]
                    m.d.sync += [self.running.eq(0), self.live.eq(0)]
                    m.next = "STOP"
                with m.Elif(self.give_up):
                    m.d.sync += [index.eq(self.reading), self.error.eq(Error.STOPPED)]
                    m.d.sync += [self.running.eq(0), self.live.eq(0)]
                    m.next = "STOP"
            with m.State("FIND"):
                m.d.comb += self.ask.eq(1)
                m.d.sync += cycle.eq(cycle + 1)
                with m.If(cycle == _LOOK_UP - 1):
                    with m.If(self.known):
                        m.d.sync += index.eq(self.found)
                    m.d.sync += self.live.eq(0)
                    m.next = "STOP"
            with m.State("STOP"), m.If(self.quiet | self.expired):
                m.d.sync += [
                    self.done.eq(1),
                    self.error_address.eq(self.address + Cat(C(0, 6), index)),
                ]
                with m.If(elsewhere):
                    m.d.sync += self.error_address.eq(self.refused_address)
                with m.If(~self.quiet & (self.error == Error.NONE)):
                    m.d.sync += self.error.eq(Error.WATCHDOG)
                m.next = "IDLE"

        return m
