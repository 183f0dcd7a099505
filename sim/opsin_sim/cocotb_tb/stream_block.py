# SPDX-License-Identifier: MIT
"""Any component with one stream in and one out; run by :func:`opsin_sim.harness.check_block`.

Parameters: ``data``, an ``.npz`` file with packed arrays ``i`` and ``o``; ``ports``, values of
static inputs; ``source`` and ``sink``, the streams' names; ``frame``, beats per line and lines of
the video that comes out, or None if it is not video; ``port``, the name of a memory port or None,
with array ``memory`` in ``data`` and ``latency`` in cycles; ``timeout`` in cycles.
"""

import random
from typing import Any

import cocotb
import numpy as np

from opsin_sim.bench import (
    PATTERNS,
    MemoryModel,
    ProtocolChecker,
    Scoreboard,
    StreamDriver,
    StreamMonitor,
    StreamSink,
    VideoChecker,
    integers,
    parameters,
    start,
)


@cocotb.test()
@cocotb.parametrize(pattern=list(PATTERNS))
async def matches_expected(dut: Any, pattern: str) -> None:
    given = parameters()
    with np.load(given["data"]) as arrays:
        sent, expected = integers(arrays["i"]), integers(arrays["o"])
        memory = arrays["memory"].copy() if given["port"] else None
    source, sink = given["source"], given["sink"]

    idle, stall = PATTERNS[pattern].idle, PATTERNS[pattern].stall

    await start(dut, timeout=given["timeout"])
    for name, value in given["ports"].items():
        getattr(dut, name).value = value
    driver = StreamDriver(dut, source, idle=idle, seed=random.getrandbits(32))
    if memory is not None:
        MemoryModel(
            dut,
            given["port"],
            memory,
            latency=given["latency"],
            idle=idle,
            stall=stall,
            seed=random.getrandbits(32),
        )
        ProtocolChecker(dut, f"{given['port']}__request")
    StreamSink(dut, sink, stall=stall, seed=random.getrandbits(32))
    monitor = StreamMonitor(dut, sink)
    if given["frame"] is None:
        ProtocolChecker(dut, sink)
    else:
        line, height = given["frame"]
        VideoChecker(dut, sink, line=line, height=height)
    cocotb.start_soon(driver.send(sent))
    Scoreboard(sink, expected).compare(await monitor.wait(len(expected)))
