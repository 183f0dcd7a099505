# SPDX-License-Identifier: MIT
"""Activations from the scratchpad to the mesh."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from ...config import NpuConfig
from ..descriptor import Descriptor
from ..isa import Opcode
from ..mesh import Mesh, Vector, Window
from ..scratchpad import LocalRead, LocalReadInterface
from .accumulator import RowTag
from .entry import Asked, VectorEntry
from .plan import Planned
from .turns import Turns
from .walks import Walks

__all__ = ["VectorFeed"]

_PAUSE = 3  # cycles until sums can be added to, beyond one


class VectorFeed(wiring.Component):
    """Read a command's activations for tile after tile, and say where the sums go.

    Parameters
    ----------
    config : NpuConfig
    mesh : Mesh
        If its data can slide, planned commands do.

    Members
    -------
    command : In(stream.Signature(Planned()))
        MATMUL or DEPTHWISE. One more is taken while one is carried out.
    stop : In(1)
        Forget them.
    read : Out(LocalRead(scratchpad_words, 8 * rows))
        Always ready.
    vectors : Out(Vector(rows, RowTag(accumulator_rows), sliding=mesh.sliding))
        To the mesh, ``READ_LATENCY`` cycles after their request.
    window : Out(Window(cols))
        If ``mesh.sliding``, the same.
    full : In(1), behind : In(1)
        The next tile's weights are asked for; its last ones are still to be taken.
    swap : Out(1)
        Its first vector is asked for in the next cycle, or the one after.
    waiting : Out(1)
        A vector waits for its tile.

    Timing
    ------
    One vector per cycle, without a pause between tiles and between commands, but for one of 3
    cycles before a command that adds to rows from another one on than the command before it: these
    may be the rows whose sums are still on their way. With edges, sums of data that slide may come
    behind the last word; that takes cycles if the next command cannot follow
    (:class:`~opsin.npu.array.turns.Turns`). A tile takes 4 cycles or more. ``swap``
    depends combinationally on ``full`` and ``behind``; ``read.request`` comes from registers, but
    for ``behind``.
    """

    command: stream.Interface
    stop: Value
    read: LocalReadInterface
    vectors: data.View
    window: Any
    full: Value
    behind: Value
    swap: Value
    waiting: Value

    def __init__(self, config: NpuConfig, mesh: Mesh) -> None:
        self.config = config
        self._mesh = mesh
        tag = RowTag(config.accumulator_rows)
        super().__init__(
            {
                "command": In(stream.Signature(Planned())),
                "stop": In(1),
                "read": Out(LocalRead(config.scratchpad_words, 8 * config.rows)),
                "vectors": Out(Vector(config.rows, tag, sliding=mesh.sliding)),
                **({"window": Out(Window(config.cols))} if mesh.sliding else {}),
                **dict.fromkeys(["full", "behind"], In(1)),
                "swap": Out(1),
                "waiting": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.walks = walks = Walks(self.config, sliding=self._mesh.sliding)
        m.submodules.entry = entry = VectorEntry(self.config, self._mesh)

        m.submodules.turns = turns = Turns()
        connect(m, flipped(self.command), turns.command)
        command: Any = Descriptor(Opcode.DEPTHWISE)(turns.next.raw)
        active, issue, pause = Signal(), Signal(), Signal(range(_PAUSE + 1))
        held = Signal()  # the one before
        first = Signal()  # the next vector is its tile's first
        m.d.comb += [
            issue.eq(active & ~held & (~first | (self.full & (pause == 0)))),
            self.swap.eq(issue & first),
            self.waiting.eq(active & ~issue),
            turns.stop.eq(self.stop),
            turns.free.eq(~active | (issue & walks.last)),
            turns.read.eq(issue & ~first & walks.read),
            turns.loaded.eq(self.full & ~self.behind & ~self.swap),
            turns.settling.eq(entry.busy),
            walks.command.eq(turns.next),
            walks.enter.eq(turns.enter),
            walks.start.eq(turns.start),
            walks.step.eq(issue),
            entry.start.eq(turns.change),
            entry.line.eq(turns.next.line),
        ]
        tag: Any = Signal(self.vectors.tag.shape())
        base, following = Signal.like(tag.row), Signal.like(tag.row)
        replace, offset, padding = Signal(), Signal(), Signal(8)
        m.d.comb += [
            tag.row.eq(Mux(first, base, following)),
            tag.replace.eq(replace),
            tag.last.eq(walks.last),
        ]
        with m.If(issue):
            m.d.sync += [following.eq(tag.row + walks.sums), first.eq(walks.last_of_tile)]
            with m.If(walks.last_of_tile):
                m.d.sync += [replace.eq(0), active.eq(~walks.last)]
        with m.If((pause != 0) & ~held):
            m.d.sync += pause.eq(pause - 1)
        if self.config.rows // 2 <= _PAUSE:  # packed tiles come sooner than sums can be added to
            with m.If(self.swap):
                m.d.sync += pause.eq(_PAUSE)
        with m.If(turns.enter):
            m.d.sync += offset.eq(command.offset)
        with m.If(turns.start):
            with m.If(command.accumulate & (turns.slide | (command.accumulator != base))):
                m.d.sync += pause.eq(_PAUSE)
            m.d.sync += [
                active.eq(1),
                first.eq(1),
                base.eq(command.accumulator),
                replace.eq(~command.accumulate),
                padding.eq(command.padding ^ (command.offset << 7)),
            ]
        with m.If(self.stop):
            m.d.sync += active.eq(0)

        # To the scratchpad; a tile's first vector not before its last weights, nor with them
        asked, reads = Signal(), Signal()
        now: Any = Signal(Asked(tag.shape()), reset_less=True)
        request = self.read.request
        m.d.comb += [
            held.eq(asked & now.swap & self.behind),
            request.valid.eq(reads & ~held),
            entry.valid.eq(asked & ~held),
            entry.asked.eq(now),
            entry.word.eq(self.read.response.data),
            self.vectors.eq(entry.vectors),
            self.window.eq(entry.window) if self._mesh.sliding else [],
        ]
        with m.If(~held):
            m.d.sync += [
                asked.eq(issue),
                reads.eq(issue & walks.word),
                request.payload.eq(walks.address),
                now.tag.eq(tag),
                now.swap.eq(self.swap),
                now.sums.eq(walks.sums),
                now.column.eq(turns.slide),
                now.padded.eq(walks.padded),
                now.edge.eq(walks.edge),
                now.offset.eq(offset),
                now.padding.eq(padding),
            ]
        with m.If(self.stop):
            m.d.sync += [asked.eq(0), reads.eq(0)]
        return m
