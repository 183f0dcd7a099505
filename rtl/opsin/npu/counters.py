# SPDX-License-Identifier: MIT
"""Where a job's cycles went."""

from amaranth.hdl import Module, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["COUNTERS", "CounterValues", "Counters"]

COUNTERS = {
    "cycles": "from start to done",
    "descriptors": "finished, HALT among them",
    "fetch_wait": "cycles in which no unit was busy, for want of a checked descriptor",
    "load": "cycles LOAD was busy",
    "store": "cycles STORE was busy",
    "fill": "cycles FILL was busy",
    "matmul": "cycles MATMUL was busy",
    "requantize": "cycles REQUANTIZE was busy",
    "array_busy": "activation words that entered the mesh, one per cycle",
    "weight_wait": "cycles in which an activation word waited for its tile's weights",
    "words_fetched": "memory words of descriptors",
    "words_read": "memory words read by LOAD",
    "words_written": "memory words written by STORE",
}
"""Name and meaning of every counter."""


class CounterValues(data.StructLayout):
    """One number of 32 bits for each of :data:`COUNTERS`."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(COUNTERS, unsigned(32)))


class Counters(wiring.Component):
    """Count events, one each per cycle at most, modulo 2³².

    Members
    -------
    clear : In(1)
        Begin at zero.
    events : In(StructLayout({name: 1 for name in COUNTERS}))
    values : Out(CounterValues())

    Timing
    ------
    Values follow their events by one cycle.
    """

    clear: Value
    events: data.View
    values: data.View

    def __init__(self) -> None:
        super().__init__(
            {
                "clear": In(1),
                "events": In(data.StructLayout(dict.fromkeys(COUNTERS, 1))),
                "values": Out(CounterValues()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        for name in COUNTERS:
            m.d.sync += self.values[name].eq(self.values[name] + self.events[name])
        with m.If(self.clear):
            m.d.sync += self.values.eq(0)

        return m
