# SPDX-License-Identifier: MIT
"""Random programs on the core: memory, error, index and address are the golden model's."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from opsin.config import NPU
from opsin_sim.golden.npu import Error
from opsin_sim.npu.broken import broken_job
from opsin_sim.npu.jobs import random_job
from opsin_sim.npu.pair import Pair
from opsin_sim.npu.pipeline import pipeline_job
from opsin_sim.npu.relax import relaxed


@cache
def pair(name: str) -> Pair:
    made = Pair(NPU[name])
    made.initialize()
    made.look()
    return made


def memory(seed: int) -> dict[str, Any]:
    """Return how memory behaves: quick, far away, narrow, or not always there."""
    rng = np.random.default_rng(seed)
    return {
        "seed": seed,
        "stall": rng.choice([0, 0, 0.3, 0.8]),
        "idle": rng.choice([0, 0, 0.5]),
        "latency": int(rng.choice([0, 7, 60])),
        "bandwidth": [None, None, 4, 1.7][rng.integers(4)],
    }


def run(name: str, seed: int, jobs: int) -> None:
    for n in range(seed, seed + jobs):
        config, length = NPU[name], int(np.random.default_rng(n).integers(1, 40))
        job = random_job(config, n, length=length)
        if n % 4 == 1:
            job = relaxed(config, job, n)
        elif n % 8 == 6:
            job = pipeline_job(config, n, overdrawn=n % 16 == 14)
        pair(name).job(job, **memory(n))
        if n % 8 == 7:
            pair(name).look()


@pytest.mark.parametrize(("name", "jobs"), [("tiny", 60), ("base", 12)])
def test_random_programs(name: str, jobs: int) -> None:
    run(name, 0, jobs)
    pair(name).look()


@pytest.mark.parametrize("bits", [16, 20, 24])
def test_far_addresses(bits: int) -> None:
    """Memory, program and data on both sides of an address with a carry into so high a bit."""
    for seed in range(4):
        origin = 2**bits - (2600 if seed % 2 else 400)
        pair("tiny").job(random_job(NPU["tiny"], seed, origin=origin), **memory(seed))


def test_tokens_are_counted() -> None:
    """When tiles have flowed, there are as many tokens as before, and no more."""
    for seed in range(24):
        job = pipeline_job(NPU["tiny"], seed, overdrawn=True)
        assert pair("tiny").job(job, **memory(seed)).error is Error.TOKEN


def test_random_errors() -> None:
    """After each, clean jobs again."""
    errors = set()
    for seed in range(80):
        job = broken_job(NPU["tiny"], seed, length=1 + seed % 12)
        errors.add(pair("tiny").job(job, **memory(seed)).error)
    pair("tiny").look()
    assert errors == set(Error) - {Error.WATCHDOG, Error.STOPPED}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_ten_thousand_programs(seed: int) -> None:
    run("tiny", 1_000_000 * (seed + 1), 10_000)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small", "base", "large"])
def test_many_programs_of_larger_cores(name: str) -> None:
    run(name, 5_000_000, 1000)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tiny", "base"])
def test_many_errors(name: str) -> None:
    for seed in range(2000):
        job = broken_job(NPU[name], 10_000 + seed, length=1 + seed % 20)
        pair(name).job(job, **memory(seed))
        if seed % 8 == 7:
            pair(name).look()
