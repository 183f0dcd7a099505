# SPDX-License-Identifier: MIT
"""Which words a command reads, and which of its vectors make sums."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from ...config import NpuConfig
from ..address import AddressGenerator
from ..descriptor import Descriptor
from ..isa import Opcode
from ..mesh import Edge
from .line_count import LineCount
from .plan import Planned
from .slide_walk import SlideWalk

__all__ = ["Walks"]

_LOOPS = ("n0", "n1", "n2", "k0", "k1", "k2")


class Walks(wiring.Component):
    """Step through a command's vectors.

    If data slide, vectors may go on when all words have been read; words of the next command may
    be read meanwhile.

    Parameters
    ----------
    config : NpuConfig
    sliding : bool
        Commands may slide.

    Members
    -------
    command : In(Planned())
        The next one.
    enter : In(1), start : In(1)
        The next words, the next sums are that command's; ``start`` with ``enter`` or after it.
    step : In(1)
        Move on to the next vector.
    address : Out(range(scratchpad_words)), word : Out(1)
        This vector's word; there is one.
    read : Out(1)
        With this vector all words have been read, and those of another command may be.
    sums : Out(1)
        This vector makes sums.
    last_of_tile : Out(1), last : Out(1)
        The tile's last vector, and the command's.
    padded : Out(1)
        Padding takes the word's place.
    edge : Out(Edge())
        The same of data that slide.

    Timing
    ------
    A vector per cycle; no combinational path.
    """

    command: Any
    enter: Value
    start: Value
    step: Value
    address: Value
    word: Value
    read: Value
    sums: Value
    last_of_tile: Value
    last: Value
    padded: Value
    edge: Any

    def __init__(self, config: NpuConfig, *, sliding: bool) -> None:
        self.config = config
        self.sliding = sliding
        names = "word", "read", "sums", "last_of_tile", "last", "padded"
        super().__init__(
            {
                "command": In(Planned()),
                **dict.fromkeys(["enter", "start", "step"], In(1)),
                "address": Out(range(config.scratchpad_words)),
                **dict.fromkeys(names, Out(1)),
                "edge": Out(Edge()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.walk = walk = AddressGenerator(
            dimensions=len(_LOOPS), width=ceil_log2(self.config.scratchpad_words)
        )
        m.submodules.lines = lines = LineCount()
        m.submodules.slides = slides = SlideWalk()
        plan = self.command
        command: Any = Descriptor(Opcode.DEPTHWISE)(plan.raw)
        slide, edges = Signal(), Signal(4)
        depthwise = command.opcode == Opcode.DEPTHWISE.value
        with m.If(self.start):
            m.d.sync += [slide.eq(plan.slide), edges.eq(Mux(depthwise, command.edges, 0))]
        last_word = Mux(slide, lines.last, walk.last.all())
        with m.If(self.enter):
            m.d.sync += self.word.eq(1)
        with m.Elif(self.step & last_word):
            m.d.sync += self.word.eq(0)
        first, end = walk.first, walk.last
        sides = Cat(first[0] & first[3], end[0] & end[3], first[1] & first[4], end[1] & end[4])
        m.d.comb += [
            *walk.begin(self.enter, Mux(plan.slide, plan.start, command.local), *self._loops()),
            walk.step.eq(self.step & self.word),
            lines.start.eq(self.enter),
            lines.line.eq(plan.line),
            lines.lines.eq(plan.lines),
            lines.tail.eq(plan.tail),
            lines.step.eq(self.step & self.word),
            slides.enter.eq(self.enter),
            slides.start.eq(self.start),
            slides.line.eq(plan.line),
            slides.double.eq(plan.double),
            slides.across.eq(command.n0),
            slides.down.eq(command.n1),
            slides.edge.eq(command.edges),
            slides.step.eq(self.step),
            self.address.eq(walk.address),
            self.read.eq((~self.word | last_word) & slides.primed),
            self.sums.eq(~slide | slides.complete),
            self.last_of_tile.eq(Mux(slide, slides.last, end[:3].all())),
            self.last.eq(Mux(slide, slides.last, end.all())),
            self.padded.eq(~slide & (edges & sides).any()),
            self.edge.eq(slides.sides),
        ]
        return m

    def _loops(self) -> list[tuple[Any, Any]]:
        """Return the loops over words: a command's own, or lines without an end."""
        plan = self.command
        command: Any = Descriptor(Opcode.DEPTHWISE)(plan.raw)
        own = [(command[name], command[f"{name}_stride"]) for name in _LOOPS]
        if not self.sliding:
            return own
        lines = [(plan.line, Const(1, 2)), (Const(0xFFFF, 16), command.k1_stride)]
        lines += [(Const(1, 1), Const(0, 1))] * 4
        return [
            (Mux(plan.slide, count, n), Mux(plan.slide, stride, by))
            for (count, stride), (n, by) in zip(lines, own, strict=True)
        ]
