# SPDX-License-Identifier: MIT
"""Generated files that are kept in the repository, so that nobody has to generate them."""

from dataclasses import replace
from pathlib import Path

from opsin.config import ISP, NPU_BASE, IspConfig
from opsin.isp.register_map import CHAIN, isp_register_map
from opsin.npu import isa_table
from opsin.npu.register_map import npu_register_map

from .c_header import c_header
from .markdown import markdown
from .npu_counters import counters_page
from .python_constants import python_constants

__all__ = ["REGISTERS_OF", "ROOT", "copies"]

REGISTERS_OF = replace(ISP, frame_buffer=True)
"""The pipeline's configuration that has all registers."""

ROOT = Path(__file__).parents[3]
"""The repository."""


def copies() -> dict[Path, str]:
    """Return the text of each file; those of the pipeline describe :data:`REGISTERS_OF`."""
    registers = isp_register_map(REGISTERS_OF)
    source = "python -m opsin_sw.registers"

    def absent_in(config: IspConfig) -> list[str]:
        there = {r.name for r in isp_register_map(config).registers}
        return [r.name for r in registers.registers if r.name not in there]

    absent: dict[int | str, list[str]] = {
        number: absent_in(replace(ISP, chain=name))  # type: ignore[arg-type]
        for name, number in CHAIN.items()
    }
    for number in absent:  # of frame buffers CAPABILITIES tells apart
        absent[number] = [name for name in absent[number] if name not in absent_in(ISP)]
    absent["frame_buffer"] = absent_in(ISP)
    npu = npu_register_map(NPU_BASE)  # others differ only in what they were built for
    return {
        ROOT / "sw/firmware/include/opsin_npu.h": c_header(npu, source=source),
        ROOT / "sw/opsin_sw/driver/npu_registers.py": python_constants(npu, source=source),
        ROOT / "docs/npu_registers.md": markdown(npu, source=source),
        ROOT / "docs/npu_counters.md": counters_page(source=source),
        ROOT / "sw/firmware/include/opsin_isp.h": c_header(registers, source=source),
        ROOT / "sw/opsin_sw/driver/isp_registers.py": python_constants(
            registers, source=source, absent=absent
        ),
        ROOT / "docs/isp_registers.md": markdown(registers, source=source),
        ROOT / "docs/isa.md": isa_table.markdown(),
    }
