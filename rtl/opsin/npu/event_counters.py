# SPDX-License-Identifier: MIT
"""Many counters in one memory."""

from functools import reduce
from operator import or_

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

__all__ = ["EventCounters"]


class EventCounters(wiring.Component):
    """Count events, one of each per cycle at most, modulo 2³².

    The latest events of each are counted in a few bits; turn by turn these are added to the
    numbers in the memory.

    Parameters
    ----------
    number : int
        Counters, from 3.

    Members
    -------
    clear : In(1)
        All begin at zero again.
    events : In(number)
    index : In(range(number)), value : Out(32)
        A counter.

    Timing
    ------
    With T the power of two not below ``number``: an event is counted, and ``clear`` seen, in
    ``value`` after T + 4 cycles at most. ``value`` follows ``index`` by one cycle. No
    combinational path.

    Raises
    ------
    ValueError
        If ``number`` is less than 3.
    """

    clear: Value
    events: Value
    index: Value
    value: Value

    def __init__(self, number: int) -> None:
        if number < 3:
            raise ValueError(f"number must be in 3.., not {number!r}")
        self.number = number
        super().__init__(
            {
                "clear": In(1),
                "events": In(number),
                "index": In(range(number)),
                "value": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bits = ceil_log2(self.number)
        m.submodules.memory = memory = Memory(shape=32, depth=1 << bits, init=[])
        write, old, shown = memory.write_port(), memory.read_port(), memory.read_port()

        turn = Signal(bits)
        now = Signal(self.number)  # whose turn it is
        fresh = Signal(bits + 1)  # turns in which numbers are still to be cleared
        m.d.comb += now.eq(1 << turn)
        m.d.sync += [turn.eq(turn + 1), fresh.eq(Mux(fresh == 0, 0, fresh - 1))]
        parts = []
        for n in range(self.number):
            recent = Signal(bits + 1, name=f"recent_{n}")
            m.d.sync += recent.eq(Mux(now[n], 0, recent) + self.events[n])
            with m.If(self.clear):
                m.d.sync += recent.eq(0)
            parts.append(recent & now[n].replicate(bits + 1))
        with m.If(self.clear):
            m.d.sync += fresh.eq(1 << bits)

        # Read in one cycle, kept in the next, written back in the third
        number = Signal(32)
        added = [Signal(bits + 1, name=f"added_{n}") for n in range(2)]
        place = [Signal(bits, name=f"place_{n}") for n in range(2)]
        first = Signal()
        m.d.sync += [
            added[0].eq(reduce(or_, parts)),
            place[0].eq(turn),
            first.eq(fresh != 0),
            added[1].eq(added[0]),
            place[1].eq(place[0]),
            number.eq(Mux(first, 0, old.data)),
        ]
        m.d.comb += [
            old.addr.eq(turn),
            write.en.eq(1),
            write.addr.eq(place[1]),
            write.data.eq(number + added[1]),
            shown.addr.eq(self.index),
            self.value.eq(shown.data),
        ]

        return m
