# SPDX-License-Identifier: MIT
"""Settings that change only between frames."""

from typing import Any

from amaranth import Module, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .lone_register import lone_register

__all__ = ["Shadow"]

_SHARE = 64  # bits that one register lets change


class Shadow(wiring.Component):
    """A register that follows its input only when told to.

    A block strobes ``take`` as it accepts a frame's first beat and computes with ``o`` from its
    second pipeline stage on: that stage sees the first beat and the new settings together, while
    later stages finish the frame before with what the second stage has already done.

    Parameters
    ----------
    shape : ShapeLike
        What is held.
    wide : bool
        Of hundreds of bits, in every part of a chip: ``take`` goes to a register for each 64 of
        them, and so counts a cycle later.

    Members
    -------
    i : In(shape)
        The value to come.
    take : In(1)
        Sample ``i`` at the end of this cycle; ``wide``: of the next one.
    o : Out(shape)
        The value in use, 0 after reset.

    Timing
    ------
    Latency 1 cycle from ``i``. ``o`` comes from registers.
    """

    i: Any
    take: Value
    o: Any

    def __init__(self, shape: ShapeLike, *, wide: bool = False) -> None:
        self._wide = wide
        super().__init__({"i": In(shape), "take": In(1), "o": Out(shape)})

    def elaborate(self, platform: object) -> Module:
        m = Module()

        come, held = Value.cast(self.i), Value.cast(self.o)
        if not self._wide:
            with m.If(self.take):
                m.d.sync += held.eq(come)
            return m

        for low in range(0, len(held), _SHARE):
            take = lone_register(m, platform, self.take, name=f"take_{low}")
            with m.If(take):
                m.d.sync += held[low : low + _SHARE].eq(come[low : low + _SHARE])

        return m
