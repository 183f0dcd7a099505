# SPDX-License-Identifier: MIT
"""Colours and luma in as few bits as they have, for line memories."""

from collections.abc import Mapping
from typing import Any

from amaranth import Cat, Module, Value, unsigned
from amaranth.lib import data

from ..common.column_window import Column
from ..common.flow import delayed
from ..common.video import Rgb
from .base_layer import Layered
from .point import PointBlock

__all__ = ["LumaColumn", "Split", "SplitLuma", "WholeColor"]

ROWS = 3


class Split(data.StructLayout):
    """A pixel of which luma stands for green.

    Of ``r + 2 * g + b + 2``, ``base`` is without the lowest two bits, ``rest`` the upper one of
    them; the other is that of ``r + b``.
    """

    SPANS: Mapping[str, int] = {"base": ROWS, "r": 1, "b": 1, "rest": 1}

    def __init__(self, depth: int) -> None:
        sample = unsigned(depth)
        super().__init__({"base": sample, "r": sample, "b": sample, "rest": unsigned(1)})


class LumaColumn(data.StructLayout):
    """A pixel, and luma above and below it."""

    def __init__(self, depth: int) -> None:
        beside = data.ArrayLayout(unsigned(depth), ROWS - 1)
        super().__init__({"pixel": Layered(depth), "beside": beside})


class SplitLuma(PointBlock):
    """``base = (r + 2 * g + b + 2) >> 2``, and what else it takes to get green back.

    Parameters
    ----------
    depth : int
        Bits per sample.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(FlowSignature(Rgb(depth), ppc=ppc))
    o : Out(FlowSignature(Split(depth), ppc=ppc))

    Timing
    ------
    Latency 3 cycles, throughput 1 beat/cycle.
    """

    def __init__(self, *, depth: int, ppc: int) -> None:
        super().__init__(Rgb(depth), Split(depth), latency=3, ppc=ppc, settings={})

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):
            pixel, out = self.i.p.pixel[index], self.o.p.pixel[index]
            outer = delayed(m, pixel.r + pixel.b, 1, f"outer_{index}")
            green = delayed(m, pixel.g, 1, f"green_{index}")
            total = delayed(m, outer + (green << 1), 1, f"total_{index}") + 2
            m.d.sync += Cat(out.rest, out.base).eq(total[1:])
            for name in ("r", "b"):
                m.d.sync += out[name].eq(delayed(m, pixel[name], 2, f"{name}_{index}"))


class WholeColor(PointBlock):
    """Give pixels of a column of :class:`Split` their green back.

    Parameters
    ----------
    depth : int
        Bits per sample.
    ppc : int
        Pixels per beat.

    Members
    -------
    i : In(FlowSignature(Column(Split(depth), Split.SPANS), ppc=ppc))
    o : Out(FlowSignature(LumaColumn(depth), ppc=ppc))

    Timing
    ------
    Latency 2 cycles, throughput 1 beat/cycle.
    """

    def __init__(self, *, depth: int, ppc: int) -> None:
        self.depth = depth
        column = Column(Split(depth), Split.SPANS)
        super().__init__(column, LumaColumn(depth), latency=2, ppc=ppc, settings={})

    def compute(self, m: Module) -> None:
        for index in range(self.ppc):

            def register(value: Any, name: str, index: int = index) -> Value:
                return Value.cast(delayed(m, Value.cast(value), 1, f"{name}_{index}"))

            column, out = self.i.p.pixel[index], self.o.p.pixel[index]
            base = column.base[ROWS // 2]
            half = register((column.r[0] + column.b[0])[1:], "half")
            green = register(Cat(column.rest[0], base), "green") - half - 1
            m.d.sync += [
                out.pixel.rgb.r.eq(register(column.r[0], "r")),
                out.pixel.rgb.g.eq(green[: self.depth]),
                out.pixel.rgb.b.eq(register(column.b[0], "b")),
                out.pixel.base.eq(register(base, "base")),
                Value.cast(out.beside).eq(register(Cat(column.base[0], column.base[2]), "beside")),
            ]
