# SPDX-License-Identifier: MIT
"""The scaler's line memories."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..common.line_memory import LineMemory
from .scaler_input import half
from .scaler_passes import Pass

__all__ = ["LineStore"]


class LineStore(wiring.Component):
    """Average lines, and show the pixels of four at the same column.

    Parameters
    ----------
    depth : int
        Bits per sample.
    max_width : int
        Columns of three older lines.
    spare_width : int
        Columns of the newest line, or of sums that will be that.

    Members
    -------
    plan : In(Pass())
        Of the pixel that comes, or is due next.
    done : Out(1)
        Its last pixel comes.
    pixel : In(pixel), valid : In(1)
    width : In(unsigned(16)), average : In(2)
        Pixels per line, log2 of the lines to average.
    taps : Out(array of 4 pixels), phase : Out(unsigned(4)), valid_out : Out(1)
        Of passes that emit, the oldest line first. They cannot wait.

    Timing
    ------
    Latency 5 cycles. A column must not come again within 6 cycles.
    """

    plan: Any
    done: Value
    pixel: Any
    valid: Value
    width: Value
    average: Value
    taps: Any
    phase: Value
    valid_out: Value

    def __init__(self, *, depth: int, max_width: int, spare_width: int) -> None:
        self._depth = depth
        # Powers of two: a column beyond them, in a frame that does not use them, must be somewhere.
        self._words = [1 << (width - 1).bit_length() for width in (max_width, spare_width)]
        self._pixel = data.ArrayLayout(unsigned(depth), 3)
        super().__init__(
            {
                "plan": In(Pass()),
                "done": Out(1),
                "pixel": In(self._pixel),
                "valid": In(1),
                "width": In(16),
                "average": In(2),
                "taps": Out(data.ArrayLayout(self._pixel, 4)),
                "phase": Out(4),
                "valid_out": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        sums = data.ArrayLayout(unsigned(self._depth + 3), 3)
        m.submodules.older = older = LineMemory(data.ArrayLayout(self._pixel, 3), self._words[0])
        m.submodules.newest = newest = LineMemory(sums, self._words[1])

        column, left, last_column = Signal(16), Signal(16), Signal()
        m.d.comb += [
            self.done.eq(self.valid & last_column),
            older.read_addr.eq(column[: len(older.read_addr)]),
            newest.read_addr.eq(column[: len(newest.read_addr)]),
        ]
        with m.If(self.valid):
            m.d.sync += [column.eq(column + 1), left.eq(left - 1), last_column.eq(left == 2)]
        with m.If(self.done | ~self.valid & (column == 0)):
            m.d.sync += [column.eq(0), left.eq(self.width), last_column.eq(self.width == 1)]

        # Two cycles for the memories, then what is added, the sum, the mean.
        valids = Signal(5)
        columns = [Signal(16, name=f"column_{k}") for k in range(5)]
        plans: list[Any] = [Signal(Pass(), name=f"plan_{k}") for k in range(5)]
        pixels: list[Any] = [Signal(self._pixel, name=f"pixel_{k}") for k in range(2)]
        m.d.sync += [
            valids.eq(Cat(self.valid, valids)),
            Cat(columns).eq(Cat(column, *columns)),
            Cat(*plans).eq(Cat(self.plan, *plans)),
            Cat(*pixels).eq(Cat(self.pixel, *pixels)),
        ]
        early, late = plans[1], plans[4]
        begun: Any = Signal(sums)
        added: Any = Signal(self._pixel)
        total: Any = Signal(sums)
        raw: Any = Signal(sums)
        mean: Any = Signal(self._pixel)
        lines = [Signal(data.ArrayLayout(self._pixel, 3), name=f"lines_{k}") for k in range(3)]
        average, rounding = Signal(2), Signal(3)
        m.d.sync += [
            Cat(*lines).eq(Cat(older.read_data, *lines)),
            raw.eq(total),
            average.eq(Mux(plans[2].comes, self.average, 0)),
            rounding.eq(half(self.average)),
        ]
        for k in range(3):
            alone = Mux(early.again, older.read_data[0][k], rounding)
            m.d.sync += [
                begun[k].eq(Mux(early.adds, newest.read_data[k], alone)),
                added[k].eq(Mux(early.comes, pixels[1][k], 0)),
                total[k].eq(begun[k] + added[k]),
                mean[k].eq(total[k] >> average),
            ]

        # What was below moves up; without older lines, all are the newest.
        last: Any = lines[2]
        shown = [Mux(late.top, mean.as_value(), last[k].as_value()) for k in range(3)]
        m.d.comb += [
            Value.cast(self.taps).eq(Cat(shown[2], shown[1], shown[0], mean)),
            self.phase.eq(late.phase),
            self.valid_out.eq(valids[4] & late.emits),
            older.write_en.eq(valids[4] & late.shift),
            older.write_addr.eq(columns[4][: len(older.write_addr)]),
            Value.cast(older.write_data).eq(Cat(mean, shown[0], shown[1])),
            newest.write_en.eq(valids[4]),
            newest.write_addr.eq(columns[4][: len(newest.write_addr)]),
        ]
        for k in range(3):
            m.d.comb += newest.write_data[k].eq(Mux(late.closes, mean[k], raw[k]))

        return m
