# SPDX-License-Identifier: MIT
"""The core with its registers, on a simulated bus."""

from typing import Any

import numpy as np
from amaranth.hdl import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from numpy.typing import NDArray

from opsin.common.burst_port import ReadPort, WritePort
from opsin.common.register_bank import RegisterPort
from opsin.config import NpuConfig
from opsin.npu.core import Core
from opsin.npu.register_map import npu_register_map
from opsin.soc.npu import wire_control
from opsin.soc.npu_control import NpuControl

from ..harness import Model

__all__ = ["ControlledCore", "ModelBus"]


class ControlledCore(wiring.Component):
    """A core beside its registers, with memory as the core has it."""

    registers: Any
    reads: Any
    writes: Any
    irq: Value

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        super().__init__(
            {
                "registers": In(RegisterPort(npu_register_map(config).address_bits)),
                "reads": Out(ReadPort(config.word_bytes)),
                "writes": Out(WritePort(config.word_bytes)),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Join them."""
        m = Module()
        m.submodules.core = core = Core(self.config)
        m.submodules.control = control = NpuControl(self.config)
        wire_control(m, core, control)
        connect(m, flipped(self.registers), control.bus)
        connect(m, core.reads, flipped(self.reads))
        connect(m, core.writes, flipped(self.writes))
        m.d.comb += self.irq.eq(control.irq)
        return m


class ModelBus:
    """Registers and memory of a compiled :class:`ControlledCore`; time passes with each access."""

    def __init__(self, config: NpuConfig, memory: NDArray[np.uint8], **run: Any) -> None:
        self.model, self.memory, self.options = Model(ControlledCore(config)), memory, run

    def wait(self, cycles: int) -> None:
        """Let time pass."""
        self.model.run(
            memory={"reads": self.memory, "writes": self.memory}, cycles=cycles, **self.options
        )

    def read(self, offset: int) -> int:
        """Read a word."""
        return self._access("read", offset)

    def write(self, offset: int, value: int) -> None:
        """Write a word."""
        self.model.set("registers__write_data", value)
        self._access("write", offset)

    def _access(self, kind: str, offset: int) -> int:
        self.model.set("registers__address", offset // 4)
        self.model.set("registers__write_mask", 15)
        self.model.set(f"registers__{kind}", 1)
        self.wait(1)
        self.model.set(f"registers__{kind}", 0)
        for _ in range(100):
            if self.model.get("registers__done"):
                break
            self.wait(1)
        if self.model.get("registers__error"):
            raise OSError(f"{kind} at {offset:#x} is refused")
        return self.model.get("registers__read_data")
