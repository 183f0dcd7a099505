# SPDX-License-Identifier: MIT
"""What yosys makes of the mesh's elements: multipliers with their registers, and few LUTs."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from amaranth import Module, Value
from amaranth.back import rtlil

from opsin.npu.elements import ELEMENTS
from opsin_fpga.build import _YOSYS, _run
from opsin_fpga.families import ICE40
from opsin_sim.devices import ecp5, ice40

ROW = 15  # the last of 16, whose sums are widest


def synthesized(kinds: dict[str, int], platform: Any, command: str, directory: Path) -> Any:
    """Cells by kind: each element flat, by itself."""
    m = Module()
    ports = []
    for kind, bits in kinds.items():
        element = ELEMENTS[kind](row=ROW, weight_bits=bits)
        m.submodules[kind] = element
        ports += [Value.cast(port) for _, _, port in element.signature.flatten(element)]
    (directory / "top.il").write_text(rtlil.convert(m, platform=platform, name="top", ports=ports))
    script = ["read_rtlil top.il", "rename top whole"]
    for kind in kinds:
        script += ["design -save all", f"hierarchy -top top.{kind}", f"rename -top {kind}"]
        script += [f"{command} -top {kind} -json {kind}.json", "design -load all"]
    _run(_YOSYS, ["-p", "; ".join(script)], directory)
    result = {}
    for kind in kinds:
        module = json.loads((directory / f"{kind}.json").read_text())["modules"][kind]
        result[kind] = Counter(cell["type"] for cell in module["cells"].values())
    return result


@pytest.mark.parametrize(
    ("kind", "bits", "comb", "registers", "multipliers"),
    [
        ("dsp", 8, 20, 70, 1),
        ("carry", 8, 96, 150, 0),
        ("pair", 8, 76, 152, 1),
        ("nibble_pair", 4, 34, 91, 1),
    ],
)
def test_ecp5(
    kind: str, bits: int, comb: int, registers: int, multipliers: int, tmp_path: Path
) -> None:
    """What docs/npu.md says; a CCU2C counts twice, as nextpnr does."""
    cells = synthesized({kind: bits}, ecp5.PLATFORM, "synth_ecp5", tmp_path)[kind]
    assert cells["MULT18X18D"] == multipliers
    assert cells["LUT4"] + 2 * cells["CCU2C"] <= comb
    assert cells["TRELLIS_FF"] <= registers


def test_ice40(tmp_path: Path) -> None:
    """The weights in use and the products are in the multiplier's registers."""
    command = f"synth_ice40 {ICE40.options['synth_opts']}"
    cells = synthesized({"mac16_pair": 8}, ice40.PLATFORM, command, tmp_path)["mac16_pair"]
    assert cells["SB_MAC16"] == 1
    moved = 2 * 8 + 8 + 2  # weights, activation, swap and load
    assert cells["SB_DFFE"] == 2 * 8
    assert cells["SB_DFF"] <= moved + 2 * 20
    assert cells["SB_LUT4"] <= 2 * 20 + 1  # adders, and the hold input's inverter
