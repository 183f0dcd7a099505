# SPDX-License-Identifier: MIT
"""The neural processor's driver on the hardware description, and on what it does not know."""

import numpy as np
import pytest

from opsin.config import NPU_TINY
from opsin.npu.isa import Error
from opsin_sim.npu.registers import ModelBus
from opsin_sim.npu.small_job import STEPS, small_job
from opsin_sw.driver import npu_registers as chip
from opsin_sw.driver.npu import NpuDriver, NpuResult


class Words:
    """A bus with words on it."""

    def __init__(self, words: dict[int, int]) -> None:
        self.words = words

    def read(self, offset: int) -> int:
        return self.words.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        self.words[offset] = value


@pytest.fixture(scope="module")
def bus() -> ModelBus:
    return ModelBus(NPU_TINY, np.zeros(8192, np.uint8), latency=20)


def test_job(bus: ModelBus) -> None:
    driver = NpuDriver(bus)
    assert (driver.size, driver.lanes, driver.banks) == (4, 2, 8)
    assert (driver.scratchpad_words, driver.accumulator_rows) == (1024, 256)
    for seed in range(3):
        job = small_job(NPU_TINY, seed)
        bus.memory[:] = job.memory
        driver.enable_interrupt(done=seed == 0, failed=seed == 1)
        driver.start(job.entry, begin=job.begin, end=job.end, watchdog=10_000)
        assert driver.running
        with pytest.raises(OSError, match="write at 0x24 is refused"):
            driver.start(0)
        assert driver.wait() == NpuResult(
            Error.NONE, len(STEPS) - 1, job.entry + 64 * (len(STEPS) - 1)
        )
        assert np.array_equal(bus.memory, job.expected)
        assert bus.model.get("irq") == (seed == 0)
        driver.clear_events()
        bus.wait(3)
        assert bus.model.get("irq") == 0
    bus.wait(70)
    counters = driver.counters()
    assert counters["array_vectors"] == 12
    assert 300 < counters["cycles"] < 1000


def test_failures(bus: ModelBus) -> None:
    driver = NpuDriver(bus)
    job = small_job(NPU_TINY, 1)
    bus.memory[:] = job.memory
    bus.memory[job.address("matmul")] = 77
    driver.enable_interrupt(failed=True)
    driver.start(job.entry, begin=job.begin, end=job.end)
    assert driver.wait() == NpuResult(Error.OPCODE, 3, job.address("matmul"))
    assert bus.model.get("irq") == 1
    driver.start(job.entry, begin=job.begin, end=job.end)
    driver.stop()
    assert driver.wait().error is Error.STOPPED


def test_timeout() -> None:
    words = {chip.REGISTERS["id"][0]: chip.ID, chip.REGISTERS["version"][0]: 1 << 16}
    driver = NpuDriver(Words(words | {chip.REGISTERS["status"][0]: 1}))
    with pytest.raises(TimeoutError, match=r"has not ended after 0\.01 s"):
        driver.wait(timeout=0.01)
    for begin, end in (5, 5), (-1, 5), (0, 2**32 + 1):
        with pytest.raises(ValueError, match=r"memory must lie in 0\.\.2\^32"):
            driver.start(0, begin=begin, end=end)
    with pytest.raises(ValueError, match=r"entry must be in 0\.\.2\^32-1, not -64"):
        driver.start(-64)


def test_others() -> None:
    with pytest.raises(OSError, match="ID must be 0x4f4e5055, not 0x00000000"):
        NpuDriver(Words({}))
    with pytest.raises(OSError, match="version must be 1, not 2"):
        NpuDriver(Words({0: chip.ID, 4: 2 << 16}))
