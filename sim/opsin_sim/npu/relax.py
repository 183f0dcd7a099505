# SPDX-License-Identifier: MIT
"""Jobs with fewer fences: what is behind a loop's round may begin before it has ended."""

from dataclasses import replace

import numpy as np

from opsin.config import NpuConfig

from ..golden import npu
from .jobs import Job, run_golden

__all__ = ["relaxed"]

_FENCE = 1  # of a descriptor's byte 1


def relaxed(config: NpuConfig, job: Job, seed: int) -> Job:
    """Return the job without some of those fences that its result does not need."""
    rng = np.random.default_rng(seed)
    job = replace(job, memory=job.memory.copy())
    for at in rng.permutation(len(job.program)):
        descriptor = job.memory[job.entry + 64 * at :][:64]
        if descriptor[0] not in npu.UNITS or not descriptor[1] & _FENCE or rng.random() < 0.3:
            continue
        descriptor[1] ^= _FENCE
        machine = npu.Machine(
            rows=config.rows,
            scratchpad_words=config.scratchpad_words,
            accumulator_rows=config.accumulator_rows,
        )
        result = run_golden(machine, replace(job, memory=job.memory.copy()), races=True)
        if result.error or any(race.kind != "unwritten" for race in result.races):
            descriptor[1] ^= _FENCE
    return job
