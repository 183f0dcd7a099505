# SPDX-License-Identifier: MIT
"""When a command's words are read, and its sums made, behind another one's."""

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..descriptor import Descriptor
from ..isa import Opcode
from .plan import Planned

__all__ = ["Turns"]


class Turns(wiring.Component):
    """Hold the next command until its sums are the next ones to be made.

    Its words may be read earlier, while the present one's last sums are made, if data slide in
    lines of the same length, sums replace what is there, and weights have come: nothing may pause
    from then on.

    Members
    -------
    command : In(stream.Signature(Planned()))
    stop : In(1)
        Forget it.
    free : In(1)
        There is no present command, or its last vector is being asked for.
    read : In(1)
        A vector of the present one is being asked for, with the last of its words or behind it.
    loaded : In(1)
        All weights of the next tile are on their way, and go on to be.
    settling : In(1)
        Lines may not yet change.
    next : Out(Planned())
        The command.
    enter : Out(1), start : Out(1)
        Its words, its sums are the next ones.
    change : Out(1)
        With ``start``: its lines are others.
    slide : Out(1)
        The present command's data slide.

    Timing
    ------
    ``enter``, ``start`` and ``change`` depend combinationally on ``free``, ``read`` and
    ``settling``. A command is taken in the cycle after the ``start`` of the one before, or later.
    """

    command: stream.Interface
    stop: Value
    free: Value
    read: Value
    loaded: Value
    settling: Value
    next: Any
    enter: Value
    start: Value
    change: Value
    slide: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "command": In(stream.Signature(Planned())),
                **dict.fromkeys(["stop", "free", "read", "loaded", "settling"], In(1)),
                "next": Out(Planned()),
                **dict.fromkeys(["enter", "start", "change", "slide"], Out(1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        pending, begun = Signal(), Signal()
        plan: Any = Signal(Planned(), reset_less=True)
        line, follows = Signal(8), Signal()
        m.d.sync += follows.eq(
            (pending & plan.slide & ~Descriptor(Opcode.DEPTHWISE)(plan.raw).accumulate)
            & (self.slide & (plan.line == line))
            & self.loaded
        )
        m.d.comb += [
            self.command.ready.eq(~pending),
            self.next.eq(plan),
            self.start.eq(pending & self.free & (begun | ~(plan.slide & self.settling))),
            self.enter.eq(pending & ~begun & (self.start | (follows & self.read))),
            self.change.eq(self.start & ~begun & plan.slide),
        ]
        with m.If(self.command.valid & self.command.ready):
            m.d.sync += [pending.eq(1), plan.eq(self.command.p)]
        with m.Elif(self.start):
            m.d.sync += pending.eq(0)
        with m.If(self.enter):
            m.d.sync += begun.eq(1)
        with m.If(self.start):
            m.d.sync += [begun.eq(0), self.slide.eq(plan.slide), line.eq(plan.line)]
        with m.If(self.stop):
            m.d.sync += [pending.eq(0), begun.eq(0)]
        return m
