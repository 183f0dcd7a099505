# SPDX-License-Identifier: MIT
"""Several units on one memory port."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import fifo, wiring
from amaranth.lib.wiring import In, Out

from .memory_port import MemoryInterface, MemoryPort

__all__ = ["MemoryArbiter"]

_IN_LUTS = 64  # reads on their way of which the owners are kept in LUTs


class MemoryArbiter(wiring.Component):
    """Join ``units`` memory ports into one; lower numbers go first.

    Who is waiting for which word is kept in a queue, as words come back in the order of requests.

    Parameters
    ----------
    units : int
        Ports to join.
    word_bytes : int
        Bytes of a word.
    outstanding : int
        Reads that may be on their way; with memory that takes longer to answer, fewer than one
        word per cycle arrive.

    Members
    -------
    units : In(MemoryPort(word_bytes)).array(units)
    memory : Out(MemoryPort(word_bytes))
    idle : Out(1)
        No request waits, no word is on its way.

    Timing
    ------
    Requests pass through one register, one per cycle; responses through none. ``ready`` of the
    units' requests depends combinationally on ``memory.request.ready``, and ``valid`` and
    ``ready`` of responses on each other's side.

    Raises
    ------
    ValueError
        If ``units`` or ``outstanding`` is not positive.
    """

    units: list[MemoryInterface]
    memory: MemoryInterface
    idle: Value

    def __init__(self, *, units: int, word_bytes: int, outstanding: int = 64) -> None:
        for name, value in ("units", units), ("outstanding", outstanding):
            if value < 1:
                raise ValueError(f"{name} must be positive, not {value!r}")
        self.outstanding = outstanding
        super().__init__(
            {
                "units": In(MemoryPort(word_bytes)).array(units),
                "memory": Out(MemoryPort(word_bytes)),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        kind = fifo.SyncFIFO if self.outstanding <= _IN_LUTS else fifo.SyncFIFOBuffered
        m.submodules.owners = owners = kind(width=len(self.units), depth=self.outstanding)
        request = self.memory.request
        free = Signal()
        m.d.comb += free.eq(~request.valid | request.ready)
        with m.If(request.ready):
            m.d.sync += request.valid.eq(0)
        m.d.comb += owners.w_data.eq(0)
        taken = ~free
        for n, unit in enumerate(self.units):
            wanted = unit.request.valid & (unit.request.p.write | owners.w_rdy)
            m.d.comb += unit.request.ready.eq(~taken & (unit.request.p.write | owners.w_rdy))
            with m.If(wanted & ~taken):
                m.d.sync += [request.payload.eq(unit.request.payload), request.valid.eq(1)]
                m.d.comb += [owners.w_en.eq(~unit.request.p.write), owners.w_data.eq(1 << n)]
            taken = taken | wanted

        response = self.memory.response
        for n, unit in enumerate(self.units):
            mine = owners.r_data[n] & owners.r_rdy
            m.d.comb += [
                unit.response.payload.eq(response.payload),
                unit.response.valid.eq(response.valid & mine),
            ]
            with m.If(mine):
                m.d.comb += response.ready.eq(unit.response.ready)
        m.d.comb += [
            owners.r_en.eq(response.valid & response.ready),
            self.idle.eq(~request.valid & (owners.level == 0)),
        ]

        return m
