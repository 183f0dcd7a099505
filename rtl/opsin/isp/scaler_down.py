# SPDX-License-Identifier: MIT
"""The scaler's line memories."""

from itertools import pairwise
from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..common.flow import delayed
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
        Columns of the newest line, or of sums that will be that. Up to half of ``max_width`` they
        have no memory of their own if ``pace`` is 3: they are in the half of the other one that
        such lines leave unused.
    pace : int
        Cycles from a pixel to the next, at least.

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
    Latency 6 cycles. A column must not come again within 7 cycles.
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

    def __init__(self, *, depth: int, max_width: int, spare_width: int, pace: int) -> None:
        self._depth = depth
        # Powers of two: a column beyond them, in a frame that does not use them, must be somewhere.
        self._words = [1 << (width - 1).bit_length() for width in (max_width, spare_width)]
        self._folded = pace > 1 and 2 * self._words[1] <= self._words[0]
        self._pixel = data.ArrayLayout(unsigned(depth), 3)
        self._sums = data.ArrayLayout(unsigned(depth + 3), 3)
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

        column, left, last_column = Signal(16), Signal(16), Signal()
        fresh, narrow = Signal(init=1), Signal()  # no pixel of the line came, it has only one
        m.d.comb += self.done.eq(self.valid & last_column)
        m.d.sync += [narrow.eq(self.width == 1), fresh.eq(self.done | (fresh & ~self.valid))]
        with m.If(self.valid):
            m.d.sync += [column.eq(column + 1), left.eq(left - 1), last_column.eq(left == 2)]
        with m.If(self.done | (fresh & ~self.valid)):
            m.d.sync += [column.eq(0), left.eq(self.width), last_column.eq(narrow)]

        # Two cycles for the older lines, one more for the newest; then what is added, the sum, the
        # mean.
        valids = Signal(7)
        columns = [column, *(Signal(16, name=f"column_{k}") for k in range(1, 8))]
        plans: list[Any] = [self.plan, *(Signal(Pass(), name=f"plan_{k}") for k in range(1, 7))]
        m.d.sync += [
            valids.eq(Cat(self.valid, valids)),
            Cat(columns[1:]).eq(Cat(columns)),
            *(after.eq(plan) for plan, after in pairwise(map(Value.cast, plans))),
        ]
        older_write, newest_write = Signal(data.ArrayLayout(self._pixel, 3)), Signal(self._sums)
        keeps = Signal(2)  # older lines, the newest
        older, newest = self._memories(
            m, columns, Cat(self.valid, valids), keeps, older_write, newest_write
        )
        total, mean, lines = self._mean(m, plans, older, newest)

        # What was below moves up; without older lines, all are the newest.
        late, last = plans[6], lines[-1]
        shown = [Mux(late.top, mean.as_value(), last[k].as_value()) for k in range(3)]
        raw: Any = Signal(self._sums)
        m.d.comb += [
            Value.cast(self.taps).eq(Cat(shown[2], shown[1], shown[0], mean)),
            self.phase.eq(late.phase),
            self.valid_out.eq(valids[5] & late.emits),
            keeps[0].eq(valids[5] & late.shift),
            keeps[1].eq(valids[6]),
            Value.cast(older_write).eq(Cat(mean, shown[0], shown[1])),
        ]
        m.d.sync += raw.eq(total)
        for k in range(3):
            m.d.sync += newest_write[k].eq(Mux(late.closes, mean[k], raw[k]))

        return m

    def _mean(self, m: Module, plans: list[Any], older: Any, newest: Any) -> tuple[Any, Any, Any]:
        """Return the sum, after 5 cycles; its mean, after 6; the older lines, from 3 to 6."""
        lines: list[Any] = [
            Signal(data.ArrayLayout(self._pixel, 3), name=f"lines_{k}") for k in range(4)
        ]
        pixel = delayed(m, Value.cast(self.pixel), 3, "pixel")
        begun: Any = Signal(self._sums)
        added: Any = Signal(self._pixel)
        total: Any = Signal(self._sums)
        mean: Any = Signal(self._pixel)
        average, rounding = Signal(2), Signal(3)
        m.d.sync += [
            Cat(*lines).eq(Cat(older, *lines)),
            average.eq(Mux(plans[4].comes, self.average, 0)),
            rounding.eq(half(self.average)),
        ]
        for k in range(3):
            sample = pixel[k * self._depth : (k + 1) * self._depth]
            alone = Mux(plans[3].again, lines[0][0][k], rounding)
            m.d.sync += [
                begun[k].eq(Mux(plans[3].adds, newest[k], alone)),
                added[k].eq(Mux(plans[3].comes, sample, 0)),
                total[k].eq(begun[k] + added[k]),
                mean[k].eq(total[k] >> average),
            ]
        return total, mean, lines

    def _memories(
        self,
        m: Module,
        columns: list[Signal],
        valids: Value,
        keeps: Value,
        older_write: Any,
        newest_write: Any,
    ) -> tuple[Any, Any]:
        """Return older lines after 2 cycles, the newest after 3; keep them after 6 and 7."""
        lines = older_write.shape()
        m.submodules.older = older = LineMemory(lines, self._words[0])
        bits, newest_bits = len(older.read_addr), (self._words[1] - 1).bit_length()
        if not self._folded:
            m.submodules.newest = newest = LineMemory(self._sums, self._words[1])
            m.d.comb += [
                older.read_addr.eq(columns[0][:bits]),
                older.write_en.eq(keeps[0]),
                older.write_addr.eq(columns[6][:bits]),
                older.write_data.eq(older_write),
                newest.read_addr.eq(columns[1][:newest_bits]),
                newest.write_en.eq(keeps[1]),
                newest.write_addr.eq(columns[7][:newest_bits]),
                newest.write_data.eq(newest_write),
            ]
            return older.read_data, newest.read_data

        # Pixels are so far apart that each can read and write twice. Of lines that need all of the
        # memory, the newest is not kept.
        whole = Signal()
        above = 1 << bits - 1
        m.d.sync += whole.eq(self.width > above)
        m.d.comb += [
            older.read_addr.eq(Mux(valids[1], columns[1][: bits - 1] | above, columns[0][:bits])),
            older.write_en.eq(keeps[0] | keeps[1] & ~whole),
            older.write_addr.eq(Mux(keeps[1], columns[7][: bits - 1] | above, columns[6][:bits])),
            Value.cast(older.write_data).eq(
                Mux(keeps[1], Value.cast(newest_write), Value.cast(older_write))
            ),
        ]
        sums = data.View(self._sums, Value.cast(older.read_data)[: self._sums.size])
        return older.read_data, sums
