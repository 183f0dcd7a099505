# SPDX-License-Identifier: MIT
"""The design's clock and reset on an ECP5."""

from dataclasses import dataclass

from amaranth import ClockSignal, Const, Elaboratable, Instance, Module, Signal, Value
from amaranth.lib.cdc import ResetSynchronizer

__all__ = ["ClockGenerator", "Pll"]

# Limits of the data sheet (FPGA-DS-02012, sysCLOCK PLL timing), in MHz.
_PHASE_DETECTOR = 10.0
_OSCILLATOR = (400.0, 800.0)
_OUTPUT = 400.0


@dataclass(frozen=True)
class Pll:
    """Dividers of an EHXPLLL with feedback from its output, so that ``o = i * feedback / i_div``.

    The internal oscillator runs at ``o * o_div``.
    """

    i_div: int
    feedback: int
    o_div: int

    @classmethod
    def solve(cls, i: float, o: float) -> "Pll":
        """Dividers that make ``o`` MHz of ``i`` MHz exactly.

        Raises
        ------
        ValueError
            If there are none within the limits of the data sheet.
        """
        for i_div in range(1, int(i / _PHASE_DETECTOR) + 1):
            feedback = o * i_div / i
            if o > _OUTPUT or feedback != int(feedback) or not 1 <= feedback <= 128:
                continue
            o_div = max(1, round(sum(_OSCILLATOR) / 2 / o))
            if o_div <= 128 and _OSCILLATOR[0] <= o * o_div <= _OSCILLATOR[1]:
                return cls(i_div, int(feedback), o_div)
        step = i / max(1, int(i / _PHASE_DETECTOR))
        raise ValueError(
            f"frequency must be a multiple of {step:g} MHz up to 400 MHz, not {o:g} MHz"
        )


class ClockGenerator(Elaboratable):
    """Drive domain ``sync`` at ``frequency``, with reset until it is stable and while ``restart``.

    Without a PLL when ``frequency`` is the oscillator's. The parent defines the domain.

    Parameters
    ----------
    i : Value
        Oscillator.
    restart : Value
        Asynchronous, high resets.
    oscillator, frequency : float
        MHz.

    Raises
    ------
    ValueError
        If no PLL setting makes ``frequency``.
    """

    def __init__(self, i: Value, restart: Value, *, oscillator: float, frequency: float) -> None:
        self._i = i
        self._restart = restart
        self._oscillator = oscillator
        self._frequency = frequency
        self._pll = None if frequency == oscillator else Pll.solve(oscillator, frequency)

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        locked = Signal()
        if self._pll is None:
            m.d.comb += [ClockSignal().eq(self._i), locked.eq(1)]
        else:
            m.submodules.pll = self._instance(self._pll, ClockSignal(), locked)
        m.submodules.reset = ResetSynchronizer(~locked | self._restart)
        return m

    def _instance(self, pll: Pll, output: Value, locked: Signal) -> Instance:
        return Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=f"{self._oscillator:g}",
            a_FREQUENCY_PIN_CLKOP=f"{self._frequency:g}",
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_CLKI_DIV=pll.i_div,
            p_CLKFB_DIV=pll.feedback,
            p_CLKOP_DIV=pll.o_div,
            p_CLKOP_CPHASE=pll.o_div - 1,  # in phase with the input
            p_CLKOP_FPHASE=0,
            p_CLKOP_ENABLE="ENABLED",
            p_FEEDBK_PATH="CLKOP",
            p_PLLRST_ENA="DISABLED",
            p_INTFB_WAKE="DISABLED",
            p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED",
            i_CLKI=self._i,
            i_CLKFB=output,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            o_CLKOP=output,
            o_LOCK=locked,
        )
