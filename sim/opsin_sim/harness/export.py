# SPDX-License-Identifier: MIT
"""SystemVerilog of a component, for people and for simulators."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from amaranth._toolchain.yosys import find_yosys
from amaranth.back import rtlil
from amaranth.hdl._ast import Const, Value
from amaranth.hdl._ir import Fragment, PortDirection
from amaranth.lib.wiring import Component, In

from .cache import cached, digest
from .errors import ToolError
from .names import decoded_names, enum_names

__all__ = [
    "Design",
    "elaborate",
    "faithful_systemverilog",
    "fast_systemverilog",
    "systemverilog",
]

_PORT = re.compile(
    r"^  wire width \d+ (?P<direction>input|output) \d+ +(?:signed )?\\(?P<name>\S+)$", re.MULTILINE
)
_MEMORY = re.compile(r"^  memory", re.MULTILINE)

# Names made up by yosys start with an underscore, so Verilator leaves them out of waveforms.
# Logic as assignments, not procedures: Icarus settles at time zero, which it does not do with
# always @*, nor, in version 11, with an always_comb that reads a part of a vector it also writes.
_FAITHFUL = """\
proc -norom
memory_collect
write_verilog -noattr -sv
"""

# What Verilator compiles fastest and runs fastest; every signal but ports and memories may vanish.
_FAST = """\
proc
memory_collect
opt_expr
opt_clean
opt_dff
wreduce
opt_clean
write_verilog -noattr
"""


class Design(NamedTuple):
    """A component as RTLIL, and names of its signals' values (:mod:`opsin_sim.harness.names`)."""

    rtlil: str
    names: dict[str, dict[str, str]]

    @property
    def ports(self) -> dict[str, str]:
        """Top-level ports, clocks and resets too: "input" or "output" by name."""
        start = self.rtlil.index("attribute \\top 1\n")
        text = self.rtlil[start : self.rtlil.index("\nend\n", start)]
        return {match["name"]: match["direction"] for match in _PORT.finditer(text)}


def elaborate(top: Component, name: str = "dut", *, platform: object = None) -> Design:
    """Elaborate ``top`` as module ``name``; its ports are its signature's members.

    ``platform`` is handed to every ``elaborate`` method.

    Raises
    ------
    TypeError
        If ``top`` is not a component.
    ValueError
        If a port is called ``name``, or a stream has no valid or no ready.
    """
    if not isinstance(top, Component):
        raise TypeError(f"top must be a wiring.Component, not {top!r}")
    ports = {}
    for path, member, value in top.signature.flatten(top):
        port, signal = "__".join(map(str, path)), Value.cast(value)
        if port == name:
            raise ValueError(f"the module's name must differ from its ports', not be {name!r}")
        if isinstance(signal, Const):
            raise ValueError(f"port {port} must be a signal, not always {signal.value}")
        direction = PortDirection.Input if member.flow == In else PortDirection.Output
        ports[port] = (signal, direction)
    with _no_garbage_collection():
        fragment = Fragment.get(top, platform)
        text, paths = rtlil.convert_fragment(fragment, ports, name, emit_src=False)
    return Design(text, enum_names(text) | decoded_names(paths.items()))


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Elaboration makes millions of objects and hardly a cycle; collecting doubles its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def systemverilog(top: Component, name: str = "dut") -> str:
    """SystemVerilog of ``top`` as module ``name``, for any simulator (four-state safe) or flow.

    ``name`` must not be the name of a port.
    """
    return faithful_systemverilog(elaborate(top, name).rtlil).read_text()


def faithful_systemverilog(text: str) -> Path:
    """File of SystemVerilog, from RTLIL, that keeps every named signal and the hierarchy."""
    return _convert(text, _FAITHFUL)


def fast_systemverilog(text: str) -> Path:
    """File of Verilog for Verilator, from RTLIL."""
    # without the mark, opt_clean takes a memory apart
    return _convert(_MEMORY.sub(r"  attribute \\keep 1\n  memory", text), _FAST)


def _convert(text: str, script: str) -> Path:
    yosys = find_yosys(lambda version: version >= (0, 40))

    def build(directory: Path) -> None:
        commands = f"read_rtlil <<rtlil\n{text}\nrtlil\n{script}"
        try:
            verilog = yosys.run(["-q", "-"], commands, ignore_warnings=True)
        except Exception as error:
            raise ToolError(f"yosys failed: {str(error).strip().splitlines()[-1]}") from error
        (directory / "dut.sv").write_text(str(verilog))

    key = digest(text, script, yosys.version())
    return cached("verilog", key, build) / "dut.sv"
