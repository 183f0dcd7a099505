# SPDX-License-Identifier: MIT
"""The reset's tree of registers, on netlists as yosys writes them."""

from typing import Any

import pytest

from opsin_fpga.reset_tree import spread_reset

CLOCK, RESET, FIRST = 2, 3, 10


def flip_flop(**bits: Any) -> dict[str, Any]:
    """Return a register; all ports but Q are inputs."""
    return {
        "type": "TRELLIS_FF",
        "parameters": {"REGSET": "RESET"},
        "port_directions": {port: "output" if port == "Q" else "input" for port in bits},
        "connections": {port: [bit] for port, bit in bits.items()},
    }


def design(registers: int) -> dict[str, Any]:
    """Return ``registers`` that are reset, and a LUT that looks at the reset."""
    cells = {"sync": flip_flop(CLK=CLOCK, LSR="0", DI="0", Q=RESET)}
    for k in range(registers):
        cells[f"block_{k // 100}.r_{k:05}"] = flip_flop(CLK=CLOCK, LSR=RESET, DI="1", Q=FIRST + k)
    cells["lut"] = {
        "type": "LUT4",
        "port_directions": {"A": "input", "Z": "output"},
        "connections": {"A": [RESET], "Z": [FIRST + registers]},
    }
    empty: dict[str, Any] = {"attributes": {}, "cells": {}}
    top = {"attributes": {"top": "00000000000000000000000000000001"}, "cells": cells}
    return {"modules": {"TRELLIS_FF": empty, "top": top}}


def ways(cells: dict[str, Any], bits: list[int]) -> list[list[str]]:
    """Names of the registers from each bit back to the synchronizer."""
    driver = {cell["connections"]["Q"][0]: name for name, cell in cells.items() if name != "lut"}
    found: dict[int, list[str]] = {RESET: []}

    def way(bit: int) -> list[str]:
        if bit not in found:
            found[bit] = [driver[bit], *way(cells[driver[bit]]["connections"]["DI"][0])]
        return found[bit]

    return [way(bit) for bit in bits]


@pytest.mark.parametrize(
    ("registers", "stages"), [(256, 0), (257, 1), (1000, 1), (3071, 1), (3072, 2), (40000, 3)]
)
def test_all_pins_are_equally_late(registers: int, stages: int) -> None:
    netlist = design(registers)
    added = spread_reset(netlist, leaves=256)
    cells = netlist["modules"]["top"]["cells"]
    assert len(cells) == registers + 2 + added
    pins = [("lut", "A"), *((n, "LSR") for n in cells if n.startswith("block_"))]
    assert len(pins) == registers + 1
    names = ways(cells, [cells[name]["connections"][port][0] for name, port in pins])
    assert {len(way) for way in names} == {stages}
    assert {name for way in names for name in way} == {n for n in cells if ".tree_" in n}
    for name in cells:
        if ".tree_" in name:
            assert cells[name]["parameters"]["REGSET"] == "SET"
            assert cells[name]["connections"]["CLK"] == [CLOCK]


def test_no_register_drives_too_many() -> None:
    netlist = design(40000)
    spread_reset(netlist, leaves=256)
    cells = netlist["modules"]["top"]["cells"].values()
    loads: dict[object, int] = {}
    for cell in cells:
        for port in ("LSR", "DI", "A"):
            (bit,) = cell["connections"].get(port, ["0"])
            loads[bit] = loads.get(bit, 0) + 1
    del loads["0"], loads["1"]
    assert max(loads.values()) <= 256
    assert loads[RESET] <= 12


def test_neighbours_share_a_register() -> None:
    netlist = design(1000)
    spread_reset(netlist, leaves=100)
    cells = netlist["modules"]["top"]["cells"]
    of_block = {
        cells[name]["connections"]["LSR"][0] for name in cells if name.startswith("block_3.")
    }
    assert len(of_block) == 1


def test_a_signal_that_resets_few_is_left() -> None:
    netlist = design(100)
    assert spread_reset(netlist) == 0
    assert netlist == design(100)
