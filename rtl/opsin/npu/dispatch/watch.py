# SPDX-License-Identifier: MIT
"""Jobs that do not get on."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..isa import Unit

__all__ = ["Standstill", "Watchdog"]

_UNITS = len(Unit)


class Standstill(wiring.Component):
    """Tell that all units wait for tokens that cannot come any more.

    Members
    -------
    held : In(1)
        Nothing will be released before a command finishes.
    empty, there, valid, running : In(4)
        Of each unit: see :class:`opsin.npu.dispatch.queues.Queues` and
        :class:`opsin.npu.dispatch.tokens.Tokens`.
    o : Out(1)

    Timing
    ------
    ``o`` follows by one cycle.
    """

    held: Value
    empty: Value
    there: Value
    valid: Value
    running: Value
    o: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "held": In(1),
                **dict.fromkeys(["empty", "there", "valid", "running"], In(_UNITS)),
                "o": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.d.sync += self.o.eq(
            self.held
            & (self.there != 0)
            & (self.there == ~self.empty)  # none is on its way to the front
            & (self.valid == 0)
            & (self.running == 0)
        )

        return m


class Watchdog(wiring.Component):
    """Tell that nothing was done for ``limit`` cycles.

    Members
    -------
    limit : In(32)
        0: never.
    active : In(1)
        Something is done.
    expired : Out(1)

    Timing
    ------
    ``expired`` is 1 for one cycle, ``limit + 1`` cycles after the last one ``active``, and again
    after as many.
    """

    limit: Value
    active: Value
    expired: Value

    def __init__(self) -> None:
        super().__init__({"limit": In(32), "active": In(1), "expired": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        idle = Signal(32)
        m.d.sync += [
            idle.eq(idle + 1),
            self.expired.eq(~self.active & (idle + 1 == self.limit) & (self.limit != 0)),
        ]
        with m.If(self.active | self.expired):
            m.d.sync += idle.eq(0)

        return m
