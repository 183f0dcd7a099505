# SPDX-License-Identifier: MIT
"""Phase-locked loops of the FPGA families: dividers, and the cell that has them."""

from dataclasses import dataclass
from typing import Any, Protocol, Self

from amaranth import Const, Instance, Module, Signal
from amaranth.lib import io

from .start import Start

__all__ = ["Ecp5Pll", "Ice40Pll", "Pll"]


class Pll(Protocol):
    """Dividers of a family's PLL."""

    @classmethod
    def solve(cls, i: float, o: float) -> Self:
        """Dividers that make ``o`` MHz of ``i`` MHz exactly.

        Raises
        ------
        ValueError
            If there are none within the limits of the data sheet.
        """

    def connect(self, m: Module, pin: Any, start: Start, *, i: float) -> None:
        """Add the cell, from the port ``pin``, where ``i`` MHz come, to what begins the design."""


@dataclass(frozen=True)
class Ecp5Pll:
    """An EHXPLLL with feedback from its output, so that ``o = i * feedback / i_div``.

    The internal oscillator runs at ``o * o_div``. Limits: FPGA-DS-02012, sysCLOCK PLL timing.
    """

    i_div: int
    feedback: int
    o_div: int

    @classmethod
    def solve(cls, i: float, o: float) -> "Ecp5Pll":
        """See :meth:`Pll.solve`."""
        for i_div in range(1, int(i / 10) + 1):  # at least 10 MHz at the phase detector
            feedback = o * i_div / i
            if o > 400 or feedback != int(feedback) or not 1 <= feedback <= 128:
                continue
            o_div = max(1, round(600 / o))
            if o_div <= 128 and 400 <= o * o_div <= 800:
                return cls(i_div, int(feedback), o_div)
        step = i / max(1, int(i / 10))
        raise ValueError(
            f"frequency must be a multiple of {step:g} MHz up to 400 MHz, not {o:g} MHz"
        )

    def connect(self, m: Module, pin: Any, start: Start, *, i: float) -> None:
        """See :meth:`Pll.connect`."""
        buffer: Any = io.Buffer("i", pin)
        m.submodules.pin = buffer
        m.d.comb += start.oscillator.eq(buffer.i)
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_FREQUENCY_PIN_CLKI=f"{i:g}",
            a_FREQUENCY_PIN_CLKOP=f"{i * self.feedback / self.i_div:g}",
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_CLKI_DIV=self.i_div,
            p_CLKFB_DIV=self.feedback,
            p_CLKOP_DIV=self.o_div,
            p_CLKOP_CPHASE=self.o_div - 1,  # in phase with the input
            p_CLKOP_FPHASE=0,
            p_CLKOP_ENABLE="ENABLED",
            p_FEEDBK_PATH="CLKOP",
            p_PLLRST_ENA="DISABLED",
            p_INTFB_WAKE="DISABLED",
            p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED",
            i_CLKI=buffer.i,
            i_CLKFB=start.clock,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            o_CLKOP=start.clock,
            o_LOCK=start.locked,
        )


@dataclass(frozen=True)
class Ice40Pll:
    """An SB_PLL40_PAD with simple feedback: ``o = i * feedback / i_div / 2**o_shift``.

    Limits: FPGA-TN-02052, and IceStorm's icepll.
    """

    i_div: int
    feedback: int
    o_shift: int

    @classmethod
    def solve(cls, i: float, o: float) -> "Ice40Pll":
        """See :meth:`Pll.solve`."""
        settings = {
            i * feedback / i_div / (1 << o_shift): cls(i_div, feedback, o_shift)
            for i_div in range(min(16, int(i / 10)), 0, -1)  # at least 10 MHz at the phase detector
            for feedback in range(1, 129)
            if 533 <= i * feedback / i_div <= 1066  # the internal oscillator
            for o_shift in range(1, 7)
            if 16 <= i * feedback / i_div / (1 << o_shift) <= 275
        }
        if o not in settings:
            near = sorted(sorted(settings, key=lambda made: abs(made - o))[:2])
            raise ValueError(
                f"frequency must be one that the PLL makes of {i:g} MHz,"
                f" such as {near[0]:g} or {near[1]:g} MHz, not {o:g} MHz"
            )
        return settings[o]

    def connect(self, m: Module, pin: Any, start: Start, *, i: float) -> None:
        """See :meth:`Pll.connect`."""
        # Upper ends of the loop filter's ranges; it stands for the frequency at its detector.
        filter_range = 1 + sum(i / self.i_div >= end for end in (17, 26, 44, 66, 101))
        unused = Signal(name="pll_core")
        m.submodules.pll = Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_DIVR=Const(self.i_div - 1, 4),
            p_DIVF=Const(self.feedback - 1, 7),
            p_DIVQ=Const(self.o_shift, 3),
            p_FILTER_RANGE=Const(filter_range, 3),
            io_PACKAGEPIN=pin.io,
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=start.clock,
            o_PLLOUTCORE=unused,
            o_LOCK=start.locked,
        )
