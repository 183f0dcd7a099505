# SPDX-License-Identifier: MIT
"""When a unit forgets its commands, and when it is ready for others."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["GivingUp"]


class GivingUp(wiring.Component):
    """Count a unit's commands, and hold it in reset from ``stop`` until it is quiet.

    Members
    -------
    stop : In(1)
    taken : In(1), finished : In(1)
        A command is taken, or has finished.
    quiet : In(1)
        Nobody outside owes the unit anything, nor the unit anybody.
    clear : Out(1)
        Forget everything, and begin nothing.
    takes : Out(1)
        Commands may be taken.
    busy : Out(1)

    Timing
    ------
    ``clear`` follows ``stop`` by a cycle and lasts two or more.
    """

    stop: Value
    taken: Value
    finished: Value
    quiet: Value
    clear: Value
    takes: Value
    busy: Value

    def __init__(self) -> None:
        super().__init__(
            {
                **dict.fromkeys(["stop", "taken", "finished", "quiet"], In(1)),
                **dict.fromkeys(["clear", "takes", "busy"], Out(1)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        begun, unfinished = Signal(), Signal(8)
        m.d.sync += begun.eq(self.clear)
        with m.If(self.stop):
            m.d.sync += self.clear.eq(1)
        with m.Elif(begun & self.quiet):
            m.d.sync += self.clear.eq(0)
        with m.If(self.clear):
            m.d.sync += unfinished.eq(0)
        with m.Else():
            m.d.sync += unfinished.eq(unfinished + self.taken - self.finished)
        m.d.comb += [
            self.takes.eq(~self.clear & ~unfinished[-1]),
            self.busy.eq((unfinished != 0) | ~self.quiet | (self.clear & ~begun)),
        ]

        return m
