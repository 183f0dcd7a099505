# SPDX-License-Identifier: MIT
"""Random programs: every command of every unit, in its order and after its tokens."""

from collections import defaultdict
from functools import cache
from typing import Any

import numpy as np
import pytest

from opsin.config import NPU
from opsin.npu import isa
from opsin.npu.isa import Unit
from opsin_sim.dispatch import DispatchBench, UnitLog, begin, collect, decode, image
from opsin_sim.dispatch.programs import Draw
from opsin_sim.golden.npu.check import Sizes, check
from opsin_sim.golden.npu.codes import UNITS, Error, Opcode
from opsin_sim.golden.npu.program import Fault, Step, follow
from opsin_sim.harness import Model

_MEMORY = 8192


@cache
def bench(name: str) -> Model:
    return Model(DispatchBench(NPU[name]))


def expect(name: str, memory: np.ndarray, entry: int, end: int) -> tuple[list[Step], Fault]:
    config = NPU[name]
    sizes = Sizes(
        rows=config.rows,
        scratchpad_words=config.scratchpad_words,
        accumulator_rows=config.accumulator_rows,
        memory_end=end,
    )

    def judge(opcode: Opcode, words: tuple[int, ...]) -> Error:
        return check(opcode, decode(isa.Opcode(opcode.value), words), sizes)

    steps = list(follow(memory, entry, end=end, check=judge))
    assert isinstance(steps[-1], Fault)
    return [step for step in steps[:-1] if isinstance(step, Step)], steps[-1]


def keeps_order(steps: list[Step], logs: dict[Unit, UnitLog]) -> None:
    """Tokens and fences, by the cycles in which commands began and finished."""
    given: dict[tuple[Unit, Unit], list[int]] = defaultdict(list)  # ends of those that gave them
    next_of = dict.fromkeys(Unit, 0)
    times = []
    for step in steps:
        unit = Unit(UNITS[step.opcode])
        n = next_of[unit]
        next_of[unit] += 1
        begun, ended = int(logs[unit].begun[n]), int(logs[unit].ended[n])
        assert begun < ended
        for other in Unit:
            if step.words[0] >> (12 + other.value) & 1:
                assert given[other, unit].pop(0) < begun
            if step.words[0] >> (16 + other.value) & 1:
                given[unit, other].append(ended)
        times.append((begun, ended, step.words[0] >> 8 & 1))
    for n, (begun, ended, fence) in enumerate(times):
        if fence:
            assert all(before[1] < begun for before in times[:n])
            assert all(behind[0] > ended for behind in times[n + 1 :])


def run_job(
    name: str, memory: np.ndarray, entry: int = 0, end: int = _MEMORY, **options: Any
) -> tuple[list[Step], Fault]:
    model = bench(name)
    steps, fault = expect(name, memory, entry, end)
    counts = {unit: sum(UNITS[step.opcode] == unit.value for step in steps) for unit in Unit}
    begin(model, entry, memory_end=end, load_longest=31, array_longest=63)
    _, logs = collect(model, memory, counts, timeout=200_000, **options)
    assert (model.get("error"), model.get("error_index")) == (fault.error, fault.position)
    assert model.get("error_address") == entry + 64 * fault.position
    for unit in Unit:
        mine = [step for step in steps if UNITS[step.opcode] == unit.value]
        assert len(logs[unit].words) == len(mine) == len(logs[unit].ended)
        for step, words in zip(mine, logs[unit].words, strict=True):
            assert words.tolist() == [*step.words[:15], step.position]
    keeps_order(steps, logs)
    return steps, fault


@pytest.mark.parametrize("name", ["tiny", "base"])
@pytest.mark.parametrize("seed", range(12))
def test_random_programs(name: str, seed: int) -> None:
    draw = Draw(NPU[name], seed, memory_end=_MEMORY)
    rng = draw.rng
    for turn in range(4):
        program = draw.body(int(rng.integers(1, 60)), level=0)
        entry = 64 * int(rng.integers(0, 4))
        memory = np.zeros(_MEMORY, np.uint8)
        memory[entry:] = image(*program, size=_MEMORY - entry)
        stall, idle = [0, 0.5, 0.9][turn % 3], [0, 0.3][turn % 2]
        run_job(name, memory, entry, seed=seed, stall=stall, idle=idle, latency=9)


def test_all_sorts_of_ends() -> None:
    """Faults in the middle of programs with loops: all before has been carried out."""
    errors = set()
    for seed in range(150):
        draw = Draw(NPU["tiny"], 100 + seed, memory_end=_MEMORY)
        program = draw.body(24, level=0)
        at = int(draw.rng.integers(len(program)))
        raw = bytearray(program[at])
        raw[draw.rng.choice([0, 4, 6, 7, 11, 12, 14, 20, 24])] ^= 1 << draw.rng.integers(8)
        program[at] = bytes(raw)
        memory = image(*program, size=_MEMORY)
        _, fault = run_job("tiny", memory, end=[_MEMORY, 900][seed % 2], seed=seed)
        errors.add(fault.error)
    wanted = {Error.NONE, Error.OPCODE, Error.RANGE, Error.COUNT, Error.MEMORY, Error.LOOP}
    assert wanted <= errors


@pytest.mark.parametrize("name", ["small", "large"])
def test_other_sizes(name: str) -> None:
    draw = Draw(NPU[name], 5, memory_end=_MEMORY)
    for _ in range(3):
        memory = image(*draw.body(40, level=0), size=_MEMORY)
        run_job(name, memory, stall=0.2, latency=60)
