# SPDX-License-Identifier: MIT
"""Simulators: export, build cache, the compiled Verilator model, the cocotb runner."""

from typing import TYPE_CHECKING, Any

from ._run import Progress, Run
from .checks import check_block, check_job
from .cocotb_runner import Case, cocotb_run
from .errors import MemoryFault, SimulationTimeout, ToolError
from .export import systemverilog
from .model import Model
from .packing import pack, unpack
from .seed import default_seed
from .simulators import SIMULATORS

if TYPE_CHECKING:
    from .testing import needs_cocotb, needs_icarus, on_simulators

__all__ = [
    "SIMULATORS",
    "Case",
    "MemoryFault",
    "Model",
    "Progress",
    "Run",
    "SimulationTimeout",
    "ToolError",
    "check_block",
    "check_job",
    "cocotb_run",
    "default_seed",
    "needs_cocotb",
    "needs_icarus",
    "on_simulators",
    "pack",
    "systemverilog",
    "unpack",
]


def __getattr__(name: str) -> Any:
    """Import the test marks only when asked: users need not have pytest."""
    if name in ("needs_cocotb", "needs_icarus", "on_simulators"):
        from . import testing

        return getattr(testing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
