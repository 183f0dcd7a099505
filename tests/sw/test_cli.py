# SPDX-License-Identifier: MIT
"""The command line: help that reads well, mistakes that end in one line and exit code 2."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from opsin_sw import cli

COMMANDS = [
    [],
    ["demo"],
    ["isp"],
    ["isp", "run"],
    ["isp", "bench"],
    ["npu"],
    ["npu", "compile"],
    ["npu", "run"],
    ["fpga"],
    ["fpga", "build"],
    ["fpga", "boards"],
    ["export"],
    ["export", "isp"],
    ["waves"],
    ["doctor"],
]


def call(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    code = stop.value.code
    assert code is None or isinstance(code, int)
    return code or 0


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert call([*command, "--help"]) == 0
    out = capsys.readouterr().out
    assert "Usage:" in out
    assert "Traceback" not in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["isp", "run"],
        ["isp", "run", "missing.raw", "-o", "out.png"],
        ["isp", "run", "short.raw", "-o", "out.png", "--width", "64", "--height", "64"],
        ["isp", "run", "frame.npy", "-o", "out.png", "--phase", "XYZW"],
        ["isp", "run", "frame.npy", "-o", "out.png", "--phase", "RGGB", "--bits", "99"],
        ["isp", "run", "frame.npy", "-o", "out.png", "--phase", "RGGB", "--bits", "8"],
        ["isp", "run", "frame.npy", "-o", "out.png", "--phase", "RGGB", "--wb", "1"],
        ["isp", "run", "frame.npy", "-o", "out.png", "--phase", "RGGB", "--backend", "paper"],
        ["isp", "run", "frame.npy", "-o", "missing/out.png", "--phase", "RGGB"],
        ["isp", "run", "frame.npy", "-o", "out.png", "--phase", "RGGB", "--tuning", "none.toml"],
        ["isp", "run", "text.dng", "-o", "out.png"],
        ["isp", "run", "text.png", "-o", "out.png"],
        ["isp", "bench", "--data", "missing"],
        ["npu", "compile", "missing.onnx", "-o", "m.opsin"],
        ["npu", "compile", "text.onnx", "-o", "m.opsin"],
        ["npu", "compile", "truncated.onnx", "-o", "m.opsin"],
        ["npu", "compile", "digits.onnx", "-o", "m.opsin", "--config", "vast"],
        ["npu", "compile", "digits.onnx", "-o", "missing/m.opsin"],
        ["npu", "run", "missing.opsin", "--input", "x.npz", "--output", "y.npz"],
        ["npu", "run", "text.png", "--input", "x.npz", "--output", "y.npz"],
        ["fpga", "build", "--board", "nonsense", "--top", "first_light"],
        ["fpga", "build", "--board", "ulx3s-85f", "--top", "nonsense"],
        ["export", "isp"],
        ["export", "isp", "-o", "out", "--ppc", "3"],
        ["export", "isp", "-o", "out", "--depth", "17"],
        ["export", "isp", "-o", "out", "--bus", "nonsense"],
        ["export", "isp", "-o", "text.png"],
        ["waves", "missing.fst"],
        ["waves", "text.png"],
        ["waves", "text.png", "--png", "out.png"],
        ["demo", "--seed", "many"],
    ],
    ids=" ".join,
)
def test_mistakes(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from opsin_sw.digits import MODEL

    monkeypatch.chdir(tmp_path)
    Path("short.raw").write_bytes(bytes(1000))
    np.save("frame.npy", np.full((16, 16), 4000, np.uint16))
    for name in ("text.dng", "text.png", "text.onnx"):
        Path(name).write_text("this is no such file\n")
    Path("digits.onnx").write_bytes(MODEL.read_bytes())
    Path("truncated.onnx").write_bytes(MODEL.read_bytes()[:-1000])

    assert call(arguments) == 2
    captured = capsys.readouterr()
    assert len(captured.err.strip().splitlines()) == 1, captured.err
    assert captured.err.startswith("opsin: ")
    assert "Traceback" not in captured.out + captured.err


def test_help_is_quick_to_import() -> None:
    """``--help`` must not wait for the tools that commands use."""
    code = (
        "import sys, opsin_sw.cli; "
        "print([m for m in ('onnx', 'onnxruntime', 'skimage', 'sklearn', 'matplotlib', 'amaranth') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
