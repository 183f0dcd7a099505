# SPDX-License-Identifier: MIT
"""Start of a bench: its parameters, clock, reset and time-out."""

import json
import os
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge

__all__ = ["parameters", "start"]

PERIOD_NS = 10


def parameters() -> dict[str, Any]:
    """Return what :func:`opsin_sim.harness.cocotb_run` was given as ``parameters``."""
    return json.loads(os.environ.get("OPSIN_BENCH_PARAMETERS", "{}"))


async def start(dut: Any, *, timeout: int = 1_000_000) -> None:
    """Start the clock, hold reset for two cycles, and fail the test after ``timeout`` cycles.

    All inputs start at 0. Returns in the middle of a cycle: set static inputs and make the parts of
    the bench then.
    """
    for name in json.loads(os.environ.get("OPSIN_BENCH_INPUTS", "[]")):
        getattr(dut, name).value = 0
    Clock(dut.clk, PERIOD_NS, unit="ns").start()
    dut.rst.value = 1
    await ClockCycles(dut.clk, 2)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    cocotb.start_soon(_watch(dut, timeout))


async def _watch(dut: Any, timeout: int) -> None:
    await ClockCycles(dut.clk, timeout)
    raise AssertionError(f"the test did not end in {timeout} cycles")
