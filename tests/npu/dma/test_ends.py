# SPDX-License-Identifier: MIT
"""Refused words and bursts, and commands that are given up."""

from typing import Any

import numpy as np
import pytest

from opsin.npu.dma import LoadUnit, StoreUnit
from opsin.npu.isa import Opcode
from opsin_sim.dispatch import encode
from opsin_sim.dma import Conduct, copy
from opsin_sim.golden.npu.copies import load, store

DEPTH = 64
UNITS: dict[Opcode, Any] = {Opcode.LOAD: LoadUnit, Opcode.STORE: StoreUnit}
SHAPE = {"row_bytes": 37, "rows": 3, "planes": 2, "row_stride": 71, "plane_stride": 233}
SHAPE |= {"local_row_stride": 10, "local_plane_stride": 30}
every_unit = pytest.mark.parametrize("opcode", UNITS, ids=lambda opcode: opcode.name)


def change(opcode: Opcode, memories: tuple[Any, Any], fields: dict[str, int]) -> None:
    """Do what the golden model does to memory and scratchpad."""
    if opcode is Opcode.STORE:
        store(memories[0], memories[1], fields)
    else:
        load(memories[1], memories[0], fields)


def run(
    opcode: Opcode, fields: list[dict[str, int]], then: list[dict[str, int]], conduct: Conduct,
    **options: Any,
) -> tuple[Any, bool]:  # fmt: skip
    """Carry out ``then`` after what ends ``fields``: memory outside of both must stay."""
    rng = np.random.default_rng(5)
    memory = rng.integers(0, 256, 512, np.uint8)
    scratchpad = rng.integers(0, 256, (DEPTH, 4), np.uint8)
    first = memory.copy(), scratchpad.copy()
    whole = memory.copy(), scratchpad.copy()
    stages = [first]  # after each command
    for f in fields:
        change(opcode, whole, f)
        stages.append((whole[0].copy(), whole[1].copy()))
    after: list[Any] = []

    def mend() -> None:
        conduct.refused = range(0)
        after.extend([memory.copy(), scratchpad.copy()])

    raw = [[encode(opcode, **f) for f in each] for each in (fields, then)]
    dut = UNITS[opcode](word_bytes=4, depth=DEPTH)
    log = copy(dut, raw[0], memory, scratchpad, conduct, then=raw[1], mend=mend, **options)
    for n, found in enumerate(after):
        known = np.stack([stage[n] for stage in stages])
        assert np.all((known == found).any(axis=0)), "only what is asked for may change"
    expected = after[0].copy(), after[1].copy()
    for f in then:
        change(opcode, expected, f)
    assert np.array_equal(memory, expected[0])
    assert np.array_equal(scratchpad, expected[1])
    complete = all(np.array_equal(a, b) for a, b in zip(after, whole, strict=True))
    return log, complete


@every_unit
@pytest.mark.parametrize("stall", [0.0, 0.6])
def test_stop(opcode: Opcode, stall: float) -> None:
    broken = 0
    for after in range(2, 90, 7):
        fields = [SHAPE | {"memory": 17 + n, "local": n} for n in range(2)]
        then = [SHAPE | {"memory": 6, "local": 3}]
        conduct = Conduct(latency=9, stall=stall, seed=after)
        log, complete = run(opcode, fields, then, conduct, stop_after=after)
        assert log.idle == 0
        broken += not complete
    assert broken > 4


@every_unit
@pytest.mark.parametrize("stall", [0.0, 0.6])
@pytest.mark.parametrize("row", range(3))
def test_refused(opcode: Opcode, row: int, stall: float) -> None:
    """The second of three commands is refused a word: the first finishes, none after it."""
    one = {"row_bytes": 37, "rows": 1, "planes": 1}
    fields = [
        one | {"memory": 3, "local": 0},
        SHAPE | {"memory": 101, "rows": 3, "planes": 1, "local": 12},
        one | {"memory": 403, "local": 50},
    ]
    word = (101 + 71 * row + 11) & -4
    conduct = Conduct(latency=5, stall=stall, refused=range(word, word + 1), seed=row)
    log, complete = run(opcode, fields, [fields[0]], conduct)
    assert not complete
    [(address, finished)] = log.errors
    assert finished == 1
    if opcode is Opcode.LOAD:
        assert address == word
    else:
        assert address in [first for first, _ in conduct.bursts]
        assert address <= word < address + 64


@every_unit
def test_much_may_be_owed(opcode: Opcode) -> None:
    """More than 16 bursts are on their way if memory is slow."""
    rows = {"row_bytes": 4, "rows": 60, "planes": 1, "row_stride": 8, "local_row_stride": 1}
    conduct = Conduct(latency=100)
    run(opcode, [], [rows], conduct)
    assert conduct.most >= 58


@every_unit
@pytest.mark.parametrize("at", [0, 4])
def test_bursts_are_whole(opcode: Opcode, at: int) -> None:
    """A row is as few bursts as its blocks."""
    conduct = Conduct()
    run(opcode, [], [{"row_bytes": 200, "rows": 1, "planes": 1, "memory": at + 56}], conduct)
    begin = (at + 56) & -4
    ends = [64, 128, 192, 256, at + 256]
    begins = [begin, *ends[:-1]]
    wanted = [(b, (e - b) // 4 - 1) for b, e in zip(begins, ends, strict=True) if b < e]
    assert conduct.bursts == wanted
