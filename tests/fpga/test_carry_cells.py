# SPDX-License-Identifier: MIT
"""What yosys makes of multipliers of carry cells and memories of LUTs, on an ECP5."""

import json
from collections import Counter
from pathlib import Path

import pytest
from amaranth import Module, Value, signed, unsigned
from amaranth.back import rtlil
from amaranth.hdl import Shape

from opsin.common.carry_multiplier import CarryMultiplier
from opsin.common.line_memory import LineMemory
from opsin_fpga.build import _YOSYS, _run
from opsin_sim.devices import ecp5


def count(directory: Path) -> Counter[str]:
    """Cells of ``top.il``."""
    synthesize = "read_rtlil top.il; synth_lattice -family ecp5 -top top -json n.json"
    _run(_YOSYS, ["-q", "-p", synthesize], directory)
    module = json.loads((directory / "n.json").read_text())["modules"]["top"]
    cells = Counter(cell["type"] for cell in module["cells"].values())
    cells.pop("$scopeinfo", 0)
    return cells


def write(directory: Path, name: str, a: Shape, b: Shape, platform: object) -> None:
    m = Module()
    m.submodules.multiplier = part = CarryMultiplier(a, b)
    ports = {name: (Value.cast(getattr(part, name)), None) for name in ("a", "b", "product")}
    text = rtlil.convert(m, platform=platform, name=name, ports=ports, emit_src=False)
    (directory / f"{name}.il").write_text(text)


@pytest.mark.parametrize(
    ("a", "b", "carry_cells"),
    [
        # rows of 10 carry cells, then sums of one row, of two; each sum without its lowest bits
        (signed(18), signed(12), 6 * 10 + 3 * 10 + 11 + 13),
        (unsigned(12), unsigned(12), 6 * 7 + 3 * 7 + 8 + 10),
    ],
)
def test_cells(a: Shape, b: Shape, carry_cells: int, tmp_path: Path) -> None:
    """A row takes a LUT for its lowest bit; nothing else takes one."""
    write(tmp_path, "top", a, b, ecp5.PLATFORM)
    cells = count(tmp_path)
    assert set(cells) == {"CCU2C", "LUT4", "TRELLIS_FF"}
    assert cells["LUT4"] == 6
    assert cells["CCU2C"] <= carry_cells


def test_memory_of_luts(tmp_path: Path) -> None:
    memory = LineMemory(34, 64, luts=True)
    ports = {
        path[0]: (Value.cast(port), None) for path, _, port in memory.signature.flatten(memory)
    }
    text = rtlil.convert(memory, platform=ecp5.PLATFORM, name="top", ports=ports)
    (tmp_path / "top.il").write_text(text)
    cells = count(tmp_path)
    assert cells["DP16KD"] == 0
    assert cells["TRELLIS_DPR16X4"] == 64 // 16 * -(-34 // 4)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (signed(4), signed(4)),
        (unsigned(4), unsigned(3)),
        (signed(5), unsigned(4)),
        (unsigned(5), signed(3)),
    ],
)
def test_cells_multiply(a: Shape, b: Shape, tmp_path: Path) -> None:
    """Proven for all operands, and for any carry that enters a chain: it is as written."""
    write(tmp_path, "cells", a, b, ecp5.PLATFORM)
    write(tmp_path, "written", a, b, None)
    synthesize = "synth_lattice -family ecp5 -top cells; delete =A:blackbox =A:whitebox"
    _run(_YOSYS, ["-q", "-p", f"read_rtlil cells.il; {synthesize}; write_rtlil net.il"], tmp_path)
    prove = """
        read_rtlil net.il; read_verilog -overwrite +/lattice/cells_sim_ecp5.v; hierarchy -top cells
        proc; flatten; setundef -undriven -anyseq; async2sync; rename cells gate; design -stash gate
        read_rtlil written.il; hierarchy -top written; proc; flatten; rename written gold
        design -stash gold; design -copy-from gold gold; design -copy-from gate gate
        miter -equiv -flatten -make_assert gold gate miter; hierarchy -top miter; opt
        sat -verify -prove-asserts -tempinduct -set-init-zero -seq 1 -maxsteps 12 miter
    """
    (tmp_path / "prove.ys").write_text(prove)
    _run(_YOSYS, ["-q", "-s", "prove.ys"], tmp_path)
