# SPDX-License-Identifier: MIT
"""How long copies take, in cycles."""

from typing import Any

import numpy as np
import pytest

from opsin.npu.dma import LoadUnit, StoreUnit
from opsin.npu.isa import Opcode
from opsin_sim.dispatch import encode
from opsin_sim.dma import Conduct, Log, copy

DEPTH = 256
WIDTH = 4


def run(opcode: Opcode, commands: list[dict[str, int]], latency: int = 1) -> Log:
    """Copy without stalls."""
    unit: Any = LoadUnit if opcode is Opcode.LOAD else StoreUnit
    memory, scratchpad = np.zeros(4096, np.uint8), np.zeros((DEPTH, WIDTH), np.uint8)
    dut = unit(word_bytes=WIDTH, depth=DEPTH)
    raw = [encode(opcode, **f) for f in commands]
    return copy(dut, raw, memory, scratchpad, Conduct(latency=latency))


def words(opcode: Opcode, f: dict[str, int]) -> int:
    """Count the cycles that the rows of a command are worth."""
    total = 0
    for plane in range(f["planes"]):
        for row in range(f["rows"]):
            at = (f["memory"] + plane * f.get("plane_stride", 0) + row * f["row_stride"]) % WIDTH
            remote = -(-(at + f["row_bytes"]) // WIDTH)
            local = -(-(f.get("before", 0) + f["row_bytes"] + f.get("after", 0)) // WIDTH)
            total += max(remote, local)
        total += (f.get("top", 0) + f.get("bottom", 0)) * local
    return total


SHAPES = {
    "long": {"row_bytes": 400, "rows": 1, "row_stride": 0},
    "long askew": {"row_bytes": 399, "rows": 2, "row_stride": 401, "memory": 3},
    "short": {"row_bytes": 4, "rows": 90, "row_stride": 8},
    "short askew": {"row_bytes": 2, "rows": 90, "row_stride": 5, "memory": 3},
    "mixed": {"row_bytes": 6, "rows": 60, "row_stride": 7, "memory": 1},
    "planes": {"row_bytes": 7, "rows": 2, "planes": 30, "row_stride": 9, "plane_stride": 33},
}
PADS = {
    "padded": {"row_bytes": 6, "rows": 20, "row_stride": 7, "before": 1, "after": 5, "top": 2},
    "below": {"row_bytes": 9, "rows": 20, "row_stride": 9, "before": 3, "bottom": 30},
}


@pytest.mark.parametrize("opcode", [Opcode.LOAD, Opcode.STORE], ids=lambda opcode: opcode.name)
@pytest.mark.parametrize("name", [*SHAPES, *PADS])
def test_no_pause(opcode: Opcode, name: str) -> None:
    """Between rows, planes and commands: but for a beginning and an end, the cycles are known."""
    if opcode is Opcode.STORE and name in PADS:
        pytest.skip("STORE has no padding")
    fields = {"planes": 1, "memory": 0, "local_row_stride": 1} | (SHAPES | PADS)[name]
    one = run(opcode, [fields], latency=20)
    assert one.finished[-1] - one.taken[0] <= words(opcode, fields) + 34
    log = run(opcode, [fields] * 4, latency=20)
    assert log.finished[-1] - one.finished[-1] <= 3 * words(opcode, fields) + 3


@pytest.mark.parametrize("opcode", [Opcode.LOAD, Opcode.STORE], ids=lambda opcode: opcode.name)
def test_little_commands(opcode: Opcode) -> None:
    """Commands of a few words follow each other like rows."""
    fields = {"row_bytes": 12, "rows": 1, "planes": 1}
    log = run(opcode, [fields] * 40, latency=4)
    assert log.finished[-1] - log.finished[9] == 90


def test_first_words() -> None:
    fields = {"row_bytes": 4, "rows": 1, "planes": 1}
    log = run(Opcode.LOAD, [fields])
    assert log.local[0] - log.taken[0] == 10
    assert log.finished[0] - log.local[0] == 1
    log = run(Opcode.STORE, [fields])
    assert log.local[0] - log.taken[0] == 5
    log = run(Opcode.LOAD, [fields | {"rows": 0, "top": 1}])
    assert log.local[0] - log.taken[0] == 6
