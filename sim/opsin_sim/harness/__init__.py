# SPDX-License-Identifier: MIT
"""Simulators: export, build cache, the compiled Verilator model, the cocotb runner."""

from ._run import Progress, Run
from .errors import MemoryFault, SimulationTimeout, ToolError
from .export import systemverilog
from .model import Model
from .packing import pack, unpack

__all__ = [
    "MemoryFault",
    "Model",
    "Progress",
    "Run",
    "SimulationTimeout",
    "ToolError",
    "pack",
    "systemverilog",
    "unpack",
]
