# SPDX-License-Identifier: MIT
"""Weight tiles from the scratchpad to the mesh."""

from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ...common.flow import delayed
from ...config import NpuConfig
from ..address import AddressGenerator
from ..descriptor import Descriptor
from ..isa import Opcode
from ..mesh import TAPS, WeightRow
from ..scratchpad import READ_LATENCY, LocalRead, LocalReadInterface
from .plan import Planned

__all__ = ["WeightFeed"]


class WeightFeed(wiring.Component):
    """Read a command's tiles, row by row, each as soon as the one before has been swapped in.

    A packed tile has half the rows. The words of weights of a DEPTHWISE are taps if it slides;
    else each becomes a tile with these weights on its diagonal.

    Parameters
    ----------
    config : NpuConfig
    sliding : bool
        The mesh takes taps.

    Members
    -------
    command : In(stream.Signature(Planned()))
        MATMUL or DEPTHWISE. One more is taken while one is carried out.
    stop : In(1)
        Forget them.
    read : Out(LocalRead(scratchpad_words, 8 * rows))
    rows : Out(WeightRow(rows, cols, packed=True, sliding=sliding))
        To the mesh, ``READ_LATENCY`` cycles after their request was taken.
    full : Out(1), behind : Out(1)
        All rows of the next tile are asked for; the last one's request is not yet taken.
    swap : In(1)
        The first vector of that tile will be asked for; only with ``full``.

    Timing
    ------
    A row per cycle. The first row of a tile is asked for in the cycle after the last one's
    ``swap``, also if it is another command's. ``read.request`` and ``behind`` come from registers.
    """

    command: stream.Interface
    stop: Value
    read: LocalReadInterface
    rows: data.View
    full: Value
    behind: Value
    swap: Value

    def __init__(self, config: NpuConfig, *, sliding: bool) -> None:
        self.config = config
        self.sliding = sliding
        rows = WeightRow(config.rows, config.cols, packed=True, sliding=sliding)
        super().__init__(
            {
                "command": In(stream.Signature(Planned())),
                "stop": In(1),
                "read": Out(LocalRead(config.scratchpad_words, 8 * config.rows)),
                "rows": Out(rows),
                **dict.fromkeys(["full", "behind"], Out(1)),
                "swap": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # The next command
        pending = Signal()
        command: Any = Signal(Descriptor(Opcode.MATMUL), reset_less=True)
        slide = Signal(reset_less=True)
        begin = Signal()
        m.d.comb += self.command.ready.eq(~pending)
        with m.If(self.command.valid & self.command.ready):
            m.d.sync += [
                pending.eq(1),
                Value.cast(command).eq(self.command.p.raw),
                slide.eq(self.command.p.slide),
            ]
        with m.Elif(begin):
            m.d.sync += pending.eq(0)

        # The present one
        m.submodules.tiles = tiles = AddressGenerator(dimensions=3, width=1)
        active = Signal()
        pointer = Signal(ceil_log2(self.config.scratchpad_words), reset_less=True)
        rows = self.config.rows
        row, most = Signal(range(max(rows, TAPS))), Signal(range(max(rows, TAPS)))
        packed, diagonal, tap = (Signal(reset_less=True, name=n) for n in ("packed", "own", "tap"))
        request = self.read.request
        room, taken, last_row = Signal(), Signal(), Signal()
        m.d.comb += [
            room.eq(~request.valid | request.ready),
            taken.eq(active & (~self.full | self.swap) & room),
            last_row.eq(row == most),
            tiles.step.eq(taken & last_row),
            begin.eq(pending & (~active | (tiles.step & tiles.last.all()))),
            *tiles.begin(
                begin,
                Const(0, 1),
                *((Mux(slide, 1, command[k]), Const(0, 1)) for k in ("k0", "k1", "k2")),
            ),
        ]
        with m.If(self.swap):
            m.d.sync += self.full.eq(0)
        with m.If(taken):
            m.d.sync += [
                pointer.eq(pointer + (last_row | ~diagonal)),
                row.eq(Mux(last_row, 0, row + 1)),
            ]
            with m.If(last_row):
                m.d.sync += [self.full.eq(1), active.eq(~tiles.last.all())]
        with m.If(begin):
            depthwise = command.opcode == Opcode.DEPTHWISE.value
            half = command.packed & ~depthwise
            m.d.sync += [
                active.eq(1),
                pointer.eq(command.weights),
                packed.eq(half),
                diagonal.eq(depthwise & ~slide),
                tap.eq(slide),
                most.eq(Mux(slide, TAPS - 1, Mux(half, rows // 2 - 1, rows - 1))),
            ]
        asked: Any = Signal(  # of the row that is asked for
            data.StructLayout(
                {"row": len(row), **dict.fromkeys(["last", "diagonal", "packed", "tap"], 1)}
            ),
            reset_less=True,
        )
        m.d.comb += self.behind.eq(request.valid & asked.last)
        with m.If(room):
            m.d.sync += [
                request.valid.eq(taken),
                request.payload.eq(pointer),
                asked.row.eq(Mux(tap, most - row, row)),
                asked.last.eq(last_row),
                asked.diagonal.eq(diagonal),
                asked.packed.eq(packed),
                asked.tap.eq(tap),
            ]
        with m.If(self.stop):
            m.d.sync += [pending.eq(0), active.eq(0), row.eq(0), self.full.eq(0)]
            m.d.sync += request.valid.eq(0)

        given: Any = delayed(m, asked, READ_LATENCY, "given")
        for c in range(self.config.cols):
            weight = self.read.response.data.word_select(c, 8)
            other = given.diagonal & (given.row != c)
            m.d.comb += self.rows.weight[c].eq(Mux(other, 0, weight))
        m.d.comb += [
            self.rows.row.eq(given.row),
            self.rows.packed.eq(given.packed),
            self.rows.tap.eq(given.tap) if self.sliding else [],
            self.rows.valid.eq(self.read.response.valid),
        ]
        return m
