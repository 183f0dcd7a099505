# SPDX-License-Identifier: MIT
"""What a descriptor's words tell by themselves, while they pass."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from ..isa import FIELDS, UNITS, Opcode, Unit
from .edges import Edges
from .fields import counts, loop_choices
from .item import Word

__all__ = ["Look"]

_FENCE = FIELDS[Opcode.LOAD]["fence"].lsb
_PACKED = FIELDS[Opcode.MATMUL]["packed"].lsb


class Look(wiring.Component):
    """Look at words 15, 0, 1 … 14 of a descriptor, in this order, one in each cycle.

    Parameters
    ----------
    row_bytes : int
        Bytes of a local word, a power of two.

    Members
    -------
    word : In(Word())
    select : Out(ArrayLayout(3, 2))
        Numbers that loops add to this word.
    opcode : Out(4), unit : Out(Unit), known : Out(1), fence : Out(1)
        The descriptor's; ``known``: there is such an opcode.
    loop, halt : Out(1)
        It is one.
    count, length : Out(16)
        Of a LOOP.
    empty : Out(1)
        A count is zero, or not what edges need.
    other : Out(1)
        A LOAD that reads nothing, a MATMUL with packed weights, or a DEPTHWISE with edges.
    more_words : Out(32), more_rows : Out(32)
        Of a copy: local words of a row, and local rows, but one. Of a DEPTHWISE with edges: ``k0``
        and ``k1`` of :class:`~opsin.npu.dispatch.edges.Edges`.

    Timing
    ------
    ``select`` is combinational; the others follow the last word by one cycle, ``opcode``,
    ``unit``, ``loop`` and ``halt`` word 0.
    """

    word: data.View
    select: data.View
    opcode: Value
    unit: Any
    known: Value
    fence: Value
    loop: Value
    halt: Value
    count: Value
    length: Value
    empty: Value
    other: Value
    more_words: Value
    more_rows: Value

    def __init__(self, *, row_bytes: int) -> None:
        self.row_bytes = row_bytes
        super().__init__(
            {
                "word": In(Word()),
                "select": Out(data.ArrayLayout(3, 2)),
                "opcode": Out(4),
                "unit": Out(Unit),
                "known": Out(1),
                "fence": Out(1),
                "loop": Out(1),
                "halt": Out(1),
                "count": Out(16),
                "length": Out(16),
                "empty": Out(1),
                "other": Out(1),
                "more_words": Out(32),
                "more_rows": Out(32),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        index, value = self.word.index, self.word.data
        low, high = value[:16], value[16:]

        choices = Signal(18)  # word 15
        zeros = Signal(2)  # halves of this word that must not be, and are
        m.d.comb += [
            self.loop.eq(self.opcode == Opcode.LOOP.value),
            self.halt.eq(self.opcode == Opcode.HALT.value),
        ]
        with m.Switch(Cat(self.opcode, index)):
            for opcode in Opcode:
                for word, (of_low, of_high) in counts(opcode).items():
                    with m.Case(word << 4 | opcode.value):
                        m.d.comb += zeros.eq(
                            Cat((low == 0) & int(of_low), (high == 0) & int(of_high))
                        )
        with m.Switch(Cat(self.opcode, index)):
            for opcode in UNITS:
                for word, lsb in loop_choices(opcode).items():
                    with m.Case(word << 4 | opcode.value):
                        m.d.comb += self.select.as_value().eq(choices[lsb : lsb + 6])
        with m.Switch(self.opcode):
            for opcode, unit in UNITS.items():
                with m.Case(opcode.value):
                    m.d.comb += self.unit.eq(unit)

        load = self.opcode == Opcode.LOAD.value
        row_bytes = Signal(18)  # with those before and after
        rows = Signal(17)
        no_rows, packed = Signal(), Signal()
        shift = exact_log2(self.row_bytes)
        m.submodules.edges = edges = Edges()
        depthwise = self.opcode == Opcode.DEPTHWISE.value
        edged = depthwise & edges.there
        m.d.comb += [
            edges.word.eq(self.word),
            self.more_words.eq(Mux(depthwise, edges.k0, (row_bytes - 1)[:18] >> shift)),
            self.more_rows.eq(Mux(depthwise, edges.k1, (rows - 1)[:17])),
            self.other.eq(
                (load & no_rows) | ((self.opcode == Opcode.MATMUL.value) & packed) | edged
            ),
        ]

        with m.If(self.word.valid):
            with m.Switch(index):
                with m.Case(15):
                    m.d.sync += choices.eq(value)
                with m.Case(0):
                    known = (value[:8] >= min(o.value for o in Opcode)) & (
                        value[:8] <= max(o.value for o in Opcode)
                    )
                    m.d.sync += [
                        self.opcode.eq(value[:4]),
                        self.known.eq(known),
                        self.fence.eq(value[_FENCE]),
                        packed.eq(value[_PACKED]),
                    ]
                with m.Case(1):
                    m.d.sync += Cat(self.count, self.length).eq(value)
                with m.Case(3):
                    m.d.sync += [row_bytes.eq(low), rows.eq(high), no_rows.eq(high == 0)]
                with m.Case(8), m.If(load):
                    m.d.sync += row_bytes.eq(row_bytes + low + high)
                with m.Case(9), m.If(load):
                    m.d.sync += rows.eq(rows + value[:8] + value[8:16])
            with m.If(index == 15):
                m.d.sync += self.empty.eq(0)
            with m.Elif((zeros != 0) & (index != 0)):
                m.d.sync += self.empty.eq(1)
            with m.Elif((index == 14) & ((load & (rows == 0)) | (edged & ~edges.fit))):
                m.d.sync += self.empty.eq(1)

        return m
