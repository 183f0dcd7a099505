# SPDX-License-Identifier: MIT
"""Random jobs that end in an error, in one way only."""

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from opsin.config import NpuConfig

from ..golden import npu
from ..golden.npu import Error, Opcode
from ..golden.npu.check import Sizes, check
from ..golden.npu.program import Fault, follow
from ..golden.npu.refused import refused_word
from ..golden.npu.touched import stored
from .jobs import Job, random_job, run_golden

__all__ = ["broken_job"]

_MUCH = 20_000
_COUNTS = ("row_bytes", "rows", "planes", "k0", "k1", "k2", "n0", "n1", "n2")


def _put(job: Job, at: int, descriptor: bytes) -> None:
    job.memory[job.entry + 64 * at :][:64] = np.frombuffer(descriptor, np.uint8)


def _opcode(job: Job, rng: np.random.Generator) -> Job:
    unknown = [n for n in range(256) if n not in list(Opcode)]
    at = int(rng.integers(len(job.program)))
    _put(job, at, bytes([rng.choice(unknown)]) + job.program[at][1:])
    return job


def _field(job: Job, rng: np.random.Generator) -> Job:
    """Write something else into a field, mostly an extreme."""
    at = int(rng.integers(len(job.program)))
    opcode = Opcode(job.program[at][0])
    names = [name for name in npu.FIELDS[opcode] if name not in ("opcode", "wait", "signal")]
    word, low, bits, _ = npu.FIELDS[opcode][names[rng.integers(len(names))]]
    value = [0, 1, (1 << bits) - 1, 1 << bits - 1, int(rng.integers(1 << bits))][rng.integers(5)]
    whole = int.from_bytes(job.program[at], "little")
    whole &= ~(((1 << bits) - 1) << (32 * word + low))
    _put(job, at, (whole | value << (32 * word + low)).to_bytes(64, "little"))
    return job


def _loop(job: Job, rng: np.random.Generator) -> Job:
    """Put a LOOP in the place of something else."""
    at = int(rng.integers(len(job.program)))
    length = int(rng.choice([0, 1, 2, 3, 15, 16, 65535]))
    _put(job, at, npu.encode(Opcode.LOOP, length=length, count=int(rng.integers(3))))
    return job


def _halt(job: Job, rng: np.random.Generator) -> Job:
    _put(job, int(rng.integers(len(job.program))), npu.encode(Opcode.HALT))
    return job


def _alignment(job: Job, rng: np.random.Generator) -> Job:
    return replace(job, entry=job.entry + int(rng.integers(1, 64)))


def _window(job: Job, rng: np.random.Generator) -> Job:
    """Cut some of its memory off."""
    if rng.random() < 0.5:
        return replace(job, begin=int(rng.integers(job.begin, job.entry + 200)))
    most = min(job.end - job.begin, 1 << int(rng.integers(1, 13)))
    return replace(job, end=job.end - int(rng.integers(1, max(2, most))))


def _wait(job: Job, rng: np.random.Generator) -> Job:
    """Let one of the last descriptors wait for a token too many."""
    at = len(job.program) - int(rng.integers(1, min(3, len(job.program)) + 1))
    raw = bytearray(job.program[at])
    raw[1] |= 1 << rng.integers(4, 8)
    _put(job, at, bytes(raw))
    return job


def _refused(job: Job, rng: np.random.Generator) -> Job:
    """Let memory refuse a byte; most often one that a LOAD or a STORE wants."""
    at = int(rng.integers(job.begin, job.end))
    program = [(Opcode(raw[0]), np.frombuffer(raw, "<u4").tolist()) for raw in job.program]
    copies = [npu.decode(*one) for one in program if one[0] in (Opcode.LOAD, Opcode.STORE)]
    copies = [f for f in copies if f["rows"]]
    if copies and rng.random() < 0.9:
        at = int(rng.choice(stored(copies[rng.integers(len(copies))])))
    return replace(job, refused=range(at, at + 1))


_WAYS: list[Callable[[Job, np.random.Generator], Job]] = [
    *(_opcode, _field, _field, _field, _loop, _halt, _alignment, _window, _wait),
    *(_refused, _refused, _refused),
]


def _refusals(config: NpuConfig, job: Job) -> int | None:
    """Count descriptors that memory refuses something to; None if the job does too much."""
    sizes = Sizes(
        rows=config.rows,
        scratchpad_words=config.scratchpad_words,
        accumulator_rows=config.accumulator_rows,
        memory_begin=job.begin,
        memory_end=job.end,
    )

    def judge(opcode: Opcode, words: tuple[int, ...]) -> Error:
        return check(opcode, npu.decode(opcode, words), sizes)

    much = found = 0
    steps = follow(
        job.memory, job.entry, begin=job.begin, end=job.end, refused=job.refused, check=judge
    )
    for step in steps:
        if isinstance(step, Fault):
            return found + (step.error is Error.READ)
        f = npu.decode(step.opcode, step.words)
        much += prod(f[name] for name in _COUNTS if name in f) + 10
        if much > _MUCH:
            return None
        found += refused_word(step.opcode, f, job.refused, config.rows) is not None
    raise AssertionError("a job must end")


def broken_job(config: NpuConfig, seed: int, **options: int) -> Job:
    """Return a job in which one thing has been changed; most of them end in an error.

    Which one does not depend on the order that tokens allow. ``options`` are those of
    :func:`~opsin_sim.npu.jobs.random_job`.
    """
    rng = np.random.default_rng(seed)
    while True:
        job = random_job(config, int(rng.integers(2**32)), **options)
        way = _WAYS[int(rng.integers(len(_WAYS)))]
        if way is _wait and any(raw[0] == Opcode.LOOP for raw in job.program):
            continue  # the others must all be in the queues
        job = way(job, rng)
        refusals = _refusals(config, job)
        if refusals is None or refusals > 1:
            continue
        machine = npu.Machine(
            rows=config.rows,
            scratchpad_words=config.scratchpad_words,
            accumulator_rows=config.accumulator_rows,
        )
        result = run_golden(machine, replace(job, memory=job.memory.copy()), races=True)
        if any(race.kind != "unwritten" for race in result.races):
            continue
        if result.error is not Error.TOKEN or way is _wait:
            return job
