# SPDX-License-Identifier: MIT
"""What yosys makes of line memories and multipliers on an iCE40: its cells, and little else."""

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from amaranth import Module, Value, signed
from amaranth.back import rtlil

from opsin.common.line_memory import LineMemory
from opsin.common.multiplier import Multiplier
from opsin_fpga.build import _YOSYS, _run
from opsin_fpga.families import ICE40

PLATFORM = SimpleNamespace(family="iCE40")


def synthesized(parts: dict[str, Any], directory: Path) -> dict[str, Counter[str]]:
    """Cells by part."""
    m = Module()
    ports = []
    for name, part in parts.items():
        m.submodules[name] = part
        ports += [Value.cast(port) for _path, _member, port in part.signature.flatten(part)]
    (directory / "top.il").write_text(rtlil.convert(m, platform=PLATFORM, name="top", ports=ports))
    options = f"{ICE40.options['synth_opts']} -noflatten -top top -json top.json"
    _run(_YOSYS, ["-p", f"read_rtlil top.il; synth_ice40 {options}"], directory)
    modules = json.loads((directory / "top.json").read_text())["modules"]
    return {
        name: Counter(cell["type"] for cell in modules[f"top.{name}"]["cells"].values())
        for name in parts
    }


def test_cells(tmp_path: Path) -> None:
    """Multipliers hold their registers; a memory has its output register outside."""
    bits = 33
    cells = synthesized(
        {
            "memory": LineMemory(bits, 512, init=range(512)),
            "unsigned": Multiplier(10, 16),
            "signed": Multiplier(signed(16), signed(16)),
        },
        tmp_path,
    )
    assert cells["unsigned"] == cells["signed"] == {"SB_MAC16": 1}
    # one more register and LUT: the block RAMs' output counts as 0 in the first cycle
    assert cells["memory"].pop("SB_RAM40_4K") == -(-bits // 8)
    assert cells["memory"].pop("SB_LUT4", 0) <= 1
    assert sum(cells["memory"].values()) <= bits + 1
    assert all(kind.startswith("SB_DFF") for kind in cells["memory"])
