# SPDX-License-Identifier: MIT
"""``opsin fpga``: what it prints and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsin_fpga import block_report
from opsin_fpga import build as flow
from opsin_fpga.block_report import BlockReport
from opsin_fpga.report import Clock, Report, Usage
from opsin_sw.cli import main

BUILD = ["fpga", "build", "--board", "ulx3s-85f", "--top", "pattern"]
Called = Callable[[list[str]], tuple[int, str, str]]


@pytest.fixture
def opsin(capsys: pytest.CaptureFixture[str]) -> Called:
    """Run the command; returns exit code, standard output and standard error."""

    def call(arguments: list[str]) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(arguments)
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return call


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stands in for the tools: returns the arguments it gets; ``fmax`` is what it reaches."""
    seen: dict[str, Any] = {"fmax": 120.0}

    def build(board: Any, top: Any, **options: Any) -> Report:
        seen.update(options, board=board.name, top=top.name)
        if isinstance(seen["fmax"], Exception):
            raise seen["fmax"]
        return Report(
            command="opsin",
            versions={},
            board=board.name,
            part="P",
            top=top.name,
            seed=1,
            bitstream_sha256="",
            resources={"TRELLIS_FF": Usage(5, 10)},
            clocks={"sync": Clock(100.0, {1: seen["fmax"]})},
            paths={"sync": "a → b: 1.00 ns logic, 2.00 ns routing"},
        )

    monkeypatch.setattr(flow, "build", build)
    return seen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--board", "arty"], "unknown board 'arty'; known: ulx3s-85f, "),
        (["--top", "doom"], "unknown top 'doom'; known: first_light, pattern"),
        (["--seeds", "1,x"], "--seeds must be different numbers such as 1,2,3, not '1,x'"),
        (["--seeds", "1,1"], "--seeds must be different numbers such as 1,2,3, not '1,1'"),
        (["--seeds", ""], "--seeds must be different numbers such as 1,2,3, not ''"),
        (["--freq", "33"], "frequency must be a multiple of 12.5 MHz up to 400 MHz, not 33 MHz"),
        (["--freq", "fast"], "Invalid value for '--freq'"),
        (
            ["--board", "icebreaker", "--freq", "25.175"],
            "frequency must be one that the PLL makes of 12 MHz, such as 25.125 or 25.5 MHz,"
            " not 25.175 MHz",
        ),
        (["--seed", "-1"], "Invalid value for '--seed'"),
        (["-o", __file__], "File exists"),
    ],
)
def test_bad_input(opsin: Called, arguments: list[str], message: str) -> None:
    code, out, err = opsin([*BUILD, *arguments])
    assert code == 2
    assert message in err
    assert [line.startswith("opsin: ") for line in err.strip().splitlines()[-1:]] == [True]
    assert "Traceback" not in err
    assert not out


def test_build(opsin: Called, built: dict[str, Any], tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    code, out, _ = opsin([*BUILD, "--seeds", "3,1", "--freq", "75", "--json", str(target)])
    assert code == 0
    assert "bitstream: build/fpga/ulx3s-85f/pattern/pattern.bit" in out
    assert "120.0 MHz" in out
    assert "a → b" in out
    assert (built["seeds"], built["frequency"]) == ([3, 1], 75.0)
    assert built["directory"] == Path("build/fpga/ulx3s-85f/pattern")
    assert Report.from_json(target.read_text()).top == "pattern"


def test_build_for_ice40(opsin: Called, built: dict[str, Any]) -> None:
    code, out, _ = opsin([*BUILD, "--board", "icebreaker"])
    assert code == 0
    assert "bitstream: build/fpga/icebreaker/pattern/pattern.bin" in out


def test_missed_clock(opsin: Called, built: dict[str, Any]) -> None:
    built["fmax"] = 90.0
    code, _, err = opsin([*BUILD, "-o", "here"])
    assert code == 1
    line = "opsin: clock sync reaches 90.0 MHz, not the 100.0 MHz asked for"
    assert err.strip().splitlines()[-1] == line
    assert (built["seeds"], built["directory"]) == ([1], Path("here"))


def test_tool_fails(opsin: Called, built: dict[str, Any]) -> None:
    built["fmax"] = flow.BuildError("yosys: ERROR: no (log: yosys.log)")
    code, _, err = opsin(BUILD)
    assert code == 2
    assert err.strip().splitlines()[-1] == "opsin: yosys: ERROR: no (log: yosys.log)"


def test_boards(opsin: Called) -> None:
    code, out, _ = opsin(["fpga", "boards"])
    assert code == 0
    assert "ulx3s-85f" in out
    assert "icebreaker" in out
    assert "first_light" in out
    assert out.count("block_") == 1  # not one line each
    assert "sharpen" in out


def test_build_one_block(opsin: Called, built: dict[str, Any]) -> None:
    code, out, _ = opsin(["fpga", "build", "--board", "ulx3s-85f", "--top", "block_sharpen"])
    assert code == 0
    assert built["top"] == "block_sharpen"
    assert "bitstream: build/fpga/ulx3s-85f/block_sharpen/block_sharpen.bit" in out


def test_blocks(opsin: Called, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, Any] = {}
    result = BlockReport(
        command="opsin", versions={}, board="b", part="P", constraint=175.0, seed=3, blocks={}
    )

    def measure(board: Any, **options: Any) -> BlockReport:
        seen.update(options, board=board.name)
        options["done"](result)
        return result

    monkeypatch.setattr(block_report, "measure_blocks", measure)
    target = tmp_path / "blocks.json"
    arguments = ["fpga", "blocks", "--seed", "3", "--json", str(target)]
    code, out, _ = opsin([*arguments, "--within", "0"])
    assert code == 0
    assert out.strip() == result.markdown()
    assert (seen["board"], seen["seed"], seen["routing"]()) == ("ulx3s-85f", 3, False)
    assert seen["directory"] == Path("build/fpga/ulx3s-85f")
    assert target.read_text() == result.to_json()
    opsin(arguments)
    assert seen["routing"]()
    code, _, err = opsin(["fpga", "blocks", "--board", "icebreaker"])
    assert code == 2
    assert err.startswith("opsin: --board must be one of ulx3s-85f, ")


def test_report(opsin: Called, built: dict[str, Any], tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    opsin([*BUILD, "--json", str(target)])
    code, out, _ = opsin(["fpga", "report", str(target), "--markdown"])
    assert code == 0
    assert out.strip() == Report.from_json(target.read_text()).markdown()
    code, out, _ = opsin(["fpga", "report", str(target)])
    assert code == 0
    assert "120.0 MHz" in out


@pytest.mark.parametrize("text", [None, "{}", "no"])
def test_report_refuses(opsin: Called, tmp_path: Path, text: str | None) -> None:
    target = tmp_path / "r.json"
    if text is not None:
        target.write_text(text)
    code, _, err = opsin(["fpga", "report", str(target)])
    assert code == 2
    expected = f"cannot read {target}: " if text is None else f"{target} is not a report"
    assert err.startswith(f"opsin: {expected}")
    assert err.count("\n") == 1


def test_json_is_json(opsin: Called, built: dict[str, Any], tmp_path: Path) -> None:
    target = tmp_path / "r.json"
    opsin([*BUILD, "--json", str(target)])
    assert json.loads(target.read_text())["rows"][0]["value"] == 5
