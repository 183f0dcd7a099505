# SPDX-License-Identifier: MIT
"""What the dispatcher does with a program, compared with the golden model."""

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig
from opsin.npu import isa
from opsin.npu.isa import Unit

from ..golden.npu.check import Sizes, check
from ..golden.npu.codes import UNITS, Error, Opcode
from ..golden.npu.program import Fault, Step, follow
from ..harness import Model
from .bench import UnitLog, begin, collect
from .descriptors import decode

__all__ = ["expect", "run_job"]


def expect(
    config: NpuConfig, memory: NDArray[np.uint8], entry: int, end: int
) -> tuple[list[Step], Fault]:
    """Return what a job carries out, and how it ends, if no token is missing."""
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


def _keeps_order(steps: list[Step], logs: dict[Unit, UnitLog]) -> None:
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
    model: Model,
    config: NpuConfig,
    memory: NDArray[np.uint8],
    *,
    entry: int = 0,
    end: int | None = None,
    **options: Any,
) -> tuple[list[Step], Fault]:
    """Run a job on a :class:`DispatchBench`; assert that all its commands and its end are right.

    ``options`` are those of the run.
    """
    end = len(memory) if end is None else end
    steps, fault = expect(config, memory, entry, end)
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
    _keeps_order(steps, logs)
    return steps, fault
