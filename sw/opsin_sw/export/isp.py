# SPDX-License-Identifier: MIT
"""The camera pipeline as SystemVerilog with all that a project needs to use it."""

from importlib.metadata import distribution, version

from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map
from opsin.soc import IspAxi, IspWishbone
from opsin_sim.harness import systemverilog

from ..registers import c_header, markdown, python_constants
from .fusesoc import core_file
from .readme import readme
from .verilog import example, finished

__all__ = ["BUSES", "export_isp"]

BUSES = {"axi": IspAxi, "wishbone": IspWishbone}
"""Tops by the bus of their registers."""

NAME = "opsin_isp"


def export_isp(config: IspConfig, *, bus: str) -> dict[str, str]:
    """Return the text of each file by its name.

    Raises
    ------
    ValueError
        If the configuration is out of range or ``bus`` is not one of :data:`BUSES`.
    ToolError
        If yosys fails.
    """
    if bus not in BUSES:
        raise ValueError(f"bus must be {' or '.join(BUSES)}, not {bus!r}")
    command = (
        f"opsin export isp --bus {bus} --chain {config.chain} --demosaic {config.demosaic}"
        f" --ppc {config.ppc} --depth {config.depth} --max-width {config.max_width}"
    )
    if config.chain == "complete":
        command += f" --second-width {config.second_width}"
    if config.frame_buffer:
        command += " --frame-buffer"
    source = f"{command} (Opsin {version('opsin')})"
    registers = isp_register_map(config)
    top = BUSES[bus](config)
    return {
        f"{NAME}.sv": finished(systemverilog(top, NAME), NAME, source=source),
        f"{NAME}_example.v": example(top, NAME, source=source),
        f"{NAME}.h": c_header(registers, source=command),
        f"{NAME}_registers.py": python_constants(registers, source=command),
        "registers.md": markdown(registers, source=command),
        f"{NAME}.core": core_file(NAME, description=registers.description, source=source),
        "README.md": readme(NAME, config, bus=bus, source=source),
        "LICENSE": distribution("opsin").read_text("licenses/LICENSE") or "MIT\n",
    }
