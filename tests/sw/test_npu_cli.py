# SPDX-License-Identifier: MIT
"""``opsin npu``: what works, and one line with exit code 2 for what does not."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from opsin_sim.qdq import onnx_runtime
from opsin_sw.cli import main
from opsin_sw.digits import MODEL, held_out


def opsin(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["npu", *map(str, arguments)])
    return int(caught.value.code or 0)


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Directory with ``m.opsin`` and ``x.npz``."""
    assert opsin("compile", MODEL, "-o", tmp_path / "m.opsin", "--batch", 4) == 0
    pictures, _ = held_out()
    np.savez(tmp_path / "x.npz", allow_pickle=False, image=pictures[:6])
    capsys.readouterr()
    return tmp_path


@pytest.mark.parametrize("backend", ["golden", "rtl"])
def test_run(backend: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: folder / name for name in ("m.opsin", "x.npz", "y.npz", "r.json")}
    assert opsin("run", files["m.opsin"], "--input", files["x.npz"], "--output", files["y.npz"],
                 "--backend", backend, "--report", files["r.json"]) == 0  # fmt: skip
    pictures, _ = held_out()
    expected = onnx_runtime(onnx.load(MODEL), {"image": pictures[:6]})["logits"]
    with np.load(files["y.npz"]) as arrays:
        assert arrays.files == ["logits"]
        assert np.array_equal(arrays["logits"], expected)
    report = json.loads(files["r.json"].read_text())
    assert report["backend"] == backend
    assert (report["cycles"] is None) == (backend == "golden")
    assert "multiplications" in capsys.readouterr().out


def test_compile_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert opsin("compile", MODEL, "-o", tmp_path / "m.opsin", "--config", "tiny") == 0
    assert "4 layers, 456,704 multiplications a sample, batch 1" in capsys.readouterr().out


def fails(words: str, capsys: pytest.CaptureFixture[str], *arguments: object) -> None:
    assert opsin(*arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_compile_errors(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = "-o", folder / "n.opsin"
    fails("none.onnx: No such file", capsys, "compile", folder / "none.onnx", *to)
    fails("not an ONNX model, or cut off", capsys, "compile", folder / "x.npz", *to)
    names = "must be tiny or small or base or large, not 'huge'"
    fails(names, capsys, "compile", MODEL, *to, "--config", "huge")
    fails("--batch", capsys, "compile", MODEL, *to, "--batch", 0)
    fails("No such file", capsys, "compile", MODEL, "-o", folder / "none" / "m.opsin")
    fails("-o", capsys, "compile", MODEL)
    (folder / "cut.onnx").write_bytes(MODEL.read_bytes()[:-100])
    fails("not an ONNX model, or cut off", capsys, "compile", folder / "cut.onnx", *to)
    unknown = onnx.load(MODEL)
    next(node for node in unknown.graph.node if node.op_type == "Conv").op_type = "ConvInteger"
    unknown.graph.node[0].op_type = "Erf"
    del unknown.graph.node[0].input[1:]
    del unknown.graph.node[0].attribute[:]
    onnx.save(unknown, folder / "unknown.onnx")
    fails("operator Erf (node '", capsys, "compile", folder / "unknown.onnx", *to)
    assert not (folder / "n.opsin").exists()


def test_run_errors(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program, x, y = folder / "m.opsin", folder / "x.npz", folder / "y.npz"
    to = "--output", y
    fails("none.npz: No such file", capsys, "run", program, "--input", folder / "none.npz", *to)
    fails("none: No such file", capsys, "run", folder / "none", "--input", x, *to)
    fails("not an Opsin program", capsys, "run", MODEL, "--input", x, *to)
    fails("not an .npz file", capsys, "run", program, "--input", program, *to)
    fails("not an .npz file", capsys, "run", program, "--input", MODEL, *to)
    fails("not 'gpu'", capsys, "run", program, "--input", x, *to, "--backend", "gpu")
    fails("no signals", capsys, "run", program, "--input", x, *to, "--wave", folder / "w.fst")
    there = folder / "none" / "y.npz"
    fails("no such directory", capsys, "run", program, "--input", x, "--output", there)
    fails("no such dir", capsys, "run", program, "--input", x, *to, "--report", there)
    assert not y.exists()
    np.save(folder / "x.npy", np.zeros(3))
    fails("not an .npz file", capsys, "run", program, "--input", folder / "x.npy", *to)
    np.savez(x, allow_pickle=False, image=np.zeros((2, 3), np.float32))
    fails("must be of shape (samples, 1, 8, 8)", capsys, "run", program, "--input", x, *to)
    np.savez(x, allow_pickle=False, image=np.zeros((2, 1, 8, 8)))
    fails("must be float32, not float64", capsys, "run", program, "--input", x, *to)
    np.savez(x, allow_pickle=False, a=np.zeros(1), b=np.zeros(1))
    fails("inputs must be 'image', not 'a', 'b'", capsys, "run", program, "--input", x, *to)
