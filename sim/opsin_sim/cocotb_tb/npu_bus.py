# SPDX-License-Identifier: MIT
"""The neural processor behind a bus, with memory on AXI4: jobs as another chip would run them.

Parameters: ``config``, the fields of :class:`opsin.config.NpuConfig`; ``bus``, ``"axi"`` or
``"wishbone"``.
"""

import random
from typing import Any

import cocotb
from cocotb.triggers import ClockCycles, FallingEdge

from opsin.common.registers import Access
from opsin.config import NpuConfig
from opsin.npu.isa import Error
from opsin.npu.register_map import npu_register_map
from opsin_sim.bench import PATTERNS, parameters, start
from opsin_sim.bench.axi_memory import AxiMemoryModel
from opsin_sim.bench.buses import AxiLiteInitiator, WishboneInitiator
from opsin_sim.npu.small_job import STEPS, SmallJob, small_job

every_pattern = cocotb.parametrize(pattern=list(PATTERNS))
SIZE = 8192


class Chip:
    """The processor's registers and its memory."""

    def __init__(self, dut: Any, pattern: str) -> None:
        given = parameters()
        self.dut, self.config = dut, NpuConfig(**given["config"])
        self.map = npu_register_map(self.config)
        kind: Any = {"axi": AxiLiteInitiator, "wishbone": WishboneInitiator}[given["bus"]]
        prefix = {"axi": "s_axi", "wishbone": "wb"}[given["bus"]]
        self.bus = kind(dut, prefix, pattern=PATTERNS[pattern], seed=random.getrandbits(32))
        self.memory = AxiMemoryModel(
            dut, "m_axi", size=SIZE, pattern=PATTERNS[pattern], seed=random.getrandbits(32),
            slow=0.0 if pattern == "full_rate" else 0.1,
        )  # fmt: skip
        self.memory.reads = self.memory.writes = range(0)

    async def read(self, name: str) -> int:
        """Read a register."""
        found = await self.bus.read(self.map[name].address)
        assert found is not None, name
        return int(found)

    async def write(self, name: str, value: int) -> bool:
        """Write a register."""
        return bool(await self.bus.write(self.map[name].address, value))

    async def begin(self, job: SmallJob) -> None:
        """Start a job, whose settings may change as soon as it runs."""
        self.memory.write(0, job.memory.tobytes())
        given = {"entry": job.entry, "memory_begin": job.begin, "memory_end": job.end}
        for name, value in given.items():
            assert await self.write(name, value)
        assert await self.write("start", 1)
        for name in given:
            assert await self.write(name, random.getrandbits(32))

    async def end(self) -> tuple[Error, int, int]:
        """Wait for the interrupt; return error, index, address."""
        while self.dut.irq.value != 1:
            await FallingEdge(self.dut.clk)
        assert await self.read("status") == 0b10
        error = Error(await self.read("error"))
        assert await self.read("events") == (0b01 if error is Error.NONE else 0b11)
        assert await self.write("events", 0b11)
        await ClockCycles(self.dut.clk, 2)
        await FallingEdge(self.dut.clk)
        assert self.dut.irq.value == 0
        return error, await self.read("error_index"), await self.read("error_address")

    async def clean(self, seed: int) -> None:
        """Run a job that must go well."""
        job = small_job(self.config, seed, size=SIZE)
        await self.begin(job)
        halt = len(STEPS) - 1
        assert await self.end() == (Error.NONE, halt, job.address("halt"))
        assert self.memory.read(0, SIZE) == job.expected.tobytes()


async def chip(dut: Any, pattern: str) -> Chip:
    await start(dut, timeout=200_000)
    made = Chip(dut, pattern)
    assert await made.write("interrupt_enable", 0b01)
    return made


@cocotb.test()
@every_pattern
async def registers_are_as_described(dut: Any, pattern: str) -> None:
    on = await chip(dut, pattern)
    assert await on.write("interrupt_enable", 0)
    live = {"status", "error", "error_index", "error_address", "count"}
    for address, register, index in on.map.words():
        if register.name not in live:
            assert await on.bus.read(address) == register.reset(index), register.name
        if register.access is Access.READ_WRITE:
            value = random.getrandbits(32)
            assert await on.bus.write(address, value)
            assert await on.bus.read(address) == value
        elif register.access in (Access.CONSTANT, Access.READ):
            assert not await on.bus.write(address, 1)
    assert await on.bus.read(on.map.registers[-1].address + 4) is None
    assert await on.read("status") == 0


@cocotb.test()
@every_pattern
async def jobs_run(dut: Any, pattern: str) -> None:
    on = await chip(dut, pattern)
    for _ in range(3):
        await on.clean(random.getrandbits(32))
    job = small_job(on.config, 7, size=SIZE)
    await on.begin(job)
    assert not await on.write("start", 1) or await on.read("status") == 0b10
    await on.end()
    assert on.memory.read(0, SIZE) == job.expected.tobytes()
    await ClockCycles(dut.clk, 80)
    names = list(on_counters())
    for name, value in {"released": 6, "array_vectors": 12, "vector_words": 12}.items():
        assert await on.write("counter", names.index(name))
        assert await on.read("count") == value, name


def on_counters() -> dict[str, str]:
    from opsin.npu.counters import COUNTERS

    return COUNTERS


@cocotb.test()
@cocotb.parametrize(refusal=[2, 3], step=["fetch", "load", "store"])
async def refusals_end_jobs(dut: Any, refusal: int, step: str) -> None:
    """SLVERR or DECERR; the next job is right."""
    on = await chip(dut, "both")
    job = small_job(on.config, 5, size=SIZE)
    on.memory.refusal = refusal
    if step == "fetch":
        at = job.address("requantize")
        on.memory.reads = range(at, at + 64)
        wanted = (Error.READ, STEPS.index("requantize"), at)
    elif step == "load":
        at = job.fields["vectors"]["memory"] + on.config.rows
        on.memory.reads = range(at, at + 1)
        wanted = (Error.READ, STEPS.index("vectors"), at)
    else:
        at = job.fields["store"]["memory"]
        on.memory.writes = range(0, SIZE)
        wanted = (Error.WRITE, STEPS.index("store"), at)
    await on.begin(job)
    assert await on.end() == wanted
    on.memory.reads = on.memory.writes = range(0)
    await on.clean(6)


@cocotb.test()
@every_pattern
async def jobs_can_be_stopped(dut: Any, pattern: str) -> None:
    on = await chip(dut, pattern)
    for wait in (1, 60, 150, 250):
        job = small_job(on.config, wait, size=SIZE)
        await on.begin(job)
        await ClockCycles(dut.clk, wait)
        assert await on.write("stop", 1)
        error, _, _ = await on.end()
        assert error in (Error.STOPPED, Error.NONE)
        await on.clean(wait + 1)
