# SPDX-License-Identifier: MIT
"""MATMUL: activations and weights to the mesh, sums to the accumulator."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ..config import NpuConfig
from .accumulator import RowTag
from .address import AddressGenerator
from .descriptor import Descriptor
from .isa import Opcode
from .mesh import Vector, WeightRow
from .scratchpad import LocalRead, LocalReadInterface

__all__ = ["Matmul"]


class Matmul(wiring.Component):
    """Stream activation words through the mesh while the next weight tile follows.

    Two parts work side by side. One sends vectors, and starts a tile when all its weight rows have
    been sent. The other sends weight rows, and may start a tile with the first vector of the tile
    before (the mesh's rule). So with ``n`` vectors per tile, a tile takes ``max(n, rows)`` cycles.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    command : In(stream.Signature(Descriptor(Opcode.MATMUL)))
        Checked descriptors.
    busy : Out(1)
        A command is being carried out; until its sums have been written.
    activations, weights : Out(LocalRead)
    vectors : Out(Vector(config.rows, RowTag())), weight_rows : Out(WeightRow(rows, cols))
        To the mesh.
    base : Out
        First accumulator row.
    written : In(1)
        From the accumulator.
    stalled : Out(1)
        A vector waits for weights.

    Timing
    ------
    The command is followed by ``rows`` cycles for the first tile's weights, then ``(tiles - 1) *
    max(n, rows) + n`` cycles of vectors; these reach the mesh two cycles later. ``busy`` falls in
    the cycle after ``written``. No combinational path.
    """

    command: stream.Interface
    busy: Value
    activations: LocalReadInterface
    weights: LocalReadInterface
    vectors: data.View
    weight_rows: data.View
    base: Value
    written: Value
    stalled: Value

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        width = 8 * config.rows
        super().__init__(
            {
                "command": In(stream.Signature(Descriptor(Opcode.MATMUL))),
                "busy": Out(1),
                "activations": Out(LocalRead(config.activation_words, width)),
                "weights": Out(LocalRead(config.weight_words, width)),
                "vectors": Out(Vector(config.rows, RowTag())),
                "weight_rows": Out(WeightRow(config.rows, config.cols)),
                "base": Out(ceil_log2(config.accumulator_rows)),
                "written": In(1),
                "stalled": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.local = local = AddressGenerator(
            dimensions=6, width=ceil_log2(self.config.activation_words)
        )
        command = self.command.p
        begin = self.command.valid & self.command.ready
        m.d.comb += [
            self.command.ready.eq(~self.busy),
            *local.begin(
                begin,
                command.local,
                *((command[n], command[f"{n}_stride"]) for n in ("n0", "n1", "n2")),
                *((command[k], command[f"{k}_stride"]) for k in ("k0", "k1", "k2")),
            ),
        ]
        last_vector = local.last[:3].all()  # of its tile
        last_tile = local.last[3:].all()

        # Vectors
        streaming = Signal()
        first = Signal()  # the next vector is the first of its tile
        replace = Signal()  # the tile is the first, and replaces
        loaded = Signal()  # the next tile's weights are on their way
        issue = Signal()
        swap = Signal()
        m.d.comb += [
            issue.eq(streaming & (~first | loaded)),
            swap.eq(issue & first),
            self.stalled.eq(streaming & ~issue),
            local.step.eq(issue),
        ]
        with m.If(issue):
            m.d.sync += first.eq(last_vector)
            with m.If(last_vector):
                m.d.sync += [replace.eq(0), streaming.eq(~last_tile)]

        # Weights; the cycle of a swap already belongs to the tile after
        loading = Signal()
        row = Signal(range(self.config.rows))
        load = Signal()
        pointer = Signal(ceil_log2(self.config.weight_words))
        m.d.comb += load.eq(loading | (swap & ~last_tile))
        with m.If(swap):
            m.d.sync += loaded.eq(0)
        with m.If(load):
            m.d.sync += [
                pointer.eq(pointer + 1),
                row.eq(row + 1),
                loading.eq(row != self.config.rows - 1),
                loaded.eq(row == self.config.rows - 1),
            ]

        with m.If(begin):
            m.d.sync += [
                self.busy.eq(1),
                streaming.eq(1),
                first.eq(1),
                replace.eq(~command.accumulate),
                self.base.eq(command.accumulator),
                pointer.eq(command.weights),
                loading.eq(1),
            ]
        with m.Elif(self.written):
            m.d.sync += self.busy.eq(0)

        # Two cycles until both memories have answered
        m.d.comb += [
            self.activations.address.eq(local.address),
            self.activations.enable.eq(1),
            self.vectors.activation.eq(self.activations.data),
            self.weights.address.eq(pointer),
            self.weights.enable.eq(1),
            self.weight_rows.weight.eq(self.weights.data),
        ]
        vector = Signal.like(self.vectors)
        weight_row = Signal.like(self.weight_rows)
        m.d.sync += [
            vector.valid.eq(issue),
            vector.swap.eq(swap),
            vector.tag.first.eq(first),
            vector.tag.replace.eq(replace),
            vector.tag.last.eq(last_vector & last_tile),
            weight_row.valid.eq(load),
            weight_row.row.eq(row),
            *(self.vectors[n].eq(vector[n]) for n in ("valid", "swap", "tag")),
            *(self.weight_rows[n].eq(weight_row[n]) for n in ("valid", "row")),
        ]

        return m
