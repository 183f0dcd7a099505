# SPDX-License-Identifier: MIT
"""The neural processor as a part of other people's chips: memory and registers on buses."""

from typing import Any, ClassVar

from amaranth import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..common.register_bank import RegisterInterface, RegisterPort
from ..config import NpuConfig
from ..npu.core import Core
from ..npu.register_map import npu_register_map
from .axi_lite import Axi4LiteBridge
from .axi_memory import Axi4
from .axi_ports import AxiPorts
from .npu_control import NpuControl
from .on_bus import OnBus
from .wishbone import WishboneBridge

__all__ = ["NpuAxi", "NpuCore", "NpuWishbone", "wire_control"]

_INPUTS = ("entry", "memory_begin", "memory_end", "watchdog", "start", "stop", "counter")
_OUTPUTS = ("done", "error", "error_index", "error_address", "count")


def wire_control(m: Module, core: Core, control: NpuControl) -> None:
    """Connect a core to its registers."""
    m.d.comb += [getattr(core, name).eq(getattr(control, name)) for name in _INPUTS]
    m.d.comb += [getattr(control, name).eq(getattr(core, name)) for name in _OUTPUTS]


class NpuCore(wiring.Component):
    """The core with memory on AXI4 and registers that know no bus.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    registers : In(RegisterPort(8))
        See :func:`~opsin.npu.register_map.npu_register_map`.
    memory : Out(Axi4(word_bytes))
        See :class:`~opsin.soc.axi_ports.AxiPorts`.
    irq : Out(1)
        Interrupt, active high, level.

    Timing
    ------
    As :class:`~opsin.npu.core.Core`; memory 2 cycles more. All outputs come from registers.
    """

    registers: RegisterInterface
    memory: Any
    irq: Value
    places: ClassVar = {"m_axi": "memory"}
    """Ports for memory by their prefixes."""

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "registers": In(RegisterPort(npu_register_map(config).address_bits)),
                "memory": Out(Axi4(config.word_bytes)),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.core = core = Core(self.config)
        m.submodules.control = control = NpuControl(self.config)
        m.submodules.ports = ports = AxiPorts(word_bytes=self.config.word_bytes)

        wire_control(m, core, control)
        wiring.connect(m, wiring.flipped(self.registers), control.bus)
        wiring.connect(m, core.reads, ports.reads)
        wiring.connect(m, core.writes, ports.writes)
        wiring.connect(m, ports.axi, wiring.flipped(self.memory))
        m.d.comb += self.irq.eq(control.irq)

        return m


class NpuAxi(OnBus):
    """The core with AXI4 memory and AXI4-Lite registers.

    Ports have the names that other tools expect: ``s_axi_awaddr``, ``m_axi_awaddr``, …

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    s_axi_* : In(Axi4Lite(8))
        Registers.
    m_axi_* : Out(Axi4(word_bytes))
        Memory.
    irq : Out(1)
        Interrupt, active high, level.

    Timing
    ------
    As :class:`NpuCore`.
    """

    def __init__(self, config: NpuConfig) -> None:
        bridge = Axi4LiteBridge(address_bits=npu_register_map(config).address_bits)
        super().__init__(NpuCore(config), prefix="s_axi", port="axi", bridge=bridge)


class NpuWishbone(OnBus):
    """The core with AXI4 memory and Wishbone registers.

    Parameters
    ----------
    config : NpuConfig

    Members
    -------
    wb_* : In(Wishbone(8))
        Registers.
    m_axi_*, irq
        As of :class:`NpuAxi`.

    Timing
    ------
    As :class:`NpuCore`.
    """

    def __init__(self, config: NpuConfig) -> None:
        bridge = WishboneBridge(address_bits=npu_register_map(config).address_bits)
        super().__init__(NpuCore(config), prefix="wb", port="wishbone", bridge=bridge)
