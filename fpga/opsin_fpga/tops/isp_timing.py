# SPDX-License-Identifier: MIT
"""The camera pipeline by itself, to see what it costs and how fast it is."""

from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from opsin.config import IspConfig
from opsin.isp import Pipeline

__all__ = ["IspTiming"]


class IspTiming(wiring.Component):
    """Pipeline whose inputs come from a shift register and whose outputs are folded onto LEDs.

    Makes no picture. The shift register, fed with pseudo-random bits, keeps synthesis from
    simplifying the pipeline for constant settings, and both its ends are registers, so that the
    slowest path is the pipeline's own.

    Parameters
    ----------
    isp : IspConfig

    Members
    -------
    led : Out(8)
    """

    led: Value

    def __init__(self, isp: IspConfig) -> None:
        self._isp = isp
        super().__init__({"led": Out(8)})

    def elaborate(self, platform: object) -> Module:
        """Elaborate."""
        m = Module()
        m.submodules.pipeline = pipeline = Pipeline(self._isp)

        ports: dict[bool, list[Any]] = {True: [], False: []}
        for _path, member, port in pipeline.signature.flatten(pipeline):
            ports[member.flow is Out].append(Value.cast(port))
        outputs, inputs = Cat(*ports[True]), Cat(*ports[False])
        noise = Signal(16, init=0xACE1)
        chain, result = Signal(len(inputs)), Signal(len(outputs))
        m.d.comb += inputs.eq(chain)
        m.d.sync += [
            noise.eq((noise >> 1) ^ Mux(noise[0], 0xB400, 0)),
            chain.eq(Cat(noise[0], chain)),
            result.eq(Cat(result[-1], result) ^ outputs),
            self.led.eq(result[-8:]),
        ]
        return m
