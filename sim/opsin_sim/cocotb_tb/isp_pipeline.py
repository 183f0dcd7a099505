# SPDX-License-Identifier: MIT
"""Bench of the camera pipeline: whole frames back to back, settings and tables for each.

Parameters (see :func:`opsin_sim.isp.run_bench`): ``data``, an ``.npz`` file with packed beats
``i0``, ``i1``, …, the expected ``o0``, … and ``second0``, … as far as known, and what is written to
tables, ``curve0``, …; ``frames``, for each what :class:`opsin_sim.isp.Loading` says and the number
of words of each output; ``pauses``, probabilities that source and sink pause, or None for the usual
patterns; ``output`` and ``progress``, files to write; ``timeout`` in cycles.
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
from opsin_sim.harness.packing import container

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
    frames = given["frames"]
    names = {name for frame in frames for name in frame["tables"]}
    tables = {name: StreamDriver(dut, name, seed=random.getrandbits(32)) for name in names}
    counts = {
        name: sum(frame["outputs"].get(name, 0) for frame in frames)
        for name in ("o", "second")
        if any(name in frame["outputs"] for frame in frames)
    }
    monitors = {}
    for name in counts:
        StreamSink(dut, name, stall=stall, seed=random.getrandbits(32))
        monitors[name] = StreamMonitor(dut, name)
        ProtocolChecker(dut, name)
    cocotb.start_soon(_report([*monitors.values()], Path(given["progress"])))

    begin = 0.0  # when the first pixel is offered

    async def source() -> None:
        nonlocal begin
        left = dict.fromkeys(counts, 0)  # words of the frames before
        for k, frame in enumerate(frames):
            if frame["at_rest"]:
                while any(len(monitors[name].received) < count for name, count in left.items()):
                    await Timer(10 * PERIOD_NS, "ns")
            dut.settings.value = frame["before"]
            for name in frame["tables"]:
                await tables[name].send(data[f"{name}{k}"])
            dut.settings.value = frame["settings"]
            begin = begin or get_sim_time("ns")
            await video.send(data[f"i{k}"])
            for name, count in frame["outputs"].items():
                left[name] += count

    sending = cocotb.start_soon(source())
    received = {name: await monitors[name].wait(count) for name, count in counts.items()}
    cycles = math.ceil((get_sim_time("ns") - begin) / PERIOD_NS)
    await sending
    status = dut.status.value.to_unsigned()
    packed = {
        name: _packed(words, getattr(dut, f"{name}__payload")) for name, words in received.items()
    }
    np.savez(given["output"], cycles=cycles, status=status, **packed)

    if all(frame["checked"] for frame in frames):
        for name, words in received.items():
            wanted = [w for k in range(len(frames)) for w in data.get(f"{name}{k}", [])]
            Scoreboard(name, wanted).compare(words)
        assert status == 0


def _packed(words: list[int], port: Any) -> Any:
    """Pack as :mod:`opsin_sim.harness.packing` does."""
    dtype, per = container(len(port))
    size = dtype.itemsize * per
    raw = b"".join(word.to_bytes(size, "little") for word in words)
    packed = np.frombuffer(raw, dtype=dtype)
    return packed.reshape(-1, per) if per > 1 else packed


async def _report(monitors: list[StreamMonitor], file: Path) -> None:
    """Write cycles and payloads now and then, for whoever waits outside."""
    while True:
        await Timer(5_000 * PERIOD_NS, "ns")
        moved = sum(len(monitor.received) for monitor in monitors)
        file.write_text(f"{int(get_sim_time('ns')) // PERIOD_NS} {moved}")
