# SPDX-License-Identifier: MIT
"""Neural processor on a Verilog simulator: random jobs one after another, beside the golden model.

Parameters: ``config``, the fields of :class:`opsin.config.NpuConfig`; ``jobs`` and
``descriptors``, how many of each.
"""

import random
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, RisingEdge

from opsin.config import NpuConfig
from opsin_sim.bench import PATTERNS, MemoryModel, ProtocolChecker, parameters, start
from opsin_sim.golden import npu
from opsin_sim.npu import Job, initial_job, random_job


async def run(dut: Any, memory: MemoryModel, job: Job) -> None:
    """Run a job to its end."""
    memory.data = job.memory
    dut.entry.value, dut.memory_bytes.value, dut.start.value = job.entry, len(job.memory), 1
    await FallingEdge(dut.clk)
    dut.start.value = 0
    while dut.done.value != 1:
        await RisingEdge(dut.done)
        await FallingEdge(dut.clk)


@cocotb.test()
@cocotb.parametrize(pattern=list(PATTERNS))
async def matches_golden(dut: Any, pattern: str) -> None:
    given = parameters()
    config = NpuConfig(**given["config"])
    machine = npu.Machine(
        rows=config.rows,
        activation_words=config.activation_words,
        weight_words=config.weight_words,
        accumulator_rows=config.accumulator_rows,
    )
    idle, stall = PATTERNS[pattern].idle, PATTERNS[pattern].stall
    await start(dut, timeout=200_000)
    empty = np.zeros(0, np.uint8)
    memory = MemoryModel(dut, "memory", empty, latency=5, idle=idle, stall=stall)
    ProtocolChecker(dut, "memory__request")
    jobs = [initial_job(config, random.getrandbits(32))]  # memories keep what they hold at reset
    for _ in range(given["jobs"]):
        seed = random.getrandbits(32)
        jobs.append(random_job(config, seed, descriptors=given["descriptors"]))
    for job in jobs:
        expected = job.memory.copy()
        result = machine.run(expected, job.entry)
        await run(dut, memory, job)
        assert dut.error.value == result.error
        assert dut.error_index.value == result.error_index
        assert np.array_equal(job.memory, expected)
