# SPDX-License-Identifier: MIT
"""What a DEPTHWISE's edges mean for its check."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..isa import FIELDS, Opcode
from .item import Word

__all__ = ["Edges"]

_FIELDS = FIELDS[Opcode.DEPTHWISE]
_NEEDED = {"k0": 3, "k1": 3, "k2": 1, "n2": 1}


class Edges(wiring.Component):
    """Look at the words of a descriptor as at those of a DEPTHWISE.

    Members
    -------
    word : In(Word())
        Words 4 … 10, at least.
    there : Out(1)
        There are edges.
    fit : Out(1)
        Counts are such that there may be.
    k0, k1 : Out(32)
        In the lower half how many more than one are left of the kernel; in the upper half how many
        are missing before these.

    Timing
    ------
    From registers, a cycle after word 10.
    """

    word: data.View
    there: Value
    fit: Value
    k0: Value
    k1: Value

    def __init__(self) -> None:
        outputs = {"there": 1, "fit": 1, "k0": 32, "k1": 32}
        super().__init__(
            {"word": In(Word())} | {name: Out(width) for name, width in outputs.items()}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        edges = Signal(4)
        fits: Any = Signal(len(_NEEDED))
        for n, (name, needed) in enumerate(_NEEDED.items()):
            field = _FIELDS[name]
            with m.If(self.word.valid & (self.word.index == field.word)):
                own = self.word.data[field.lsb : field.lsb + field.width]
                m.d.sync += fits[n].eq(own == needed)
        with m.If(self.word.valid & (self.word.index == _FIELDS["edges"].word)):
            m.d.sync += edges.eq(self.word.data[_FIELDS["edges"].lsb :])
        m.d.comb += [self.there.eq(edges != 0), self.fit.eq(fits.all())]
        for side, k in ((0, self.k0), (2, self.k1)):
            before, behind = edges[side], edges[side + 1]
            more = Cat(before ^ behind, ~(before | behind))  # 2 - before - behind
            m.d.comb += k.eq(Cat(more, Const(0, 14), before))

        return m
