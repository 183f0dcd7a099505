# SPDX-License-Identifier: MIT
"""Every way in which a job can go wrong on the core; after each, a clean job, bit by bit."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from opsin.config import NPU_TINY
from opsin.npu.isa import Error
from opsin_sim.golden.npu import Opcode, encode
from opsin_sim.npu.core_model import CoreModel, Job
from opsin_sim.npu.small_job import STEPS, SmallJob, small_job

SLOW: dict[str, Any] = {"latency": 20, "stall": 0.3, "idle": 0.3}


@cache
def core() -> CoreModel:
    return CoreModel(NPU_TINY)


@cache
def clean(seed: int) -> SmallJob:
    return small_job(NPU_TINY, seed)


@pytest.fixture
def job() -> Iterator[SmallJob]:
    """Give a job to break; run a clean one after the test's."""
    yield small_job(NPU_TINY, 1)
    other = clean(2)
    memory = other.memory.copy()
    done = core().run(memory, other.entry, begin=other.begin, end=other.end, **SLOW)
    assert (done.error, done.index) == (Error.NONE, STEPS.index("halt"))
    assert np.array_equal(memory, other.expected)


def run(job: SmallJob, **options: Any) -> Job:
    """Run it; what is outside its window stays, what is inside changes only where it may."""
    before = job.memory.copy()
    window = {"begin": job.begin, "end": job.end}
    done = core().run(job.memory, options.pop("entry", job.entry), **(window | options))
    changed = job.memory != before
    out = job.fields["store"]
    changed[out["memory"] : out["memory"] + out["row_bytes"]] = False
    assert not changed.any()
    return done


def at(done: Job, error: Error, job: SmallJob, step: str, address: int | None = None) -> None:
    """Check where a job has ended."""
    place = job.address(step) if address is None else address
    assert (done.error, done.index, done.address) == (error, STEPS.index(step), place)


def test_no_error(job: SmallJob) -> None:
    at(run(job), Error.NONE, job, "halt")
    assert np.array_equal(job.memory, job.expected)


@pytest.mark.parametrize("entry", [1, 32, 1023])
def test_entry_not_aligned(job: SmallJob, entry: int) -> None:
    done = run(job, entry=entry)
    assert (done.error, done.index, done.address) == (Error.ALIGNMENT, 0, entry)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("opcode", [0, 11, 255])
def test_opcodes(job: SmallJob, step: str, opcode: int) -> None:
    job.memory[job.address(step)] = opcode
    at(run(job), Error.OPCODE, job, step)


PLACES: dict[str, tuple[Callable[[int, int, int], int], bool]] = {
    "first": (lambda begin, end, size: begin, True),
    "before": (lambda begin, end, size: begin - 1, False),
    "last": (lambda begin, end, size: end - size, True),
    "behind": (lambda begin, end, size: end - size + 1, False),
    "zero": (lambda begin, end, size: 0, False),
    "around": (lambda begin, end, size: 2**32 - 1, False),
}


COPIES = ["weights", "vectors", "parameters", "store"]


@pytest.mark.parametrize(
    ("step", "place"),
    # a STORE to the first byte would meet descriptors
    sorted({(step, place) for step in COPIES for place in PLACES} - {("store", "first")}),
)
def test_window(job: SmallJob, step: str, place: str) -> None:
    """The first and the last byte of a copy, just inside and just outside."""
    at_place, good = PLACES[place]
    memory = at_place(job.begin, job.end, job.fields[step]["row_bytes"])
    job.change(step, memory=memory)
    job.fields[step]["memory"] = memory
    done = run(job)
    at(done, *((Error.NONE, job, "halt") if good else (Error.MEMORY, job, step)))


def test_descriptors_in_window(job: SmallJob) -> None:
    """The job's memory ends in the midst of its descriptors, or begins behind the first."""
    at(run(job, end=job.begin + 5 * 64), Error.MEMORY, job, "weights")  # whose data is outside
    window = {"begin": job.begin + 1, "end": job.end}
    at(run(job, **window), Error.MEMORY, job, "weights")


@pytest.mark.parametrize("step", STEPS)
def test_fetch_refused(job: SmallJob, step: str) -> None:
    last = job.address(step) + 60
    done = run(job, refused={"reads": range(last, last + 1)}, **SLOW)
    at(done, Error.READ, job, step)


@pytest.mark.parametrize("step", ["weights", "vectors", "parameters"])
def test_load_refused(job: SmallJob, step: str) -> None:
    first = job.fields[step]["memory"]
    last = first + job.fields[step]["row_bytes"] - 4
    for address in first, last:
        done = run(job, refused={"reads": range(address, address + 1)}, **SLOW)
        at(done, Error.READ, job, step, address)


def test_store_refused(job: SmallJob) -> None:
    first = job.fields["store"]["memory"]
    for address in first, first + job.fields["store"]["row_bytes"] - 1:
        done = run(job, refused={"writes": range(address, address + 1)}, **SLOW)
        # of a burst is told where it begins
        assert (done.error, done.index) == (Error.WRITE, STEPS.index("store"))
        assert done.address <= address < done.address + 64
        assert done.address % 64 == 0 or done.address == first


def test_standstill(job: SmallJob) -> None:
    """Tokens that never come."""
    job.change("vectors", signal=0)
    at(run(job, watchdog=0), Error.TOKEN, job, "matmul")


def test_excess(job: SmallJob) -> None:
    """A token too many, of a loop that is never waited for."""
    job.change("weights", signal=1)
    job.put("vectors", encode(Opcode.LOOP, count=300, length=1))
    job.change("parameters", signal=8)
    done = run(job)
    at(done, Error.TOKEN, job, "parameters")


@pytest.mark.parametrize("wait", [0, 40, 90, 150, 220, 300, 380])
def test_stuck_memory(job: SmallJob, wait: int) -> None:
    """Memory stops to do anything; the job ends, and the next begins when memory answers again."""
    before = job.memory.copy()
    core().begin(job.memory, job.entry, begin=job.begin, end=job.end, watchdog=500)
    core().model.run(memory={"reads": job.memory, "writes": job.memory}, cycles=wait + 1)
    stuck = core().model.get("done") == 0
    core().model.run(until="done", timeout=2500)
    error = Error(core().model.get("error"))
    assert error is (Error.WATCHDOG if stuck else Error.NONE) or wait >= 300
    outside = np.r_[0 : job.begin, job.end : len(before)]
    assert np.array_equal(job.memory[outside], before[outside])
    # what it still wants belongs to this memory
    core().model.run(memory={"reads": job.memory, "writes": job.memory}, cycles=200)
    assert np.array_equal(job.memory[outside], before[outside])


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("matmul", {"k0": 60}),
        ("requantize", {"n1": 60}),
        ("vectors", {"rows": 250}),
        ("vectors", {"rows": 0, "top": 250, "bottom": 250}),
        ("store", {"planes": 250}),
    ],
)
def test_watchdog_of_a_long_command(job: SmallJob, step: str, fields: dict[str, int]) -> None:
    """Whatever a unit does over and over again keeps the watchdog quiet."""
    job.change(step, **fields)
    done = run(job, watchdog=150, latency=40)
    at(done, Error.NONE, job, "halt")
    assert done.cycles > 1000


@pytest.mark.parametrize("wait", range(0, 400, 23))
@pytest.mark.parametrize("conduct", [{}, SLOW])
def test_stop(job: SmallJob, wait: int, conduct: dict[str, Any]) -> None:
    """A job is told to end at any time."""
    before = job.memory.copy()
    core().begin(job.memory, job.entry, begin=job.begin, end=job.end)
    served = {"reads": job.memory, "writes": job.memory}
    core().model.run(memory=served, cycles=wait + 1, **conduct)
    ended = core().model.get("done")
    core().model.set("stop", 1)
    core().model.run(memory=served, cycles=1, **conduct)
    core().model.set("stop", 0)
    done = core().finish(job.memory, timeout=1000, **conduct)
    assert ended or done.error in (Error.STOPPED, Error.NONE)
    if wait < 200:  # far from its end
        assert done.error is Error.STOPPED
    if done.error is Error.NONE:
        assert np.array_equal(job.memory, job.expected)
    outside = np.r_[0 : job.begin, job.end : len(before)]
    assert np.array_equal(job.memory[outside], before[outside])


def test_stop_between_jobs(job: SmallJob) -> None:
    """Nothing comes of it."""
    core().model.set("stop", 1)
    core().model.run(cycles=3)
    core().model.set("stop", 0)
    at(run(job), Error.NONE, job, "halt")


@pytest.mark.parametrize("wait", range(0, 400, 37))
def test_reset(job: SmallJob, wait: int) -> None:
    """Reset in mid-job, of memory too."""
    core().begin(job.memory, job.entry, begin=job.begin, end=job.end)
    core().model.run(memory={"reads": job.memory, "writes": job.memory}, cycles=wait + 1, latency=9)
    core().model.reset()
    assert core().model.get("done") == 0
    at(run(small_job(NPU_TINY, 3)), Error.NONE, job, "halt")


@pytest.mark.parametrize("seed", range(4))
def test_counters(job: SmallJob, seed: int) -> None:
    """Counters tell what went where."""
    done = run(job, seed=seed, latency=7 * seed, stall=0.1 * seed)
    counters = done.counters
    assert counters["cycles"] == done.cycles
    assert counters["released"] == 6
    assert [counters[f"{unit}_begun"] for unit in ("load", "array", "vector", "store")] == [
        *(3, 1, 1, 1)
    ]
    assert done.bytes_read == 4 * (counters["fetch_words"] + counters["load_words"])
    assert counters["fetch_words"] >= 16 * len(STEPS)
    assert counters["load_words"] == 4 + 12 + 8
    assert done.bytes_written == 4 * counters["store_words"] == 48
    assert counters["array_vectors"] == counters["vector_words"] == 12
    assert counters["array_tiles"] == 1
    assert counters["memory_busy"] + counters["memory_both"] == (
        counters["fetch_words"] + counters["load_words"] + counters["store_words"]
    )
    for name, value in counters.items():
        assert value <= done.cycles, name
