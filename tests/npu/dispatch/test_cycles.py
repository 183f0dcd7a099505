# SPDX-License-Identifier: MIT
"""How long descriptors take, in cycles."""

from functools import cache

import numpy as np
import pytest

from opsin.config import NPU_BASE
from opsin.npu.isa import UNITS, Opcode, Unit
from opsin_sim.dispatch import DispatchBench, UnitLog, begin, collect, encode, image
from opsin_sim.harness import Model

_SIZE = 8192
_NEST = {"n0": 28, "n1": 14}
_STRIDES = {"local_n0_stride": 1, "local_n1_stride": 28}
_COPY = {"row_bytes": 320, "rows": 16, "planes": 1, "row_stride": 400}
CASES: dict[str, tuple[Opcode, dict[str, int], int]] = {
    "least": (Opcode.STORE, {"row_bytes": 16, "rows": 1, "planes": 1}, 26),
    "copy": (Opcode.STORE, _COPY, 26),
    "padded": (Opcode.LOAD, _COPY | {"top": 1, "before": 16, "after": 16, "planes": 2}, 29),
    "convolution": (
        Opcode.MATMUL,
        _NEST | {"k0": 16, "k1": 3, "k2": 3, "n2": 1, "n0_stride": 1, "n1_stride": 30},
        62,
    ),
    "requantize": (Opcode.REQUANTIZE, _NEST | _STRIDES, 35),
    "add": (Opcode.ADD, _NEST | _STRIDES, 44),
    "pool": (Opcode.MAXIMUM, _NEST | _STRIDES | {"k0": 3, "k1": 3}, 38),
}


@cache
def bench() -> Model:
    return Model(DispatchBench(NPU_BASE))


def run(
    program: list[bytes], counts: dict[Unit, int], **longest: int
) -> tuple[int, dict[Unit, UnitLog]]:
    """Run a job; return the cycle in which it started, and what the units did."""
    names = {f"{unit.name.lower()}_longest": 0 for unit in Unit}
    start = bench().get("time")
    begin(bench(), 0, **(names | longest))
    done, logs = collect(
        bench(), image(*program, size=_SIZE), dict.fromkeys(Unit, 0) | counts, timeout=20_000
    )
    assert bench().get("error") == 0
    assert done.cycles
    return start + 2, logs


@pytest.mark.parametrize("name", CASES)
def test_descriptors_follow_each_other(name: str) -> None:
    opcode, fields, cycles = CASES[name]
    unit = UNITS[opcode]
    start, logs = run([encode(opcode, **fields)] * 21, {unit: 21})
    begun = logs[unit].begun.astype(int)
    assert np.mean(np.diff(begun)) <= cycles
    assert begun[0] - start <= cycles + 60


def test_tokens_take_a_cycle() -> None:
    load = encode(Opcode.LOAD, row_bytes=16, rows=1, planes=1, signal=2)
    store = encode(Opcode.STORE, row_bytes=16, rows=1, planes=1, wait=2)
    nest = dict.fromkeys(["k0", "k1", "k2", "n0", "n1", "n2"], 1)
    matmul = encode(Opcode.MATMUL, **nest, wait=1, signal=8)
    counts = {Unit.LOAD: 20, Unit.ARRAY: 20, Unit.STORE: 20}
    _, logs = run([load, matmul, store] * 20, counts, load_longest=127, array_longest=127)
    late = logs[Unit.ARRAY].begun.astype(int) - logs[Unit.LOAD].ended
    assert late.min() == 1
    late = logs[Unit.STORE].begun.astype(int) - logs[Unit.ARRAY].ended
    assert late.min() == 1
    assert np.median(late) == 1
