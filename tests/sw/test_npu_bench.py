# SPDX-License-Identifier: MIT
"""``opsin npu bench``: predicted for a few rows, measured for the smallest."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from opsin.config import NPU
from opsin_sw.bench_npu.cases import CASES, QUICK, Case
from opsin_sw.bench_npu.run import Bench
from opsin_sw.bench_npu.sliding import blocks, sliding
from opsin_sw.bench_npu.table import figures
from opsin_sw.bench_npu.workloads import RESNET_18, RESNET_50, Shape, conv, gemm
from opsin_sw.cli import main
from opsin_sw.compiler.graph import Convolution
from opsin_sw.errors import UserError


def opsin(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["npu", "bench", *map(str, arguments)])
    return int(caught.value.code or 0)


def test_networks() -> None:
    assert sum(shape.count for shape in RESNET_50) == 53
    assert len(RESNET_18) == 10
    assert sum(shape.count * shape.geometry.macs for shape in RESNET_50) == 3_855_925_248
    assert {case.name for case in CASES} >= set(QUICK)


@pytest.mark.parametrize("name", ["gemm-128", "resnet18-c3", "resnet18-c9", "gemv-int8"])
def test_predicted_rows_reach_what_they_have_to(name: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    bench = Bench("base", "golden")
    (row, *_) = figures([bench.run(case)])
    assert row.reached


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert opsin("--backend", "golden", "--rows", "gemm-128", "--json", tmp_path / "b.json") == 0
    assert "GEMM" in capsys.readouterr().out
    values = json.loads((tmp_path / "b.json").read_text())
    assert values["command"] == "opsin npu bench"
    names = [row["name"] for row in values["rows"]]
    assert names[0] == "GEMM 128×256×256: cycles"
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rows", "none"], "rows must be among scratchpad-512, "),
        (["--backend", "gpu"], "backend must be rtl or golden, not 'gpu'"),
        (["--config", "huge"], "configuration must be tiny or small or base or large, not 'huge'"),
        (["--json", "/none/b.json"], "/none/b.json: no such directory"),
    ],
)
def test_mistakes(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert opsin(*arguments) == 2
    assert words in capsys.readouterr().err


def test_dense_groups_compute_the_same() -> None:
    shape = Shape("", conv(6, 32, 32, 3, groups=32))
    case = Case(name="x", title="x", shapes=(shape,), measure="cycles", dense=True)
    (layer,) = case.graph(shape, 16).layers
    assert isinstance(layer, Convolution)
    assert layer.geometry.groups == 2
    assert layer.weights.shape == (32, 3, 3, 16)
    for output in range(32):
        others = np.arange(16) != output % 16
        assert not layer.weights[output, :, :, others].any()
        assert layer.weights[output, :, :, ~others].any()


def test_hardware() -> None:
    """What is measured is what is predicted, and the golden model's memory."""
    shape = Shape("", gemm(20, 16, 12))
    case = Case(name="x", title="x", shapes=(replace(shape, count=3),), measure="utilisation")
    measured, predicted = (Bench("tiny", backend).run(case) for backend in ("rtl", "golden"))
    assert measured.cycles % 3 == 0
    assert abs(predicted.cycles / measured.cycles - 1) < 0.03
    assert measured.counters["array_vectors"] == 3 * 20 * 4 * 3
    names = [row.name for row in figures([measured])]
    assert len(names) == len(set(names))


def test_depthwise_array_alone() -> None:
    """As many cycles as ``docs/npu-array.md`` says, and a few for the results that are stored."""
    cases = {case.name: case for case in CASES}
    bench = Bench("base", "golden")
    planes = 64
    least = planes * 49
    found = bench.run(cases["depthwise-7-array"])
    assert least < found.cycles < 1.1 * least + 200
    assert found.value == pytest.approx(planes * 49 * 9 / found.cycles)
    row = next(row for row in figures([found]) if row.name.endswith("diagonal"))
    assert row.unit == "times"


@pytest.mark.parametrize(("size", "most"), [((112, 112), 1024), ((7, 7), 1024), ((300, 5), 256)])
def test_blocks(size: tuple[int, int], most: int) -> None:
    """Every sum is made once."""
    times = np.zeros(size, int)
    for x, y in blocks(*size, most):
        times[slice(*x), slice(*y)] += 1
        assert (x[1] - x[0]) * (y[1] - y[0]) <= most
    assert (times == 1).all()


def test_depthwise_array_alone_is_refused_if_not_3_by_3() -> None:
    for kernel, stride in ((5, 1), (3, 2), (1, 1)):
        with pytest.raises(ValueError, match="kernel must be 3 × 3 with stride 1 and padding 1"):
            sliding(conv(14, 16, 16, kernel, stride, groups=16), NPU["base"], multiply=True)
    few = replace(NPU["tiny"], scratchpad_words=256)
    with pytest.raises(ValueError, match="blocks must fit the scratchpad"):
        sliding(conv(28, 16, 16, 3, groups=16), few, multiply=True)


def test_other_bytes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench("tiny", "rtl")

    class Broken:
        def run(self, memory: np.ndarray, entry: int, *, timeout: int) -> None:
            raise UserError("the program stopped at descriptor 0: OPCODE")

    monkeypatch.setattr(bench, "_core", lambda config: Broken())
    case = Case(name="x", title="x", shapes=(Shape("", gemm(4, 4, 4)),), measure="cycles")
    with pytest.raises(UserError, match="the program stopped"):
        bench.run(case)
