# SPDX-License-Identifier: MIT
"""Weight tiles from the scratchpad to the mesh."""

from typing import Any

from amaranth.hdl import Const, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ...common.flow import delayed
from ...config import NpuConfig
from ..address import AddressGenerator
from ..descriptor import DESCRIPTOR_BITS, Descriptor
from ..isa import Opcode
from ..mesh import WeightRow
from ..scratchpad import READ_LATENCY, LocalRead, LocalReadInterface

__all__ = ["WeightFeed"]


class WeightFeed(wiring.Component):
    """Read a command's tiles, row by row, each as soon as the one before has been swapped in.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    command : In(stream.Signature(512))
        MATMUL. One more is taken while one is carried out.
    stop : In(1)
        Forget them.
    read : Out(LocalRead(scratchpad_words, 8 * rows))
    rows : Out(WeightRow(rows, cols))
        To the mesh, ``READ_LATENCY`` cycles after they were asked for.
    full : Out(1)
        All rows of the next tile have been asked for.
    swap : In(1)
        The first vector of that tile is being asked for; only with ``full``.

    Timing
    ------
    A row per cycle. The first row of a tile is asked for in the cycle of the last one's ``swap``,
    also if it is another command's. ``read.request.valid`` depends combinationally on ``swap``.
    """

    command: stream.Interface
    stop: Value
    read: LocalReadInterface
    rows: data.View
    full: Value
    swap: Value

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "command": In(stream.Signature(DESCRIPTOR_BITS)),
                "stop": In(1),
                "read": Out(LocalRead(config.scratchpad_words, 8 * config.rows)),
                "rows": Out(WeightRow(config.rows, config.cols)),
                "full": Out(1),
                "swap": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # The next command
        pending = Signal()
        command: Any = Signal(Descriptor(Opcode.MATMUL), reset_less=True)
        begin = Signal()
        m.d.comb += self.command.ready.eq(~pending)
        with m.If(self.command.valid & self.command.ready):
            m.d.sync += [pending.eq(1), Value.cast(command).eq(self.command.payload)]
        with m.Elif(begin):
            m.d.sync += pending.eq(0)

        # The present one
        m.submodules.tiles = tiles = AddressGenerator(dimensions=3, width=1)
        active = Signal()
        pointer = Signal(ceil_log2(self.config.scratchpad_words), reset_less=True)
        row = Signal(range(self.config.rows))
        request = self.read.request
        taken, last_row = Signal(), Signal()
        m.d.comb += [
            request.valid.eq(active & (~self.full | self.swap)),
            request.payload.eq(pointer),
            taken.eq(request.valid & request.ready),
            last_row.eq(row == self.config.rows - 1),
            tiles.step.eq(taken & last_row),
            begin.eq(pending & (~active | (tiles.step & tiles.last.all()))),
            *tiles.begin(
                begin, Const(0, 1), *((command[k], Const(0, 1)) for k in ("k0", "k1", "k2"))
            ),
        ]
        with m.If(self.swap):
            m.d.sync += self.full.eq(0)
        with m.If(taken):
            m.d.sync += [pointer.eq(pointer + 1), row.eq(row + 1)]
            with m.If(last_row):
                m.d.sync += [self.full.eq(1), active.eq(~tiles.last.all())]
        with m.If(begin):
            m.d.sync += [active.eq(1), pointer.eq(command.weights)]
        with m.If(self.stop):
            m.d.sync += [pending.eq(0), active.eq(0), row.eq(0), self.full.eq(0)]

        m.d.comb += [
            Value.cast(self.rows.weight).eq(self.read.response.data),
            self.rows.row.eq(delayed(m, row, READ_LATENCY, "row")),
            self.rows.valid.eq(self.read.response.valid),
        ]
        return m
