# SPDX-License-Identifier: MIT
"""Addresses of nested loops."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, ValueLike, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["AddressGenerator", "Loop"]


class Loop(data.StructLayout):
    """``count`` iterations (at least one), ``stride`` words apart."""

    def __init__(self, width: int) -> None:
        super().__init__({"count": unsigned(16), "stride": signed(width)})


class AddressGenerator(wiring.Component):
    """Step through ``base + Σ index[d] * loops[d].stride``, loop 0 fastest.

    Every loop remembers the address its present iteration began at, so that a step is a single
    addition and nothing is multiplied. Addresses wrap modulo ``2**width``.

    Parameters
    ----------
    dimensions : int
        Loops.
    width : int
        Bits of an address.

    Members
    -------
    start : In(1)
        Take ``base`` and ``loops``; ``address`` is the first one from the next cycle on.
    base : In(unsigned(width))
    loops : In(ArrayLayout(Loop(width), dimensions))
    step : In(1)
        Move on to the next address.
    address : Out(unsigned(width))
    last : Out(dimensions)
        Bit d: loop d is at its last iteration. All set: at the last address.
    first : Out(dimensions)
        Bit d: loop d is at its first iteration.

    Timing
    ------
    One address per cycle; no combinational path.
    """

    start: Value
    base: Value
    loops: data.View
    step: Value
    address: Value
    last: Value
    first: Value

    def __init__(self, *, dimensions: int, width: int) -> None:
        self.dimensions = dimensions
        self.width = width
        super().__init__(
            {
                "start": In(1),
                "base": In(width),
                "loops": In(data.ArrayLayout(Loop(width), dimensions)),
                "step": In(1),
                "address": Out(width),
                "last": Out(dimensions),
                "first": Out(dimensions),
            }
        )

    def begin(self, start: Value, base: Value, *loops: tuple[ValueLike, ValueLike]) -> list[Any]:
        """Return the assignments of ``start``, ``base`` and (count, stride) of every loop."""
        drive = [self.start.eq(start), self.base.eq(base)]
        for loop, (count, stride) in zip(self.loops, loops, strict=True):
            drive += [loop.count.eq(count), loop.stride.eq(stride)]
        return drive

    def elaborate(self, platform: object) -> Module:
        m = Module()

        count = [Signal(16, name=f"count_{d}") for d in range(self.dimensions)]
        stride = [Signal(self.width, name=f"stride_{d}") for d in range(self.dimensions)]
        left = [Signal(16, name=f"left_{d}") for d in range(self.dimensions)]
        last = [Signal(name=f"last_{d}") for d in range(self.dimensions)]
        begin = [Signal(self.width, name=f"begin_{d}") for d in range(self.dimensions)]
        m.d.comb += [self.address.eq(begin[0]), self.last.eq(Cat(last))]

        # The loop to advance is the innermost one not at its end; those inside it start again.
        advancing: Value = begin[-1]
        stride_of: Value = stride[-1]
        for d in reversed(range(self.dimensions - 1)):
            advancing = Mux(last[d], advancing, begin[d])
            stride_of = Mux(last[d], stride_of, stride[d])
        following = Signal(self.width)
        m.d.comb += following.eq(advancing + stride_of)

        inside = self.step  # every loop inside d is at its end
        for d in range(self.dimensions):
            with m.If(inside):
                m.d.sync += [
                    begin[d].eq(following),
                    self.first[d].eq(last[d]),
                    left[d].eq(Mux(last[d], count[d], left[d] - 1)),
                    last[d].eq(Mux(last[d], count[d] == 1, left[d] == 2)),
                ]
            inside = inside & last[d]
        with m.If(self.start):
            for d in range(self.dimensions):
                m.d.sync += [
                    count[d].eq(self.loops[d].count),
                    stride[d].eq(self.loops[d].stride),
                    left[d].eq(self.loops[d].count),
                    last[d].eq(self.loops[d].count == 1),
                    begin[d].eq(self.base),
                    self.first[d].eq(1),
                ]

        return m
