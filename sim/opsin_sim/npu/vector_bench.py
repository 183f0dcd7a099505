# SPDX-License-Identifier: MIT
"""The vector unit with memories of its own that refuse at random, to be run as a native model."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import ceil_log2

from opsin.config import NpuConfig
from opsin.npu.scratchpad import LocalWrite, Scratchpad
from opsin.npu.vector import VectorUnit

__all__ = ["VectorBench"]


class VectorBench(wiring.Component):
    """Members of the unit, and streams for its memories.

    ``write`` and ``fill`` fill scratchpad and accumulator. For each number in ``look``, ``word`` is
    that word of the scratchpad. ``finished`` counts commands, ``cycles`` those from the first to be
    taken after ``restart`` to the last ``finished``. A read is refused in about ``refuse`` of 16
    cycles, a write in ``refuse_write``.
    """

    write: Any
    fill: Any
    look: stream.Interface
    word: stream.Interface
    finished: Value
    cycles: Value
    refuse: Value

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        self.row = data.ArrayLayout(signed(32), config.cols)
        write = LocalWrite(config.scratchpad_words, 8 * config.rows).members["request"].signature
        fill = LocalWrite(config.accumulator_rows, 32 * config.cols).members["request"].signature
        super().__init__(
            {
                "write": In(write),
                "fill": In(fill),
                "command": In(stream.Signature(512)),
                "look": In(stream.Signature(ceil_log2(config.scratchpad_words))),
                "word": Out(stream.Signature(8 * config.rows)),
                "stop": In(1),
                "busy": Out(1),
                "idle": Out(1),
                "finished": Out(16),
                "restart": In(1),
                "cycles": Out(32),
                **dict.fromkeys(["refuse", "refuse_write"], In(5)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Build the circuit."""
        m = Module()
        config = self.config
        ports: Any = self
        m.submodules.dut = dut = VectorUnit(config)
        m.submodules.scratchpad = scratchpad = Scratchpad(
            depth=config.scratchpad_words,
            shape=8 * config.rows,
            banks=config.banks,
            readers=2,
            writers=2,
        )
        m.submodules.accumulator = accumulator = Scratchpad(
            depth=config.accumulator_rows, shape=32 * config.cols, banks=2
        )
        connect(m, flipped(self.write), scratchpad.writes[1].request)
        connect(m, flipped(self.fill), accumulator.writes[0].request)
        connect(m, flipped(ports.command), dut.command)
        m.d.comb += [dut.stop.eq(ports.stop), ports.busy.eq(dut.busy), ports.idle.eq(~dut.busy)]
        m.d.sync += self.finished.eq(self.finished + dut.finished)

        clock, begun = Signal(32), Signal()
        m.d.sync += clock.eq(Mux(begun, clock + 1, 1))
        with m.If(dut.command.valid & dut.command.ready):
            m.d.sync += begun.eq(1)
        with m.If(dut.finished):
            m.d.sync += self.cycles.eq(clock)
        with m.If(ports.restart):
            m.d.sync += begun.eq(0)

        # a register with feedback, of which each port looks at bits of its own
        noise = Signal(31, init=1)
        m.d.sync += noise.eq(
            Cat((noise[30 - k] ^ noise[27 - k] for k in reversed(range(11))), noise)
        )
        refused = Signal(3)
        reads: list[tuple[Any, Any]] = [
            (dut.words, scratchpad.reads[0]),
            (dut.sums, accumulator.reads[0]),
        ]
        for n, (port, memory) in enumerate([*reads, (dut.write, scratchpad.writes[0])]):
            m.d.comb += [
                refused[n].eq(
                    noise[9 * n : 9 * n + 4] < (ports.refuse_write if n == 2 else self.refuse)
                ),
                memory.request.valid.eq(port.request.valid & ~refused[n]),
                port.request.ready.eq(memory.request.ready & ~refused[n]),
                Value.cast(memory.request.payload).eq(Value.cast(port.request.payload)),
            ]
        for port, memory in reads:
            m.d.comb += Value.cast(port.response).eq(Value.cast(memory.response))

        # one word on its way at a time
        asked = Signal()
        read = scratchpad.reads[1]
        free = ~asked & ~self.word.valid
        m.d.comb += [
            read.request.valid.eq(self.look.valid & free),
            read.request.payload.eq(self.look.payload),
            self.look.ready.eq(read.request.ready & free),
        ]
        with m.If(read.request.valid & read.request.ready):
            m.d.sync += asked.eq(1)
        with m.If(self.word.ready):
            m.d.sync += self.word.valid.eq(0)
        with m.If(read.response.valid):
            m.d.sync += [
                asked.eq(0),
                self.word.valid.eq(1),
                self.word.payload.eq(Value.cast(read.response.data)),
            ]
        return m
