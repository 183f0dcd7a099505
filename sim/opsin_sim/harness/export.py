# SPDX-License-Identifier: MIT
"""SystemVerilog of a component, for people and for simulators."""

import re
from pathlib import Path

from amaranth._toolchain.yosys import find_yosys
from amaranth.back import rtlil
from amaranth.lib.wiring import Component

from .cache import cached, digest
from .errors import ToolError

__all__ = ["faithful_systemverilog", "fast_systemverilog", "systemverilog", "to_rtlil"]

_MEMORY = re.compile(r"^  memory", re.MULTILINE)

# always_comb and always_ff instead of always @*: Icarus settles at time zero
_FAITHFUL = """\
proc -nomux -norom
memory_collect
write_verilog -norename -noattr -sv
"""

# What Verilator compiles fastest and runs fastest; two-state, every named signal may vanish.
_FAST = """\
proc
memory_collect
opt_expr
opt_clean
opt_dff
wreduce
opt_clean
write_verilog -norename -noattr
"""


def to_rtlil(top: Component, name: str = "dut") -> str:
    """RTLIL text of ``top``."""
    return str(rtlil.convert(top, name=name, emit_src=False))


def systemverilog(top: Component, name: str = "dut") -> str:
    """SystemVerilog of ``top`` as module ``name``, for any simulator (four-state safe) or flow."""
    return convert(to_rtlil(top, name), _FAITHFUL).read_text()


def fast_systemverilog(text: str) -> Path:
    """File of Verilog for Verilator, made from RTLIL."""
    # without the mark, opt_clean splits memories into gates it can then remove
    return convert(_MEMORY.sub(r"  attribute \\keep 1\n  memory", text), _FAST)


def faithful_systemverilog(text: str) -> Path:
    """File of Verilog in which every named signal and the module hierarchy are kept."""
    return convert(text, _FAITHFUL)


def convert(text: str, script: str) -> Path:
    """File of Verilog that yosys makes of RTLIL ``text``; cached."""
    yosys = find_yosys(lambda version: version >= (0, 40))

    def build(directory: Path) -> None:
        commands = f"read_rtlil <<rtlil\n{text}\nrtlil\n" + script
        try:
            verilog = yosys.run(["-q", "-"], commands, ignore_warnings=True)
        except Exception as error:
            raise ToolError(f"yosys failed: {str(error).strip().splitlines()[-1]}") from error
        (directory / "dut.sv").write_text(str(verilog))

    key = digest(text, script, yosys.version())
    return cached("verilog", key, build) / "dut.sv"
