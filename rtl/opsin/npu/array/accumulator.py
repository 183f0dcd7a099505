# SPDX-License-Identifier: MIT
"""Memory of sums, added to as they leave the mesh."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ...common.flow import delayed
from ...common.line_memory import LineMemory
from ..mesh import Sums
from ..scratchpad import READ_LATENCY, LocalRead, LocalReadInterface

__all__ = ["Accumulator", "RowTag"]


class RowTag(data.StructLayout):
    """Where a row of sums goes: to row ``row``, which it replaces or is added to.

    ``last`` of a command.
    """

    def __init__(self, depth: int) -> None:
        super().__init__({"row": unsigned(ceil_log2(depth)), "replace": 1, "last": 1})


class Accumulator(wiring.Component):
    """Add each row of sums to its row of the memory, or replace it.

    Reading, adding and writing back take four cycles, and no address is compared. Rows of a tile
    differ, and tiles are four cycles apart or more.

    Two banks, of which the highest bit of a row's number tells: while the array adds to one, the
    other can be read.

    Parameters
    ----------
    depth : int
        Rows, a power of two.
    cols : int
        Sums per row.

    Members
    -------
    i : In(Sums(cols, RowTag(depth)))
        From the mesh. A row may come back after four cycles or more.
    written : Out(1)
        The row with ``last`` is in memory for all reads taken from the next cycle on.
    read : In(LocalRead(depth, ArrayLayout(signed(32), cols)))
        Not ready in cycles in which ``i`` wants the bank.

    Timing
    ------
    One row per cycle, ``written`` three cycles after its row. ``read.request.ready`` depends
    combinationally on ``i`` and the request.

    Raises
    ------
    ValueError
        If ``depth`` is not a power of two from 4 on.
    """

    i: data.View
    written: Value
    read: LocalReadInterface

    def __init__(self, *, depth: int, cols: int) -> None:
        if depth < 4 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of two from 4 on, not {depth!r}")
        self.depth = depth
        self.cols = cols
        super().__init__(
            {
                "i": In(Sums(cols, RowTag(depth))),
                "written": Out(1),
                "read": In(LocalRead(depth, data.ArrayLayout(signed(32), cols))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        request, tag = self.read.request, self.i.tag
        taken = self.i.valid & (tag.row[-1] == request.payload[-1])
        m.d.comb += request.ready.eq(~taken)

        row = data.ArrayLayout(signed(32), self.cols)
        sums, address = delayed(m, self.i, 2, "sums"), Signal(len(tag.row) - 1, reset_less=True)
        total: Any = Signal(row, reset_less=True)
        replace = delayed(m, tag.replace, 2, "replace")
        banks: list[Value] = []
        for b in range(2):
            m.submodules[f"bank_{b}"] = bank = LineMemory(32 * self.cols, self.depth // 2)
            own = self.i.valid & (tag.row[-1] == b)
            enable = Signal(name=f"enable_{b}")
            m.d.sync += enable.eq(sums.valid & (sums.tag.row[-1] == b))
            m.d.comb += [
                bank.read_addr.eq(Mux(own, tag.row, request.payload)),
                bank.write_en.eq(enable),
                bank.write_addr.eq(address),
                bank.write_data.eq(total),
            ]
            banks.append(bank.read_data)
        old: Any = data.View(row, Mux(sums.tag.row[-1], banks[1], banks[0]))
        m.d.sync += address.eq(sums.tag.row)
        for c in range(self.cols):
            m.d.sync += total[c].eq(Mux(replace, 0, old[c]) + sums.sum[c])
        m.d.sync += self.written.eq(sums.valid & sums.tag.last)

        # To the reader
        chosen = delayed(m, request.payload[-1], 2, "bank")
        words = delayed(m, Mux(chosen, banks[1], banks[0]), READ_LATENCY - 2, "words")
        m.d.comb += [
            Value.cast(self.read.response.data).eq(words),
            self.read.response.valid.eq(delayed(m, request.valid & ~taken, READ_LATENCY, "valid")),
        ]
        return m
