# SPDX-License-Identifier: MIT
"""Which words and rows a command reads."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...config import NpuConfig
from ..address import AddressGenerator
from .commands import Kind, Source, address_width

__all__ = ["Question", "Tag", "Walk"]


class Tag(data.StructLayout):
    """What becomes of a word: from it ``zero`` is taken, then it is joined with those before.

    ``first`` and ``last`` of those that make one word, which is the command's last at ``end``.
    Instead of a word it may be a row of ``sums``.
    """

    def __init__(self) -> None:
        bits = dict.fromkeys(["first", "last", "end", "sums"], 1)
        super().__init__({"kind": Kind, **bits, "zero": signed(8)})


class Question(data.StructLayout):
    """``address`` of a word, or of a row of the accumulator."""

    def __init__(self, config: NpuConfig) -> None:
        super().__init__({"address": address_width(config), "tag": Tag()})


class Walk(wiring.Component):
    """Go through a command's loops.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    command : In(stream.Signature(Source(config)))
    o : Out(stream.Signature(Question(config)))

    Timing
    ------
    The first question 1 cycle after the command; one per cycle, also across commands.
    ``command.ready`` depends combinationally on ``o.ready``.
    """

    command: stream.Interface
    o: stream.Interface

    def __init__(self, config: NpuConfig) -> None:
        self.width = address_width(config)
        super().__init__(
            {
                "command": In(stream.Signature(Source(config))),
                "o": Out(stream.Signature(Question(config))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        m.submodules.sources = sources = AddressGenerator(dimensions=4, width=self.width)
        m.submodules.operands = operands = AddressGenerator(dimensions=2, width=self.width)
        active, second, fresh = Signal(), Signal(), Signal()
        kind = Signal(Kind, reset_less=True)
        zeros = Signal(data.ArrayLayout(signed(8), 2), reset_less=True)

        command, tag = self.command.p, self.o.p.tag
        step, begin, word_done, last = Signal(), Signal(), Signal(), Signal()
        two = kind == Kind.ADD
        m.d.comb += [
            step.eq(self.o.valid & self.o.ready),
            word_done.eq(~two | second),
            sources.step.eq(step & word_done),
            operands.step.eq(step & second),
            tag.kind.eq(kind),
            tag.sums.eq(kind == Kind.REQUANTIZE),
            tag.first.eq(fresh),
            tag.last.eq(sources.last[:2].all() & word_done),
            tag.end.eq(sources.last.all() & word_done),
            tag.zero.eq(Mux(second, zeros[1], zeros[0])),
            last.eq(step & tag.end),
            self.o.valid.eq(active),
            self.o.p.address.eq(Mux(second, operands.address, sources.address)),
            begin.eq(self.command.valid & (~active | last)),
            self.command.ready.eq(~active | last),
            *sources.begin(
                begin,
                command.source,
                *((command[n], command[f"{n}_stride"]) for n in ("k0", "k1", "n0", "n1")),
            ),
            *operands.begin(
                begin,
                command.operand,
                *((command[n], command[f"operand_{n}_stride"]) for n in ("n0", "n1")),
            ),
        ]
        with m.If(step):
            m.d.sync += [second.eq(two & ~second), fresh.eq(tag.last)]
        with m.If(last):
            m.d.sync += active.eq(0)
        with m.If(begin):
            m.d.sync += [
                active.eq(1),
                fresh.eq(1),
                kind.eq(command.kind),
                zeros[0].eq(command.source_zero),
                zeros[1].eq(command.operand_zero),
            ]
        return m
