# SPDX-License-Identifier: MIT
"""The complete camera pipeline behind AXI4-Lite: what a driver writes, then frames of two outputs.

Parameters: ``config``, the fields of :class:`opsin.config.IspConfig`; ``data``, an ``.npz`` file
with, for each frame, accesses ``writes0``, … (offset, value), raw samples ``raw0``, … and the bytes
``picture0``, ``second0``, … that must come.
"""

import random
from typing import Any

import cocotb
import numpy as np

from opsin.config import IspConfig
from opsin_sim.bench import PATTERNS, parameters, start
from opsin_sim.bench.axi_video import AxiByteSink, AxiVideoSource
from opsin_sim.bench.buses import AxiLiteInitiator


@cocotb.test()
@cocotb.parametrize(pattern=list(PATTERNS))
async def develops_frames(dut: Any, pattern: str) -> None:
    """Every write is accepted, and both outputs are right to the byte."""
    given = parameters()
    config = IspConfig(**given["config"])
    await start(dut, timeout=2_000_000)
    # the bus itself has its own bench: here it is quick
    bus = AxiLiteInitiator(dut, "s_axi", pattern=PATTERNS["full_rate"], seed=random.getrandbits(32))
    pauses = PATTERNS[pattern]
    source = AxiVideoSource(dut, "s_axis", pattern=pauses, seed=1)
    sinks = {
        "picture": AxiByteSink(dut, "m_axis", pattern=pauses, seed=2),
        "second": AxiByteSink(dut, "m_axis_second", pattern=pauses, seed=3),
    }
    with np.load(given["data"]) as file:
        arrays = dict(file)
    for k in range(given["frames"]):
        for offset, value in arrays[f"writes{k}"].tolist():
            assert await bus.write(offset, value), f"{offset:#x} of frame {k} was refused"
        await source.begin(arrays[f"raw{k}"], config.depth, config.ppc)
        await source.end()
        for name, sink in sinks.items():
            wanted = arrays[f"{name}{k}"]
            found = await sink.frame(*wanted.shape)
            assert np.array_equal(found, wanted), f"{name} of frame {k}"
