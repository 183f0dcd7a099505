# SPDX-License-Identifier: MIT
"""Whole jobs in the golden model: order, races, and how they end."""

from dataclasses import replace

import numpy as np
import pytest

from opsin.config import NPU_BASE, NPU_TINY, NpuConfig
from opsin_sim.golden import npu
from opsin_sim.golden.npu import Error, Opcode, Space, encode
from opsin_sim.npu.broken import broken_job
from opsin_sim.npu.jobs import Job, image, initial_job, random_job, run_golden

_COPY = {"row_bytes": 4, "rows": 1, "planes": 1}
_ONES = dict.fromkeys(["k0", "k1", "k2", "n0", "n1", "n2"], 1)


def machine(config: NpuConfig = NPU_TINY) -> npu.Machine:
    return npu.Machine(
        rows=config.rows,
        scratchpad_words=config.scratchpad_words,
        accumulator_rows=config.accumulator_rows,
    )


def load(**fields: int) -> bytes:
    return encode(Opcode.LOAD, **(_COPY | {"memory": 1024} | fields))


def store(**fields: int) -> bytes:
    return encode(Opcode.STORE, **(_COPY | {"memory": 2048} | fields))


def matmul(**fields: int) -> bytes:
    return encode(Opcode.MATMUL, **(_ONES | fields))


def maximum(**fields: int) -> bytes:
    return encode(Opcode.MAXIMUM, **({"k0": 1, "k1": 1, "n0": 1, "n1": 1} | fields))


def requantize(**fields: int) -> bytes:
    return encode(Opcode.REQUANTIZE, **({"n0": 1, "n1": 1} | fields))


def run(*program: bytes, refused: range = range(0)) -> npu.Result:
    memory = image(*program, size=4096)
    return npu.execute(
        memory, 0, rows=4, scratchpad_words=1024, accumulator_rows=256, races=True, refused=refused
    )


@pytest.mark.parametrize("config", [NPU_TINY, NPU_BASE], ids=lambda config: config.name)
def test_order_does_not_matter(config: NpuConfig) -> None:
    first, others = machine(config), [machine(config) for _ in range(3)]
    for one in (first, *others):
        assert not run_golden(one, initial_job(config, 1), races=True).error
    for seed in range(25 if config is NPU_TINY else 5):
        job = random_job(config, seed)
        jobs = [replace(job, memory=job.memory.copy()) for _ in others]
        result = run_golden(first, job, races=True)
        assert (result.error, result.races) == (Error.NONE, [])
        for order, (other, again) in enumerate(zip(others, jobs, strict=True)):
            assert run_golden(other, again, order=order) == replace(result, races=[])
            assert np.array_equal(again.memory, job.memory)
            assert np.array_equal(other.local.scratchpad, first.local.scratchpad)
            assert np.array_equal(other.local.accumulator, first.local.accumulator)


def test_order_matters_when_descriptors_race() -> None:
    """The tokens of the random programs are needed, and orders differ."""
    raced = differed = 0
    for seed in range(30):
        job = random_job(NPU_TINY, seed, length=12)
        for at in range(len(job.program)):
            word = job.memory[job.entry + 64 * at :][:4]
            if word[0] in npu.UNITS:  # no fence, wait or signal
                word[1:3] &= np.array([0xE, 0xF0], np.uint8)
        found = set()
        for order in range(6):
            again = replace(job, memory=job.memory.copy())
            races = run_golden(machine(), again, order=order, races=True).races
            found.add(again.memory.tobytes())
        raced += any(race.kind != "unwritten" for race in races)
        differed += len(found) > 1
    assert raced > 20
    assert differed > 2


RACES = {
    "RAW": ([load(), store(signal=1), load(local=9)], Space.SCRATCHPAD, (0, 1)),
    "WAR": ([load(signal=8), store(wait=1), load()], Space.SCRATCHPAD, (1, 2)),
    "WAW": ([load(local=1, fence=1), load(), maximum(source=1)], Space.SCRATCHPAD, (1, 2)),
    "RAW in memory": (
        [load(), store(fence=1), load(fence=1), store(), load(local=8, memory=2050)],
        Space.MEMORY,
        (3, 4),
    ),
    "WAR in memory": ([load(fence=1), load(memory=2045, local=9), store()], Space.MEMORY, (1, 2)),
    "RAW of sums": (
        [load(row_bytes=64), matmul(fence=1), matmul(accumulate=1), requantize(local=90)],
        Space.ACCUMULATOR,
        (2, 3),
    ),
    "WAR of sums": (
        [load(row_bytes=64), matmul(fence=1), requantize(local=90), matmul()],
        Space.ACCUMULATOR,
        (2, 3),
    ),
    "RAW in the vector unit": (
        [load(row_bytes=64), maximum(fence=1), maximum(local=5), maximum(local=6, source=5)],
        Space.SCRATCHPAD,
        (2, 3),
    ),
    "RAW in a descriptor": (
        [
            load(row_bytes=64),
            maximum(fence=1, n0=2, local=1, local_n0_stride=1, source_n0_stride=1),
        ],
        Space.SCRATCHPAD,
        (1, 1),
    ),
    "program": ([load(), store(fence=1, memory=64)], Space.MEMORY, (1, 2)),
    "unwritten": ([store(local=1)], Space.SCRATCHPAD, (0, 0)),
    "RAW behind a token of one before": (
        [load(signal=8), load(local=1), store(wait=1, local=1)],
        Space.SCRATCHPAD,
        (1, 2),
    ),
}


@pytest.mark.parametrize("name", RACES)
def test_races(name: str) -> None:
    program, space, pair = RACES[name]
    (race,) = run(*program).races
    assert (race.kind, race.space) == (name.split()[0], space)
    assert (race.first, race.second) == pair


def test_no_races() -> None:
    """Directly and through others, within units, around fences."""
    words = load(row_bytes=64, signal=2)
    relay = [words, matmul(wait=1, signal=4), maximum(wait=2, local=1, source=0, signal=12)]
    relay += [maximum(wait=4, local=2, source=1, signal=8), store(wait=4, local=1)]
    relay += [store(wait=4, local=2, signal=1), load(wait=8, local=1)]
    assert run(*relay).races == []
    assert run(load(), load(), load(local=4, fence=1), store(fence=1), load()).races == []
    within = [words, matmul(wait=1), matmul(accumulate=1), matmul(accumulate=1)]
    assert run(*within).races == []
    in_place = maximum(fence=1, n0=4, local_n0_stride=1, source_n0_stride=1)
    assert run(words, in_place).races == []


ENDS = {
    "standstill": ([load(), matmul(wait=1), store(wait=8)], Error.TOKEN, 1, None),
    "of itself": ([store(), load(wait=1)], Error.TOKEN, 1, None),
    "before a fence": ([load(), matmul(wait=4), load(fence=1)], Error.TOKEN, 1, None),
    "256 tokens": (
        [encode(Opcode.LOOP, count=256, length=1), load(signal=2)], Error.TOKEN, 1, None
    ),
    "255 tokens": (
        [encode(Opcode.LOOP, count=255, length=1), load(signal=2)], Error.NONE, 2, None
    ),
    "read": ([load(), load(row_bytes=40, memory=1003)], Error.READ, 1, 1024),
    "write": ([load(), store(row_bytes=40, memory=1003)], Error.WRITE, 1, 1024),
    "descriptor": ([*[load(memory=0)] * 16, load()], Error.READ, 16, None),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_ends(name: str) -> None:
    program, error, index, address = ENDS[name]
    refused = range(1024, 1040) if error in (Error.READ, Error.WRITE) else range(0)
    if name in ("read", "write"):
        program = [raw.replace(struct_word(1024), struct_word(1100)) for raw in program]
    result = run(*program, refused=refused)
    address = 64 * index if address is None else address
    assert (result.error, result.index, result.address) == (error, index, address)


def struct_word(value: int) -> bytes:
    return value.to_bytes(4, "little")


def test_settled_bytes_are_settled() -> None:
    """Whatever the order, what a job that is cut short leaves differs only where it is told."""
    told = 0
    for seed in range(80):
        job = broken_job(NPU_TINY, seed, length=1 + seed % 20)
        again = [replace(job, memory=job.memory.copy()) for _ in range(3)]
        result = run_golden(machine(), job)
        for order, other in enumerate(again):
            ended = run_golden(machine(), other, order=order)
            assert (ended.error, ended.index) == (result.error, result.index)
            differs = other.memory != job.memory
            if result.unsettled is not None:
                differs &= ~result.unsettled
                told += 1
            assert not differs.any()
    assert told > 10


def test_window() -> None:
    """Nothing outside of the job's memory is read or written, nor has it to be there."""
    job = Job(image(load(memory=1020, row_bytes=4), store(memory=512)), 0, 0, 1024)
    assert not run_golden(machine(), job).error
    assert run_golden(machine(), replace(job, end=1023)).error is Error.MEMORY
    with pytest.raises(ValueError, match="window must lie in"):
        run_golden(machine(), replace(job, end=5000))
    with pytest.raises(TypeError, match="one-dimensional"):
        npu.Machine(rows=4, scratchpad_words=8, accumulator_rows=4).run(np.zeros(9, np.int8), 0)
