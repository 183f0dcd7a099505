# SPDX-License-Identifier: MIT
"""Checked descriptors to the queues, in order: fences, and a job's end."""

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from ..isa import Error, Unit
from .item import POSITION_BITS, Item

__all__ = ["Order"]

_UNITS = len(Unit)


class Order(wiring.Component):
    """Release commands; those with a fence when all before have finished, and then none behind.

    Members
    -------
    i : In(stream.Signature(Item()))
    quiet : In(1)
        All that was released has finished.
    commit : Out(4)
        Bit u: release the oldest command of unit u that is not.
    waiting : Out(1)
        For ``quiet``.
    ended : Out(1), fault : Out(Error), position : Out(26)
        The job is over, with this fault or none, at the descriptor there.

    Timing
    ------
    All but ``waiting`` depends combinationally on ``i`` and ``quiet``. An item may leave in the
    cycle in which it comes; behind one with a fence not in the next.
    """

    i: stream.Interface
    quiet: Value
    commit: Value
    waiting: Value
    ended: Value
    fault: Any
    position: Value

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(stream.Signature(Item())),
                "quiet": In(1),
                "commit": Out(_UNITS),
                "waiting": Out(1),
                "ended": Out(1),
                "fault": Out(Error),
                "position": Out(POSITION_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        item: Any = self.i.p
        fenced = Signal()  # the last one had a fence
        last = Signal()
        alone = Signal()
        m.d.comb += [
            last.eq(item.halt | (item.fault != Error.NONE)),
            alone.eq(last | item.fence | fenced),
            self.fault.eq(item.fault),
            self.position.eq(item.position),
            self.waiting.eq(self.i.valid & alone),
        ]
        with m.If(self.i.valid & (self.quiet | ~alone)):
            with m.If(last):
                m.d.comb += self.ended.eq(1)
            with m.Else():
                m.d.comb += [
                    self.i.ready.eq(1),
                    self.commit.eq(1 << Value.cast(item.unit)),
                ]
                m.d.sync += fenced.eq(item.fence)

        return m
