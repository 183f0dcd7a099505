# SPDX-License-Identifier: MIT
"""The design's clock and reset."""

from math import ceil
from typing import Any

from amaranth import ClockSignal, Elaboratable, Module, Signal, Value
from amaranth.lib import io
from amaranth.lib.cdc import FFSynchronizer, ResetSynchronizer

from .families import Family

__all__ = ["ClockGenerator"]


class ClockGenerator(Elaboratable):
    """Drive domain ``sync`` at ``frequency``, with reset until it is stable and while ``restart``.

    Without a PLL when ``frequency`` is the oscillator's. The parent defines the domain.

    Parameters
    ----------
    pin : PortLike
        Where the oscillator's clock comes in.
    restart : Value
        Asynchronous, high resets.
    family : Family
        Of the FPGA.
    oscillator, frequency : float
        MHz.

    Raises
    ------
    ValueError
        If no PLL setting makes ``frequency``.
    """

    def __init__(
        self, pin: Any, restart: Value, *, family: Family, oscillator: float, frequency: float
    ) -> None:
        self._pin = pin
        self._restart = restart
        self._oscillator = oscillator
        self._settle = ceil(family.settle * frequency)
        self._pll = None if frequency == oscillator else family.pll.solve(oscillator, frequency)

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        locked, ready = Signal(), Signal()
        if self._pll is None:
            buffer: Any = io.Buffer("i", self._pin)
            m.submodules.pin = buffer
            m.d.comb += [ClockSignal().eq(buffer.i), locked.eq(1)]
        else:
            self._pll.connect(m, self._pin, ClockSignal(), locked, i=self._oscillator)
        if self._settle:
            steady = Signal()
            cycles = Signal(range(self._settle + 1), reset_less=True)
            m.submodules.steady = FFSynchronizer(locked, steady)
            m.d.comb += ready.eq(cycles == self._settle)
            with m.If(steady & ~ready):
                m.d.sync += cycles.eq(cycles + 1)
        else:
            m.d.comb += ready.eq(1)
        m.submodules.reset = ResetSynchronizer(~locked | ~ready | self._restart)
        return m
