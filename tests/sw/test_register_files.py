# SPDX-License-Identifier: MIT
"""The files made of the register description: fresh, and right."""

import subprocess
from pathlib import Path

import pytest

from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map
from opsin_sim.harness.toolchain import compiler
from opsin_sw.driver import isp_registers
from opsin_sw.registers import c_header, copies
from opsin_sw.registers.copies import REGISTERS_OF

CONFIG = IspConfig(depth=12, max_width=32)


def test_generated_files_are_fresh() -> None:
    for path, text in copies().items():
        assert path.read_text() == text, f"{path.name} is stale: run python -m opsin_sw.registers"


def test_python_constants() -> None:
    for register in isp_register_map(REGISTERS_OF).registers:
        assert isp_registers.REGISTERS[register.name] == (register.address, register.count)
        for field in register.fields:
            place = isp_registers.FIELDS[register.name, field.name]
            assert place == (field.lsb, field.width, field.signed)


@pytest.mark.parametrize("language", ["c", "c++"])
def test_c_header(language: str, tmp_path: Path) -> None:
    """Compile it without a warning, and check every number it defines."""
    registers = isp_register_map(CONFIG)
    (tmp_path / "opsin_isp.h").write_text(c_header(registers, source="test"))
    checks = []
    for register in registers.registers:
        name = f"OPSIN_ISP_{register.name.upper()}"
        for k, address in enumerate(register.addresses):
            call = f"{name}_OFFSET({k})" if register.count > 1 else f"{name}_OFFSET"
            checks.append(f"{call} == {address}")
        for field in register.fields:
            prefix = name if len(register.fields) == 1 else f"{name}_{field.name.upper()}"
            checks += [f"{prefix}_SHIFT == {field.lsb}", f"{prefix}_MASK == {field.mask}u"]
    lines = [f"typedef char check_{k}[({check}) ? 1 : -1];" for k, check in enumerate(checks)]
    text = "\n".join(['#include "opsin_isp.h"', '#include "opsin_isp.h"', *lines, ""])
    source = tmp_path / "main.c"
    source.write_text(text)
    standard = {"c": "-std=c99", "c++": "-std=c++11"}[language]
    flags = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"]
    command = [*compiler(), "-x", language, standard, *flags, str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
