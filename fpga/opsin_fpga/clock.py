# SPDX-License-Identifier: MIT
"""The design's clock."""

from typing import Any

from amaranth import Elaboratable, Module, Value
from amaranth.lib import io

from .families import Family

__all__ = ["ClockGenerator"]


class ClockGenerator(Elaboratable):
    """Drive domain ``sync`` at ``frequency``; it begins when that is stable, again by ``restart``.

    Without a PLL when ``frequency`` is the oscillator's. The parent defines the domain, with a
    reset or not, as :attr:`Start.RESET_LESS` of the family says.

    Parameters
    ----------
    pin : PortLike
        Where the oscillator's clock comes in.
    restart : Value
        Asynchronous, high holds the design in its initial state.
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
        self._pll = None if frequency == oscillator else family.pll.solve(oscillator, frequency)
        self._start = family.start(oscillator=oscillator, frequency=frequency)

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        m.submodules.start = start = self._start
        m.d.comb += start.restart.eq(self._restart)
        if self._pll is None:
            buffer: Any = io.Buffer("i", self._pin)
            m.submodules.pin = buffer
            m.d.comb += [
                start.oscillator.eq(buffer.i),
                start.clock.eq(buffer.i),
                start.locked.eq(1),
            ]
        else:
            self._pll.connect(m, self._pin, start, i=self._oscillator)
        return m
