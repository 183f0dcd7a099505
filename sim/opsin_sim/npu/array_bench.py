# SPDX-License-Identifier: MIT
"""The array unit with a scratchpad of its own, to be run as a native model."""

from typing import Any

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import ceil_log2

from opsin.config import NpuConfig
from opsin.npu.array import ArrayUnit
from opsin.npu.scratchpad import LocalWrite, Scratchpad

__all__ = ["ArrayBench"]


class ArrayBench(wiring.Component):
    """Members of the unit, and streams for its memories.

    ``write`` fills the scratchpad. For each number in ``look``, ``sums`` is that row of the
    accumulator. ``finished`` counts commands, ``vectors`` the cycles in which the mesh has work.
    """

    write: Any
    look: stream.Interface
    sums: stream.Interface
    finished: Value
    vectors: Value

    def __init__(self, config: NpuConfig, *, sliding: bool | None = None) -> None:
        self.config = config
        self.sliding = sliding
        row = data.ArrayLayout(signed(32), config.cols)
        write = LocalWrite(config.scratchpad_words, 8 * config.rows).members["request"].signature
        super().__init__(
            {
                "write": In(write),
                "command": In(stream.Signature(512)),
                "look": In(stream.Signature(ceil_log2(config.accumulator_rows))),
                "sums": Out(stream.Signature(row)),
                "stop": In(1),
                "busy": Out(1),
                "finished": Out(16),
                "vectors": Out(16),
                "conflicts": Out(16),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the circuit."""
        m = Module()
        config = self.config
        ports: Any = self
        m.submodules.dut = dut = ArrayUnit(config, sliding=self.sliding)
        m.submodules.scratchpad = scratchpad = Scratchpad(
            depth=config.scratchpad_words,
            shape=8 * config.rows,
            banks=config.banks,
            readers=2,
            writers=1,
        )
        connect(m, dut.activations, scratchpad.reads[0])
        connect(m, dut.weights, scratchpad.reads[1])
        connect(m, flipped(self.write), scratchpad.writes[0].request)
        connect(m, flipped(ports.command), dut.command)
        m.d.comb += [dut.stop.eq(ports.stop), ports.busy.eq(dut.busy)]
        m.d.sync += [
            self.finished.eq(self.finished + dut.finished),
            self.vectors.eq(self.vectors + dut.events.vectors),
            ports.conflicts.eq(ports.conflicts + dut.events.weight_conflict),
        ]

        # one row on its way at a time
        asked = Signal()
        read = dut.sums
        free = ~asked & ~self.sums.valid
        m.d.comb += [
            read.request.valid.eq(self.look.valid & free),
            read.request.payload.eq(self.look.payload),
            self.look.ready.eq(read.request.ready & free),
        ]
        with m.If(read.request.valid & read.request.ready):
            m.d.sync += asked.eq(1)
        with m.If(self.sums.ready):
            m.d.sync += self.sums.valid.eq(0)
        with m.If(read.response.valid):
            m.d.sync += [
                asked.eq(0),
                self.sums.valid.eq(1),
                Value.cast(self.sums.payload).eq(Value.cast(read.response.data)),
            ]
        return m
