# SPDX-License-Identifier: MIT
"""Activations from the scratchpad to the mesh."""

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
from ..mesh import Mesh, Vector, Window
from ..scratchpad import READ_LATENCY, LocalRead, LocalReadInterface
from .accumulator import RowTag
from .plan import Planned
from .slide import LineWindow, SlideWalk

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
    may be the rows whose sums are still on their way. A tile takes 4 cycles or more. ``swap``
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

        # The next command
        pending = Signal()
        command: Any = Signal(Descriptor(Opcode.MATMUL), reset_less=True)
        plan: Any = Signal(Planned(), reset_less=True)
        begin, slide, settling = Signal(), Signal(), Signal()
        m.d.comb += self.command.ready.eq(~pending)
        with m.If(self.command.valid & self.command.ready):
            m.d.sync += [
                pending.eq(1),
                Value.cast(command).eq(self.command.p.raw),
                plan.eq(self.command.p),
            ]
        with m.Elif(begin):
            m.d.sync += pending.eq(0)

        # The present one
        m.submodules.walk = walk = AddressGenerator(
            dimensions=6, width=ceil_log2(self.config.scratchpad_words)
        )
        m.submodules.slides = slides = SlideWalk()
        active, issue, pause = Signal(), Signal(), Signal(range(_PAUSE + 1))
        held = Signal()  # the one before
        first = Signal()  # the next vector is its tile's first
        last_vector = Mux(slide, slides.last, walk.last[:3].all())
        last = Mux(slide, slides.last, walk.last.all())
        makes_sums = ~slide | slides.complete
        m.d.comb += [
            issue.eq(active & ~held & (~first | (self.full & (pause == 0)))),
            self.swap.eq(issue & first),
            self.waiting.eq(active & ~issue),
            walk.step.eq(issue),
            begin.eq(pending & (~active | (issue & last)) & ~(plan.slide & settling)),
            slides.start.eq(begin),
            slides.step.eq(issue),
            slides.line.eq(plan.line),
            slides.double.eq(plan.double),
            slides.across.eq(command.n0),
            slides.down.eq(command.n1),
            *walk.begin(begin, command.local, *self._loops(command, plan)),
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
            m.d.sync += [following.eq(tag.row + makes_sums), first.eq(last_vector)]
            with m.If(last_vector):
                m.d.sync += [replace.eq(0), active.eq(~last)]
        with m.If((pause != 0) & ~held):
            m.d.sync += pause.eq(pause - 1)
        if self.config.rows // 2 <= _PAUSE:  # packed tiles come sooner than sums can be added to
            with m.If(self.swap):
                m.d.sync += pause.eq(_PAUSE)
        with m.If(begin):
            with m.If(command.accumulate & (slide | (command.accumulator != base))):
                m.d.sync += pause.eq(_PAUSE)
            m.d.sync += [
                active.eq(1),
                first.eq(1),
                base.eq(command.accumulator),
                replace.eq(~command.accumulate),
                offset.eq(command.offset),
                slide.eq(plan.slide),
            ]
        with m.If(self.stop):
            m.d.sync += [pending.eq(0), active.eq(0)]

        # To the scratchpad; a tile's first vector not before its last weights, nor with them
        asked = Signal()
        now: Any = Signal(
            data.StructLayout(
                {"tag": tag.shape(), **dict.fromkeys(["swap", "sums", "column", "offset"], 1)}
            ),
            reset_less=True,
        )
        request = self.read.request
        m.d.comb += [held.eq(asked & now.swap & self.behind), request.valid.eq(asked & ~held)]
        with m.If(~held):
            m.d.sync += [
                asked.eq(issue),
                request.payload.eq(walk.address),
                now.tag.eq(tag),
                now.swap.eq(self.swap),
                now.sums.eq(makes_sums),
                now.column.eq(slide),
                now.offset.eq(offset),
            ]
        with m.If(self.stop):
            m.d.sync += asked.eq(0)

        # To the mesh, with the words read
        taken = delayed(m, request.valid, READ_LATENCY, "taken")
        then: Any = delayed(m, now, READ_LATENCY, "then")
        flip, column = then.offset, taken & then.column
        m.d.comb += [
            self.vectors.valid.eq(taken & then.sums),
            self.vectors.swap.eq(taken & then.swap),
            self.vectors.tag.eq(then.tag),
        ]
        word = Signal(8 * self.config.rows)
        for r in range(self.config.rows):
            byte = self.read.response.data.word_select(r, 8) ^ (flip << 7)
            m.d.comb += [
                word.word_select(r, 8).eq(byte),
                self.vectors.activation[r].eq(Mux(column, 0, byte)),
            ]
        if self._mesh.sliding:
            m.submodules.window = window = LineWindow(self._mesh)
            m.d.comb += [
                self.vectors.column.eq(column),
                window.word.eq(word),
                self.window.eq(window.window),
                window.start.eq(begin & plan.slide),
                window.line.eq(plan.line),
                settling.eq(window.busy),
            ]
        return m

    def _loops(self, command: Any, plan: Any) -> list[tuple[Any, Any]]:
        """Return the loops over words: a command's own, or lines without an end."""
        names = ("n0", "n1", "n2", "k0", "k1", "k2")
        own = [(command[name], command[f"{name}_stride"]) for name in names]
        if not self._mesh.sliding:
            return own
        lines = [(plan.line, Const(1, 2)), (Const(0xFFFF, 16), command.k1_stride)]
        lines += [(Const(1, 1), Const(0, 1))] * 4
        return [
            (Mux(plan.slide, count, n), Mux(plan.slide, stride, by))
            for (count, stride), (n, by) in zip(lines, own, strict=True)
        ]
