# SPDX-License-Identifier: MIT
"""Programs: every command of every unit, in its order and after its tokens."""

from functools import cache

import numpy as np
import pytest

from opsin.config import NPU, NPU_TINY
from opsin.npu.isa import Opcode
from opsin_sim.dispatch import DispatchBench, encode, image
from opsin_sim.dispatch.jobs import run_job
from opsin_sim.dispatch.programs import Draw
from opsin_sim.golden.npu.codes import Error
from opsin_sim.harness import Model

_MEMORY = 8192


@cache
def bench(name: str) -> Model:
    return Model(DispatchBench(NPU[name]))


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
        run_job(
            bench(name),
            NPU[name],
            memory,
            entry=entry,
            seed=seed,
            stall=stall,
            idle=idle,
            latency=9,
        )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1010))
def test_many_random_programs(seed: int) -> None:
    for turn in range(300):
        draw = Draw(NPU_TINY, 1000 * seed + turn, memory_end=_MEMORY)
        memory = image(*draw.body(int(draw.rng.integers(1, 100)), level=0), size=_MEMORY)
        stall, latency = [0, 0.3, 0.8][turn % 3], [0, 5, 60][turn % 7 % 3]
        run_job(bench("tiny"), NPU_TINY, memory, seed=turn, stall=stall, latency=latency)


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
        _, fault = run_job(bench("tiny"), NPU_TINY, memory, end=[_MEMORY, 900][seed % 2], seed=seed)
        errors.add(fault.error)
    wanted = {Error.NONE, Error.OPCODE, Error.RANGE, Error.COUNT, Error.MEMORY, Error.LOOP}
    assert wanted <= errors


@pytest.mark.parametrize("name", ["small", "large"])
def test_other_sizes(name: str) -> None:
    draw = Draw(NPU[name], 5, memory_end=_MEMORY)
    for _ in range(3):
        memory = image(*draw.body(40, level=0), size=_MEMORY)
        run_job(bench(name), NPU[name], memory, stall=0.2, latency=60)


def loop(length: int, count: int = 2, **steps: int) -> bytes:
    return encode(Opcode.LOOP, length=length, count=count, **steps)


def load(**fields: int) -> bytes:
    return encode(Opcode.LOAD, row_bytes=3, rows=1, planes=1, local=500, memory=1000, **fields)


ONE = load(local_loop0=1, memory_loop0=2, local_loop1=3, memory_loop1=4)
LOOPS = {
    "longest": ([loop(15), *[ONE] * 16], Error.NONE),
    "no body": ([loop(0), ONE], Error.LOOP),
    "too long": ([loop(16), *[ONE] * 16], Error.LOOP),
    "much too long": ([loop(0x8001), *[ONE] * 16], Error.LOOP),
    "no count": ([loop(1, 0), ONE], Error.COUNT),
    "no count, no body": ([loop(0, 0), ONE], Error.LOOP),
    "inner ends with outer": ([loop(4), ONE, loop(2, 3), ONE, ONE, ONE], Error.NONE),
    "inner ends behind outer": ([loop(3), ONE, loop(2, 3), ONE, ONE, ONE], Error.LOOP),
    "inner far behind outer": ([loop(1), loop(15), *[ONE] * 16], Error.LOOP),
    "inner last": ([loop(2), ONE, loop(1), ONE], Error.LOOP),
    "longest in longest": ([loop(15, 3), loop(14, 3), *[ONE] * 16], Error.NONE),
    "side by side": ([loop(6), loop(1, 3), ONE, ONE, loop(2, 2), ONE, ONE, ONE], Error.NONE),
    "at level 2": ([loop(4), loop(3), loop(1), ONE, ONE, ONE], Error.LOOP),
    "halt at level 0": ([loop(2), ONE], Error.LOOP),
    "halt at level 1": ([loop(3), ONE, loop(1)], Error.LOOP),
    "halt behind": ([loop(1), ONE], Error.NONE),
    "opcode in a later round": ([loop(1, 9, step_1=1000), ONE], Error.MEMORY),
    "range in a later round": ([loop(1, 9, step_0=100), ONE], Error.RANGE),
    "both numbers": (
        [loop(3, 4, step_0=-7, step_1=1, step_2=5), ONE, loop(1, 5, step_2=3, step_3=-9), ONE],
        Error.NONE,
    ),
    "left and entered": ([loop(1, 2, step_0=9), ONE, ONE, loop(1, 2, step_1=9), ONE], Error.NONE),
    "many": ([loop(1, 1500, step_3=7), load()], Error.NONE),
}


@pytest.mark.parametrize("latency", [0, 70])
@pytest.mark.parametrize("name", LOOPS)
def test_loops(name: str, latency: int) -> None:
    program, error = LOOPS[name]
    memory = image(*program, size=_MEMORY)
    _, fault = run_job(bench("tiny"), NPU_TINY, memory, latency=latency)
    assert fault.error == error
