# SPDX-License-Identifier: MIT
"""A component by itself, to see what it costs and how fast it is."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

__all__ = ["Timing"]

_NOISE = 16
_TAPS = 3  # bits of the noise that are not just shifted
_LED = 8


class Timing(wiring.Component):
    """Component whose inputs come from a shift register and whose outputs are folded onto LEDs.

    Makes no picture. The shift register, fed with pseudo-random bits, keeps synthesis from
    simplifying the component for constant settings, and both its ends are registers, so that the
    slowest path is the component's own.

    Parameters
    ----------
    name : str
        Of the component.
    component : wiring.Component

    Attributes
    ----------
    around : dict of str to int
        ECP5 cells around the component, as nextpnr names them: a register for each bit of its
        ports, a LUT for each bit of its outputs, those of the noise and of the LEDs.

    Members
    -------
    led : Out(8)
    """

    led: Value

    def __init__(self, name: str, component: wiring.Component) -> None:
        self._name, self._component = name, component
        ports: dict[bool, list[Any]] = {True: [], False: []}
        for _path, member, port in component.signature.flatten(component):
            ports[member.flow is Out].append(Value.cast(port))
        self._outputs, self._inputs = Cat(*ports[True]), Cat(*ports[False])
        self.around = {
            "TRELLIS_COMB": len(self._outputs) + _TAPS,
            "TRELLIS_FF": len(self._outputs) + len(self._inputs) + _NOISE + _LED,
        }
        super().__init__({"led": Out(_LED)})

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        m.submodules[self._name] = self._component

        noise = Signal(_NOISE, init=0xACE1)
        # No reset, which would have a long way to each. The chain starts with ones: else synthesis
        # takes its registers for the component's own where that delays a neighbouring input.
        chain = Signal(len(self._inputs), init=(1 << len(self._inputs)) - 1, reset_less=True)
        result = Signal(len(self._outputs), reset_less=True)
        m.d.comb += self._inputs.eq(chain)
        m.d.sync += [
            noise.eq((noise >> 1) ^ Mux(noise[0], 0xB400, 0)),
            chain.eq(Cat(noise[0], chain)),
            result.eq(Cat(result[-1], result) ^ self._outputs),
            self.led.eq(result[-_LED:]),
        ]
        return m
