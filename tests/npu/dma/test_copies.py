# SPDX-License-Identifier: MIT
"""LOAD and STORE of every shape and alignment, against the golden model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.config import NPU_TINY
from opsin.npu.dma import LoadUnit, StoreUnit
from opsin.npu.isa import Opcode
from opsin_sim.dispatch import encode
from opsin_sim.dispatch.programs import Draw
from opsin_sim.dma import Conduct, copy
from opsin_sim.golden.npu.copies import load, store

DEPTH = 64
SIZE = 512
CONDUCTS = {
    "prompt": Conduct(),
    "late": Conduct(latency=40),
    "stalled": Conduct(latency=7, stall=0.5),
    "slow": Conduct(latency=20, stall=0.8),
}


def memories(width: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, SIZE, np.uint8), rng.integers(0, 256, (DEPTH, width), np.uint8)


def check_load(width: int, commands: list[dict[str, int]], conduct: Conduct) -> None:
    memory, scratchpad = memories(width, 1)
    expected, before = scratchpad.copy(), memory.copy()
    for fields in commands:
        load(expected, memory, fields)
    raw = [encode(Opcode.LOAD, **fields) for fields in commands]
    copy(LoadUnit(word_bytes=width, depth=DEPTH), raw, memory, scratchpad, replace(conduct))
    assert np.array_equal(scratchpad, expected)
    assert np.array_equal(memory, before)


def check_store(width: int, commands: list[dict[str, int]], conduct: Conduct) -> None:
    memory, scratchpad = memories(width, 2)
    expected, before = memory.copy(), scratchpad.copy()
    for fields in commands:
        store(expected, scratchpad, fields)
    raw = [encode(Opcode.STORE, **fields) for fields in commands]
    copy(StoreUnit(word_bytes=width, depth=DEPTH), raw, memory, scratchpad, replace(conduct))
    assert np.array_equal(memory, expected)
    assert np.array_equal(scratchpad, before)


CHECKS: dict[Opcode, Any] = {Opcode.LOAD: check_load, Opcode.STORE: check_store}
ROWS = {"rows": 2, "planes": 1, "local_row_stride": 5, "row_stride": 53}


@pytest.mark.parametrize("width", [2, 4])
def test_load_alignments(width: int) -> None:
    for before in range(width):
        commands = [
            ROWS | {"memory": 64 + at, "row_bytes": size, "before": before, "after": size % 3}
            for at in range(width)
            for size in range(1, 2 * width + 1)
        ]
        check_load(width, commands, Conduct(latency=3))


@pytest.mark.parametrize("width", [2, 8])
def test_store_alignments(width: int) -> None:
    commands = [
        ROWS | {"memory": 64 + at, "row_bytes": size, "local": at}
        for at in range(width)
        for size in range(1, 3 * width + 1)
    ]
    check_store(width, commands, Conduct(latency=3))


def draw_short(draw: Draw, opcode: Opcode) -> dict[str, int]:
    """Draw a copy of few words, but more than one if that is easy."""
    while True:
        f = draw.fields(opcode)
        rows = f["planes"] * (f["rows"] + f.get("top", 0) + f.get("bottom", 0))
        size = f["row_bytes"] + f.get("before", 0) + f.get("after", 0)
        if rows * (size // draw.config.word_bytes + 1) <= 100 and draw.rng.random() * 8 < rows:
            return f | ({"fill": draw.between(0, 255)} if opcode is Opcode.LOAD else {})


@pytest.mark.parametrize("conduct", CONDUCTS)
@pytest.mark.parametrize("width", [4, 16])
@pytest.mark.parametrize("opcode", CHECKS, ids=lambda opcode: opcode.name)
def test_random(opcode: Opcode, width: int, conduct: str) -> None:
    config = replace(NPU_TINY, rows=width, cols=width, scratchpad_words=DEPTH)
    draw = Draw(config, 3 + width, memory_end=SIZE)
    commands = [draw_short(draw, opcode) for _ in range(8)]
    CHECKS[opcode](width, commands, CONDUCTS[conduct])


def test_pads_alone() -> None:
    """Rows above and below, with and without rows between them; bytes around."""
    pads = {"row_bytes": 3, "planes": 2, "local_row_stride": 2, "local_plane_stride": 20}
    commands = [
        pads | {"rows": rows, "top": top, "bottom": bottom, "before": before, "fill": 7 + rows}
        for rows in range(3)
        for top in range(3)
        for bottom in range(3)
        for before in (0, 5)
        if rows + top + bottom
    ]
    commands = [f | {"memory": 100 + n, "row_stride": -13} for n, f in enumerate(commands)]
    check_load(4, commands, Conduct(latency=5))


def test_long_counts() -> None:
    """More rows than 16 bits count: all in one place."""
    one = {"row_bytes": 4, "planes": 1, "top": 200, "bottom": 250, "rows": 300}
    check_load(4, [one], Conduct())
    check_load(4, [{"row_bytes": 1, "planes": 1, "before": 95, "after": 159, "rows": 1}], Conduct())


@pytest.mark.parametrize("unit", [LoadUnit, StoreUnit])
def test_rejects(unit: Any) -> None:
    with pytest.raises(ValueError, match="word_bytes must be a power of two from 2 on, not 1"):
        unit(word_bytes=1, depth=DEPTH)
