# SPDX-License-Identifier: MIT
"""What ends a job while it runs, and whose fault it is."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..isa import Error, Unit

__all__ = ["Cause", "Refusal"]

_UNITS = len(Unit)


class Refusal(data.StructLayout):
    """Memory refused (``error``, for one cycle) what is at ``address``."""

    def __init__(self) -> None:
        super().__init__({"error": 1, "address": 32})


class Cause(wiring.Component):
    """Keep the first thing that goes wrong.

    Members
    -------
    running : In(1)
        Else nothing counts.
    read, write : In(Refusal())
        Of the load, and of the store unit.
    excess : In(4), standstill : In(1), expired : In(1)
        A unit has given a token too many; tokens cannot come any more; the watchdog's.
    unfinished : In(4)
        Units with commands that have not finished.
    stop : Out(1)
        End the job; the others are valid from then until the next job runs.
    error : Out(Error)
    unit : Out(Unit), known : Out(1)
        Whose oldest unfinished command is to blame, if any is.
    address : Out(32), refused : Out(1)
        Memory refused what is there, if it did.

    Timing
    ------
    All outputs are registers; ``stop`` follows its cause by two cycles.
    """

    running: Value
    read: Any
    write: Any
    excess: Value
    standstill: Value
    expired: Value
    unfinished: Value
    stop: Value
    error: Any
    unit: Any
    known: Value
    address: Value
    refused: Value

    def __init__(self) -> None:
        super().__init__(
            {
                **dict.fromkeys(["running", "standstill", "expired"], In(1)),
                **dict.fromkeys(["read", "write"], In(Refusal())),
                **dict.fromkeys(["excess", "unfinished"], In(_UNITS)),
                **dict.fromkeys(["stop", "known", "refused"], Out(1)),
                "error": Out(Error),
                "unit": Out(Unit),
                "address": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        first: Any = Signal(Error)  # of the cycle before
        culprits = Signal(_UNITS)
        address = Signal(32)
        m.d.sync += [
            first.eq(Error.NONE),
            culprits.eq(Mux(self.excess.any(), self.excess, self.unfinished)),
            address.eq(Mux(self.read.error, self.read.address, self.write.address)),
        ]
        with m.If(self.expired):
            m.d.sync += first.eq(Error.WATCHDOG)
        with m.If(self.excess.any() | self.standstill):
            m.d.sync += first.eq(Error.TOKEN)
        with m.If(self.write.error):
            m.d.sync += [first.eq(Error.WRITE), culprits.eq(1 << Unit.STORE.value)]
        with m.If(self.read.error):
            m.d.sync += [first.eq(Error.READ), culprits.eq(1 << Unit.LOAD.value)]

        with m.If(~self.running):
            m.d.sync += [first.eq(Error.NONE), self.stop.eq(0)]
        with m.Elif(~self.stop & (first != Error.NONE)):
            m.d.sync += [
                self.stop.eq(1),
                self.error.eq(first),
                self.known.eq(culprits != 0),
                self.address.eq(address),
                self.refused.eq((first == Error.READ) | (first == Error.WRITE)),
            ]
            for unit in reversed(Unit):
                with m.If(culprits[unit.value]):
                    m.d.sync += self.unit.eq(unit)

        return m
