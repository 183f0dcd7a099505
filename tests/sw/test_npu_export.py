# SPDX-License-Identifier: MIT
"""``opsin export npu``: files that other people's tools take without a word."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from opsin.config import NPU
from opsin.npu.register_map import npu_register_map
from opsin_sim.harness.toolchain import ROOT as VERILATOR
from opsin_sw.cli import main
from opsin_sw.export import export_npu
from opsin_sw.registers import c_header

FILES = {
    "LICENSE", "README.md", "counters.md", "opsin_npu.core", "opsin_npu.h", "opsin_npu.sv",
    "opsin_npu_example.v", "opsin_npu_registers.py", "registers.md",
}  # fmt: skip


def export(folder: Path, config: str, bus: str) -> Path:
    with pytest.raises(SystemExit) as end:
        main(["export", "npu", "--config", config, "--bus", bus, "-o", str(folder)])
    assert not end.value.code
    assert {path.name for path in folder.iterdir()} == FILES
    return folder


def check(folder: Path, config: str) -> None:
    files = ["opsin_npu.sv", "opsin_npu_example.v"]
    command = [str(VERILATOR / "bin" / "verilator_bin"), "--lint-only", "-Wall"]
    command += ["--top-module", "opsin_npu_example", *files]
    environment = {**os.environ, "VERILATOR_ROOT": str(VERILATOR)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    text = (folder / "opsin_npu.sv").read_text()
    names = re.findall(r"^module (\S+?)\s*[(;]", text, re.MULTILINE)
    assert all(re.fullmatch(r"opsin_npu(__\w+)?", name) for name in names)
    for name in re.findall(r"files: \[(\S+)\]", (folder / "opsin_npu.core").read_text()):
        assert (folder / name).is_file()
    registers = npu_register_map(NPU[config])
    header = (folder / "opsin_npu.h").read_text()
    assert f"#define OPSIN_NPU_CONFIG_RESET 0x{registers['config'].reset():08X}u" in header
    assert header.split("#ifndef")[1] == c_header(registers, source="x").split("#ifndef")[1]
    bits = 8 * NPU[config].word_bytes
    assert f"[{bits - 1}:0] m_axi_wdata" in (folder / "opsin_npu_example.v").read_text()


def test_tiny(tmp_path: Path) -> None:
    folder = export(tmp_path / "new" / "ip", "tiny", "wishbone")
    check(folder, "tiny")
    assert "input  wire [5:0] wb_adr" in (folder / "opsin_npu_example.v").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("config", ["small", "base", "large"])
def test_others(config: str, tmp_path: Path) -> None:
    check(export(tmp_path, config, "axi"), config)


def test_rejects() -> None:
    with pytest.raises(ValueError, match="bus must be axi or wishbone, not 'apb'"):
        export_npu(NPU["tiny"], bus="apb")
