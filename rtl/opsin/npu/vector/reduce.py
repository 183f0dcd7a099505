# SPDX-License-Identifier: MIT
"""Words joined before they are scaled."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...config import NpuConfig
from ..binary32 import register
from .ask import Answer
from .carry import carried
from .commands import Kind

__all__ = ["Reduce", "Row"]


class Row(data.StructLayout):
    """Integers to be scaled; ``end`` of a command.

    If ``two``, each is two of 16 bits, to be scaled each by its own scale and added.
    """

    def __init__(self, cols: int) -> None:
        super().__init__({"value": data.ArrayLayout(32, cols), "two": 1, "end": 1})


class Reduce(wiring.Component):
    """Sum or maximum of a window's words, or the operands of an ADD side by side.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    i : In(Answer(config))
    o : Out(stream.Signature(Row(cols)))
        It must be ready always.

    Timing
    ------
    Latency 2 cycles, one word per cycle.
    """

    i: data.View
    o: stream.Interface

    def __init__(self, config: NpuConfig) -> None:
        self.cols = config.cols
        super().__init__({"i": In(Answer(config)), "o": Out(stream.Signature(Row(config.cols)))})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # What is done comes from registers, as many bits wait for it.
        tag, kind = self.i.tag, self.i.tag.kind
        valid = Signal()
        m.d.sync += valid.eq(self.i.valid)
        first = register(m, tag.first, "first")
        second = register(m, ~tag.first & (kind == Kind.ADD), "second")
        summing = register(m, ~tag.first & (kind == Kind.MEAN), "summing")
        last = register(m, tag.last, "last")
        for c in range(self.cols):
            value = Signal(32, name=f"value_{c}", reset_less=True)
            byte = self.i.word.word_select(c, 8).as_signed()
            m.d.sync += value.eq(Mux(tag.sums, self.i.row[c], byte - tag.zero))
            total = Signal(32, name=f"total_{c}", reset_less=True)
            larger = value[:9].as_signed() > total[:9].as_signed()
            with m.If(valid):
                with m.If(first):
                    m.d.sync += total.eq(value)
                with m.Elif(second):
                    m.d.sync += total.eq(Cat(total[:16], value[:16]))
                with m.Elif(summing):
                    m.d.sync += total.eq(total + value)
                with m.Elif(larger):
                    m.d.sync += total.eq(value)
            m.d.comb += self.o.p.value[c].eq(total)
        m.d.sync += self.o.valid.eq(valid & last)
        m.d.comb += [
            self.o.p.two.eq(register(m, second, "two")),
            self.o.p.end.eq(carried(m, tag.end, 2, "end")),
        ]
        return m
