# SPDX-License-Identifier: MIT
"""Ends of carry chains that lead nowhere."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["cut_loose_carries"]

_LOOSE = ["x"]


def cut_loose_carries(netlist: Path) -> None:
    """Disconnect what no cell needs at both ends of an ECP5's carry chains.

    Parameters
    ----------
    netlist : Path
        What yosys writes for nextpnr, JSON; replaced.

    yosys gives each carry cell (``CCU2C``) both carries, and nextpnr adds one more cell to a chain
    for a carry that leaves it, read or not, and one for a constant that enters it: four LUTs for a
    chain that needs none. Here a carry that is not read is cut; and one that enters a cell whose
    first half makes a carry of its own, as those of :mod:`opsin.common.carry_multiplier` do.
    """
    design = json.loads(netlist.read_text())
    for module in design["modules"].values():
        read = _read(module)
        for cell in module["cells"].values():
            if cell["type"] == "CCU2C":
                ends = cell["connections"]
                if not read[ends["COUT"][0]]:
                    ends["COUT"] = _LOOSE
                if _makes_carry(cell) and not read[ends["S0"][0]]:
                    ends["CIN"] = _LOOSE
    netlist.write_text(json.dumps(design))


def _read(module: Mapping[str, Any]) -> Counter[int | str]:
    """How often each net of a module is read."""
    read: Counter[int | str] = Counter()
    for port in module["ports"].values():
        read.update(port["bits"])
    for cell in module["cells"].values():
        for name, bits in cell["connections"].items():
            if cell["port_directions"][name] != "output":
                read.update(bits)
    return read


def _makes_carry(cell: Mapping[str, Any]) -> bool:
    """Whether the carry into the second half is that of the first half's LUT2, whatever enters.

    So it is where the first half's LUT4 is 0. Its inputs C and D say which quarter it shows.
    """
    ends = cell["connections"]
    return (
        ends["C0"] == ends["D0"] == ["1"]
        and cell["parameters"]["INIT0"].startswith("0000")
        and cell["parameters"]["INJECT1_0"] == "NO"
    )
