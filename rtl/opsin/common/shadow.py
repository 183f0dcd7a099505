# SPDX-License-Identifier: MIT
"""Settings that change only between frames."""

from typing import Any

from amaranth import Module, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Shadow"]


class Shadow(wiring.Component):
    """A register that follows its input only when told to.

    A block strobes ``take`` as it accepts a frame's first beat and computes with ``o`` from its
    second pipeline stage on: that stage sees the first beat and the new settings together, while
    later stages finish the frame before with what the second stage has already done.

    Parameters
    ----------
    shape : ShapeLike
        What is held.

    Members
    -------
    i : In(shape)
        The value to come.
    take : In(1)
        Sample ``i`` at the end of this cycle.
    o : Out(shape)
        The value in use, 0 after reset.

    Timing
    ------
    Latency 1 cycle. ``o`` comes from registers.
    """

    i: Any
    take: Value
    o: Any

    def __init__(self, shape: ShapeLike) -> None:
        super().__init__({"i": In(shape), "take": In(1), "o": Out(shape)})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        with m.If(self.take):
            m.d.sync += self.o.eq(self.i)

        return m
