# SPDX-License-Identifier: MIT
"""Memory of sums, added to as they leave the mesh."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from .mesh import Sums
from .scratchpad import LocalRead, LocalReadInterface, Scratchpad

__all__ = ["Accumulator", "RowTag"]


class RowTag(data.StructLayout):
    """What the accumulator has to know of a row of sums.

    ``first`` of a tile (back to the base row), ``replace`` the row by sum and bias rather than
    add to it, ``last`` of the job given to the mesh.
    """

    def __init__(self) -> None:
        super().__init__({"first": 1, "replace": 1, "last": 1})


class Accumulator(wiring.Component):
    """Add each row of sums to its row of the memory, or replace it by sums plus bias.

    Rows of a tile go to consecutive addresses from ``base`` on. Reading, adding and writing back
    take four cycles. A row comes back with the next tile at the earliest, and tiles are at least
    as many cycles apart as the mesh has rows: with four rows or more nothing is read too early,
    and no address needs to be compared.

    Parameters
    ----------
    depth : int
        Rows.
    cols : int
        Sums per row.

    Members
    -------
    i : In(Sums(cols, RowTag()))
        From the mesh. A row may come back after four cycles or more.
    base : In(unsigned)
        Address of a tile's first row, while that row arrives.
    bias : In(ArrayLayout(signed(32), cols))
    written : Out(1)
        The row with ``last`` has been written.
    read : In(LocalRead(depth, ArrayLayout(signed(32), cols)))
        For rows that are complete, while ``i`` brings none.

    Timing
    ------
    One row per cycle. A row of cycle t may be read from t + 4 on, when ``written`` is set for
    one with ``last``. ``read`` answers after two cycles.
    """

    i: data.View
    base: Value
    bias: data.View
    written: Value
    read: LocalReadInterface

    def __init__(self, *, depth: int, cols: int) -> None:
        self.depth = depth
        self.cols = cols
        row = data.ArrayLayout(signed(32), cols)
        super().__init__(
            {
                "i": In(Sums(cols, RowTag())),
                "base": In(unsigned(ceil_log2(depth))),
                "bias": In(row),
                "written": Out(1),
                "read": In(LocalRead(depth, row)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        row = data.ArrayLayout(signed(32), self.cols)
        m.submodules.sums = sums = Scratchpad(depth=self.depth, shape=row)

        following = Signal.like(self.base)
        address = Signal.like(self.base)
        m.d.comb += address.eq(Mux(self.i.tag.first, self.base, following))
        with m.If(self.i.valid):
            m.d.sync += following.eq(address + 1)

        # Two cycles until the old row is there, one to add, one to write.
        stage = data.StructLayout({"i": self.i.shape(), "address": address.shape()})
        arriving: Any = Signal(stage)
        m.d.comb += [arriving.i.eq(self.i), arriving.address.eq(address)]
        stages = [arriving]
        for n in range(2):
            later: Any = Signal(stage, name=f"stage_{n}")
            m.d.sync += later.eq(stages[-1])
            stages.append(later)
        waiting = stages[-1]
        for c in range(self.cols):
            old = Mux(waiting.i.tag.replace, self.bias[c], sums.read.data[c])
            m.d.sync += sums.write.data[c].eq(old + waiting.i.sum[c])
        ending = Signal()
        m.d.sync += [
            sums.write.address.eq(waiting.address),
            sums.write.enable.eq(waiting.i.valid),
            ending.eq(waiting.i.valid & waiting.i.tag.last),
            self.written.eq(ending),
        ]

        m.d.comb += [
            sums.read.address.eq(Mux(self.i.valid, address, self.read.address)),
            sums.read.enable.eq(self.i.valid | stages[1].i.valid | self.read.enable),
            self.read.data.eq(sums.read.data),
        ]
        return m
