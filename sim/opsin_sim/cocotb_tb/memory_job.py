# SPDX-License-Identifier: MIT
"""Any component that does a job on memory; run by :func:`opsin_sim.harness.check_job`.

Parameters: ``data``, an ``.npz`` file with arrays ``memory`` and ``expected``; ``ports``, values
of static inputs; ``port``, ``start`` and ``done``, names; ``latency`` of the memory and
``timeout``, in cycles.
"""

import random
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge

from opsin_sim.bench import PATTERNS, MemoryModel, ProtocolChecker, parameters, start


@cocotb.test()
@cocotb.parametrize(pattern=list(PATTERNS))
async def memory_matches(dut: Any, pattern: str) -> None:
    given = parameters()
    with np.load(given["data"]) as arrays:
        before, expected = arrays["memory"], arrays["expected"]
    port = given["port"]

    await start(dut, timeout=given["timeout"])
    for name, value in given["ports"].items():
        getattr(dut, name).value = value
    memory = MemoryModel(
        dut,
        port,
        before.copy(),
        latency=given["latency"],
        idle=PATTERNS[pattern].idle,
        stall=PATTERNS[pattern].stall,
        seed=random.getrandbits(32),
    )
    ProtocolChecker(dut, f"{port}__request")
    edge = FallingEdge(dut.clk)
    getattr(dut, given["start"]).value = 1
    await edge
    getattr(dut, given["start"]).value = 0
    done = getattr(dut, given["done"])
    while done.value != 1:
        await edge
    wrong = np.flatnonzero(memory.data != expected)
    assert not wrong.size, (
        f"byte {wrong[0]:#x} must be {expected[wrong[0]]:#04x}, not {memory.data[wrong[0]]:#04x} "
        f"({wrong.size} bytes differ)"
    )
