# SPDX-License-Identifier: MIT
"""A core, with flat ports, behind a bus."""

from typing import Any

from amaranth import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from .flat import attach, flat

__all__ = ["OnBus"]


class OnBus(wiring.Component):
    """A core with ``registers``, ``irq`` and other ports, and the bridge of a bus.

    Parameters
    ----------
    core : wiring.Component
        Its ``places`` are names of ports by the prefix that each gets.
    prefix, port, bridge : str, str, wiring.Component
        The bus is the bridge's port of this name, and gets this prefix.

    Members
    -------
    PREFIX_* : of the bus and of each port
    irq : Out(1)
    """

    irq: Value

    def __init__(self, core: Any, *, prefix: str, port: str, bridge: Any) -> None:
        self._core = core
        self._bridge = bridge
        self._bus = (prefix, port)
        super().__init__(
            {
                **flat(prefix, bridge.signature.members[port].signature),
                **{
                    name: member
                    for prefix, port in core.places.items()
                    for name, member in flat(prefix, getattr(core, port).signature).items()
                },
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = self._core
        m.submodules.bridge = bridge = self._bridge
        prefix, port = self._bus

        attach(m, self, prefix, getattr(bridge, port))
        wiring.connect(m, bridge.registers, core.registers)
        for prefix, name in core.places.items():
            attach(m, self, prefix, getattr(core, name))
        m.d.comb += self.irq.eq(core.irq)

        return m
