# SPDX-License-Identifier: MIT
"""The camera pipeline with frame buffers behind AXI: registers, frames in and out, and memory.

Parameters: ``config``, the fields of :class:`opsin.config.IspConfig`; ``data``, an ``.npz`` file
with, for each frame, accesses ``writes0``, … (offset, value), raw samples ``raw0``, … and the bytes
``picture0``, … that must come; there are none for a frame that is only stored.
"""

import random
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles

from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map
from opsin_sim.bench import PATTERNS, Pattern, parameters, start
from opsin_sim.bench.axi_memory import AxiMemoryModel
from opsin_sim.bench.axi_video import AxiByteSink, AxiVideoSource
from opsin_sim.bench.buses import AxiLiteInitiator

SIZE = 1 << 16


class Camera:
    """All that stands around the pipeline."""

    def __init__(self, dut: Any, pauses: Pattern, **memory: Any) -> None:
        given = parameters()
        self.config = IspConfig(**given["config"])
        self.registers = isp_register_map(self.config)
        with np.load(given["data"]) as file:
            self.arrays = dict(file)
        self.count = given["frames"]
        quick = PATTERNS["full_rate"]
        self.bus = AxiLiteInitiator(dut, "s_axi", pattern=quick, seed=random.getrandbits(32))
        self.memory = AxiMemoryModel(dut, "m_axi", size=SIZE, pattern=pauses, seed=5, **memory)
        self.source = AxiVideoSource(dut, "s_axis", pattern=pauses, seed=1)
        self.sink = AxiByteSink(dut, "m_axis", pattern=pauses, seed=2)

    async def shoot(self, k: int) -> Any:
        """Configure and send a frame; returns its picture, None if there is none."""
        for offset, value in self.arrays[f"writes{k}"].tolist():
            assert await self.bus.write(offset, value), f"{offset:#x} of frame {k} was refused"
        await self.source.begin(self.arrays[f"raw{k}"], self.config.depth, self.config.ppc)
        await self.source.end()
        wanted = self.arrays.get(f"picture{k}")
        return None if wanted is None else await self.sink.frame(*wanted.shape)

    async def refused(self) -> bool:
        """Whether memory has refused an access, as EVENTS tells; clears that."""
        register = self.registers["events"]
        bit = next(field.mask for field in register.fields if field.name == "memory_error")
        events = await self.bus.read(register.address)
        assert await self.bus.write(register.address, bit)
        return bool((events or 0) & bit)


@cocotb.test()
@cocotb.parametrize(pattern=list(PATTERNS))
async def develops_sequences(dut: Any, pattern: str) -> None:
    """Exposures merged, and noise reduced over time, over memory that takes its time."""
    await start(dut, timeout=2_000_000)
    camera = Camera(dut, PATTERNS[pattern], slow=0.0 if pattern == "full_rate" else 0.03)
    for k in range(camera.count):
        picture = await camera.shoot(k)
        wanted = camera.arrays.get(f"picture{k}")
        assert picture is None if wanted is None else np.array_equal(picture, wanted), k
    assert not await camera.refused()


@cocotb.test()
async def survives_memory_that_refuses(dut: Any) -> None:
    """Every access is answered with SLVERR: software is told, and pictures come all the same."""
    await start(dut, timeout=2_000_000)
    camera = Camera(dut, PATTERNS["both"], refused=0)
    assert not await camera.refused()
    for k in range(camera.count):
        await camera.shoot(k)
        await ClockCycles(dut.clk, 2000)
        assert await camera.refused(), k
        assert not await camera.refused(), k
