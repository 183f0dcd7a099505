# SPDX-License-Identifier: MIT
"""A tree of registers for the reset, which would be too far from what it resets."""

from collections import defaultdict
from typing import Any

__all__ = ["spread_reset"]

_Pin = tuple[str, str]  # name of a cell, port


def spread_reset(netlist: dict[str, Any], *, leaves: int = 1024, branches: int = 12) -> int:
    """Let registers pass on each reset of more than ``leaves`` registers.

    One net to all registers of a large design takes longer than all logic between two of them.
    Each pin is now driven by a register near it, the last of as many for every pin: all of the
    design is reset as before, but these cycles later. Pins whose cells have similar names, which
    are those of one component, share a register. The new registers start set: in reset.

    Parameters
    ----------
    netlist : dict
        What yosys writes for an ECP5, flat; changed in place.
    leaves : int
        Pins per register.
    branches : int
        Registers per register.

    Returns
    -------
    int
        Number of new registers.
    """
    (module,) = (m for m in netlist["modules"].values() if int(m["attributes"].get("top", "0"), 2))
    cells = module["cells"]
    drivers: dict[int, str] = {}
    resets: dict[int, int] = defaultdict(int)
    for name, cell in cells.items():
        if cell["type"] == "TRELLIS_FF":
            drivers[cell["connections"]["Q"][0]] = name
            for bit in cell["connections"].get("LSR", []):
                resets[bit] += 1
    wide = {bit for bit, count in resets.items() if count > leaves and bit in drivers}
    pins: dict[int, list[_Pin]] = {bit: [] for bit in sorted(wide)}
    free = 0
    for name in sorted(cells):
        for port, bits in cells[name]["connections"].items():
            for bit in bits:
                free = max(free, bit + 1 if isinstance(bit, int) else 0)
            if bits[0] in wide and cells[name]["port_directions"][port] == "input":
                pins[bits[0]].append((name, port))

    added = 0
    for bit, drawn in pins.items():
        driver = cells[drivers[bit]]
        level, size = drawn, leaves
        while len(level) > size:
            above: list[_Pin] = []
            for start in range(0, len(level), size):
                name = f"{drivers[bit]}.tree_{added}"
                cells[name] = _register(clock=driver["connections"]["CLK"], d=bit, q=free)
                for cell, port in level[start : start + size]:
                    cells[cell]["connections"][port] = [free]
                above.append((name, "DI"))
                free, added = free + 1, added + 1
            level, size = above, branches
    return added


def _register(*, clock: list[int], d: int, q: int) -> dict[str, Any]:
    return {
        "hide_name": 0,
        "type": "TRELLIS_FF",
        "parameters": {
            "CEMUX": "1 ",
            "CLKMUX": "CLK",
            "GSR": "DISABLED",
            "LSRMUX": "LSR",
            "REGSET": "SET",
            "SRMODE": "LSR_OVER_CE",
        },
        "attributes": {},
        "port_directions": {"CLK": "input", "LSR": "input", "DI": "input", "Q": "output"},
        "connections": {"CLK": clock, "LSR": ["0"], "DI": [d], "Q": [q]},
    }
