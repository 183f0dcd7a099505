# SPDX-License-Identifier: MIT
"""Generated files that are kept in the repository, so that nobody has to generate them."""

from dataclasses import replace
from pathlib import Path

from opsin.config import ISP
from opsin.isp.register_map import CHAIN, isp_register_map

from .c_header import c_header
from .markdown import markdown
from .python_constants import python_constants

__all__ = ["ROOT", "copies"]

ROOT = Path(__file__).parents[3]
"""The repository."""


def copies() -> dict[Path, str]:
    """Return the text of each file; they describe :data:`opsin.config.ISP`."""
    registers = isp_register_map(ISP)
    source = "python -m opsin_sw.registers"
    absent = {}
    for name, number in CHAIN.items():
        other = replace(ISP, chain=name)  # type: ignore[arg-type]
        there = {r.name for r in isp_register_map(other).registers}
        absent[number] = [r.name for r in registers.registers if r.name not in there]
    return {
        ROOT / "sw/firmware/include/opsin_isp.h": c_header(registers, source=source),
        ROOT / "sw/opsin_sw/driver/isp_registers.py": python_constants(
            registers, source=source, absent=absent
        ),
        ROOT / "docs/isp_registers.md": markdown(registers, source=source),
    }
