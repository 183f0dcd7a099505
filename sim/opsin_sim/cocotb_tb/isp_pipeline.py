# SPDX-License-Identifier: MIT
"""Bench of the camera pipeline: whole frames back to back, settings and tone curve for each.

Parameters (see :func:`opsin_sim.isp.run_bench`): ``data``, an ``.npz`` file with packed beats
``i0``, ``i1``, …, the expected ``o0``, … as far as known, and tone curve writes ``curve0``, …;
``frames``, for each the settings' bits and whether the tone curve is written first; ``pauses``,
probabilities that source and sink pause, or None for the usual patterns; ``output`` and
``progress``, files to write; ``timeout`` in cycles.
"""

import math
import random
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import Timer
from cocotb.utils import get_sim_time

from opsin_sim.bench import (
    PATTERNS,
    Pattern,
    ProtocolChecker,
    Scoreboard,
    StreamDriver,
    StreamMonitor,
    StreamSink,
    integers,
    parameters,
    start,
)
from opsin_sim.bench.setup import PERIOD_NS

_PAUSES = parameters().get("pauses")
_PATTERNS = PATTERNS if _PAUSES is None else {"given": Pattern(*_PAUSES)}


@cocotb.test()
@cocotb.parametrize(pattern=list(_PATTERNS))
async def develops_frames(dut: Any, pattern: str) -> None:
    given = parameters()
    idle, stall = _PATTERNS[pattern].idle, _PATTERNS[pattern].stall
    with np.load(given["data"]) as file:
        data = {name: integers(array) for name, array in file.items()}
    await start(dut, timeout=given["timeout"])
    video = StreamDriver(dut, "i", idle=idle, seed=random.getrandbits(32))
    curve = StreamDriver(dut, "curve", idle=idle, seed=random.getrandbits(32))
    StreamSink(dut, "o", stall=stall, seed=random.getrandbits(32))
    monitor = StreamMonitor(dut, "o")
    ProtocolChecker(dut, "o")
    cocotb.start_soon(_report(monitor, Path(given["progress"])))

    begin = 0.0  # when the first pixel is offered

    async def source() -> None:
        nonlocal begin
        for k, frame in enumerate(given["frames"]):
            if frame["curve"]:
                await curve.send(data[f"curve{k}"])
            dut.settings.value = frame["settings"]
            begin = begin or get_sim_time("ns")
            await video.send(data[f"i{k}"])

    sending = cocotb.start_soon(source())
    count = sum(len(data[f"i{k}"]) for k in range(len(given["frames"])))
    received = await monitor.wait(count)
    cycles = math.ceil((get_sim_time("ns") - begin) / PERIOD_NS)
    await sending
    status = dut.status.value.to_unsigned()
    packed = np.array(received, dtype=np.uint32)
    np.savez(given["output"], o=packed, cycles=cycles, status=status)

    expected = [data.get(f"o{k}") for k in range(len(given["frames"]))]
    if None not in expected:
        Scoreboard("o", [beat for frame in expected for beat in frame or []]).compare(received)
        assert status == 0


async def _report(monitor: StreamMonitor, file: Path) -> None:
    """Write cycles and pixels now and then, for whoever waits outside."""
    while True:
        await Timer(5_000 * PERIOD_NS, "ns")
        file.write_text(f"{int(get_sim_time('ns')) // PERIOD_NS} {len(monitor.received)}")
