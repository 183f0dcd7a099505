# SPDX-License-Identifier: MIT
"""Activations from the scratchpad to the mesh."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ...common.flow import delayed
from ...config import NpuConfig
from ..address import AddressGenerator
from ..descriptor import DESCRIPTOR_BITS, Descriptor
from ..isa import Opcode
from ..mesh import Vector
from ..scratchpad import READ_LATENCY, LocalRead, LocalReadInterface
from .accumulator import RowTag

__all__ = ["VectorFeed"]

_PAUSE = 3  # cycles until sums can be added to, beyond one


class VectorFeed(wiring.Component):
    """Read a command's activations for tile after tile, and say where the sums go.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    command : In(stream.Signature(512))
        MATMUL or DEPTHWISE. One more is taken while one is carried out.
    stop : In(1)
        Forget them.
    read : Out(LocalRead(scratchpad_words, 8 * rows))
        Always ready.
    vectors : Out(Vector(rows, RowTag(accumulator_rows)))
        To the mesh, ``READ_LATENCY`` cycles after they were asked for.
    full : In(1)
        The next tile's weights are there.
    swap : Out(1)
        Its first vector is being asked for.
    waiting : Out(1)
        A vector waits for its tile.

    Timing
    ------
    One vector per cycle, without a pause between tiles and between commands, but for one of 3
    cycles before a command that adds to rows from another one on than the command before it: these
    may be the rows whose sums are still on their way. A tile takes 4 cycles or more. ``swap`` and
    ``read.request.valid`` depend combinationally on ``full``.
    """

    command: stream.Interface
    stop: Value
    read: LocalReadInterface
    vectors: data.View
    full: Value
    swap: Value
    waiting: Value

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        tag = RowTag(config.accumulator_rows)
        super().__init__(
            {
                "command": In(stream.Signature(DESCRIPTOR_BITS)),
                "stop": In(1),
                "read": Out(LocalRead(config.scratchpad_words, 8 * config.rows)),
                "vectors": Out(Vector(config.rows, tag)),
                "full": In(1),
                "swap": Out(1),
                "waiting": Out(1),
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
        m.submodules.walk = walk = AddressGenerator(
            dimensions=6, width=ceil_log2(self.config.scratchpad_words)
        )
        active, issue, pause = Signal(), Signal(), Signal(range(_PAUSE + 1))
        first = Signal()  # the next vector is its tile's first
        last_vector, last = walk.last[:3].all(), walk.last.all()
        m.d.comb += [
            issue.eq(active & (~first | (self.full & (pause == 0)))),
            self.swap.eq(issue & first),
            self.waiting.eq(active & ~issue),
            walk.step.eq(issue),
            begin.eq(pending & (~active | (issue & last))),
            *walk.begin(
                begin,
                command.local,
                *((command[name], command[f"{name}_stride"]) for name in ("n0", "n1", "n2")),
                *((command[name], command[f"{name}_stride"]) for name in ("k0", "k1", "k2")),
            ),
        ]
        tag: Any = Signal(self.vectors.tag.shape())
        base, following = Signal.like(tag.row), Signal.like(tag.row)
        replace, offset = Signal(), Signal()
        m.d.comb += [
            tag.row.eq(Mux(first, base, following)),
            tag.replace.eq(replace),
            tag.last.eq(last),
        ]
        with m.If(issue):
            m.d.sync += [following.eq(tag.row + 1), first.eq(last_vector)]
            with m.If(last_vector):
                m.d.sync += [replace.eq(0), active.eq(~last)]
        with m.If(pause != 0):
            m.d.sync += pause.eq(pause - 1)
        if self.config.rows // 2 <= _PAUSE:  # packed tiles come sooner than sums can be added to
            with m.If(self.swap):
                m.d.sync += pause.eq(_PAUSE)
        with m.If(begin):
            with m.If(command.accumulate & (command.accumulator != base)):
                m.d.sync += pause.eq(_PAUSE)
            m.d.sync += [
                active.eq(1),
                first.eq(1),
                base.eq(command.accumulator),
                replace.eq(~command.accumulate),
                offset.eq(command.offset),
            ]
        with m.If(self.stop):
            m.d.sync += [pending.eq(0), active.eq(0)]

        # To the mesh, with the words read
        m.d.comb += [
            self.read.request.valid.eq(issue),
            self.read.request.payload.eq(walk.address),
            self.vectors.valid.eq(self.read.response.valid),
            self.vectors.swap.eq(delayed(m, self.swap, READ_LATENCY, "swap")),
            self.vectors.tag.eq(delayed(m, tag, READ_LATENCY, "tag")),
        ]
        flip = delayed(m, offset, READ_LATENCY, "offset")
        for r in range(self.config.rows):
            byte = self.read.response.data.word_select(r, 8)
            m.d.comb += self.vectors.activation[r].eq(byte ^ (flip << 7))
        return m
