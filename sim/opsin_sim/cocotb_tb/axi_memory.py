# SPDX-License-Identifier: MIT
"""Words of a memory port through AXI4, against a memory that is simply there.

Parameters: ``word_bytes``.
"""

import random
from collections import Counter, deque
from typing import Any

import cocotb
from cocotb.simtime import get_sim_time
from cocotb.triggers import FallingEdge, ReadOnly

from opsin_sim.bench import PATTERNS, parameters, start
from opsin_sim.bench.axi_memory import AxiMemoryModel

WORDS = 256
every_pattern = cocotb.parametrize(pattern=list(PATTERNS))


class Port:
    """Initiator of a memory port: sends requests one after the other, and takes every answer."""

    def __init__(self, dut: Any, size: int, *, stall: float = 0.0) -> None:
        self.dut, self.size, self.stall = dut, size, stall
        self.answers: list[int] = []
        self.asked: deque[int] = deque()
        self.unanswered: Counter[int] = Counter()
        self.errors = 0
        self._edge = FallingEdge(dut.clk)
        self._rng = random.Random(1)

    async def settle(self) -> bool:
        """Look at the handshakes that the next rising edge makes, then let it pass."""
        dut = self.dut
        dut.memory__response__ready.value = int(self._rng.random() >= self.stall)
        await ReadOnly()
        taken = bool(dut.memory__request__valid.value) and bool(dut.memory__request__ready.value)
        if dut.memory__response__valid.value and dut.memory__response__ready.value:
            self.answers.append(int(dut.memory__response__payload.value))
            self.unanswered[self.asked.popleft()] -= 1
        self.errors += int(dut.error.value)
        await self._edge
        return taken

    async def send(self, word: int, data: int | None = None) -> None:
        """Read, or write ``data``; a write waits for reads of the word to be answered."""
        dut = self.dut
        while data is not None and self.unanswered[word]:
            await self.settle()
        bits = word * self.size | (data is not None) << 32 | (data or 0) << 33
        dut.memory__request__payload.value = bits
        dut.memory__request__valid.value = 1
        while not await self.settle():
            pass
        dut.memory__request__valid.value = 0
        if data is None:
            self.asked.append(word)
            self.unanswered[word] += 1

    async def drain(self) -> None:
        """Wait for every answer, and for writes to arrive."""
        while self.asked:
            await self.settle()
        for _ in range(400):
            await self.settle()


@cocotb.test()
@every_pattern
async def words_are_those_written_last(dut: Any, pattern: str) -> None:
    """Make runs of reads and writes, long and short, that meet."""
    size = parameters()["word_bytes"]
    await start(dut, timeout=200_000)
    pauses = PATTERNS[pattern]
    slow = 0.0 if pattern == "full_rate" else 0.05
    memory = AxiMemoryModel(dut, "axi_", size=WORDS * size, pattern=pauses, seed=7, slow=slow)
    port = Port(dut, size, stall=pauses.stall)
    known, wanted = [0] * WORDS, []
    for _ in range(60):
        first, count = random.randrange(WORDS), random.choice((1, 2, 5, 16, 40))
        write = random.random() < 0.5
        for word in range(first, min(first + count, WORDS)):
            if write:
                known[word] = random.getrandbits(8 * size)
                await port.send(word, known[word])
            else:
                wanted.append(known[word])
                await port.send(word)
        for _ in range(random.choice((0, 0, 3, 20))):
            await port.settle()
    await port.drain()
    assert port.answers == wanted
    found = memory.read(0, WORDS * size)
    assert found == b"".join(word.to_bytes(size, "little") for word in known)
    assert port.errors == 0


@cocotb.test()
async def long_runs_are_fast(dut: Any) -> None:
    """Make runs of 16 reads and 16 writes by turns: each direction has half of the requests."""
    size = parameters()["word_bytes"]
    await start(dut, timeout=20_000)
    AxiMemoryModel(dut, "axi_", size=WORDS * size, pattern=PATTERNS["full_rate"], seed=7)
    port = Port(dut, size)
    begin = get_sim_time("ns")
    for run in range(8):
        for word in range(16):
            await port.send(16 * run + word)
        for word in range(16):
            await port.send(128 + 16 * run + word, word)
    while port.asked:
        await port.settle()
    cycles = (get_sim_time("ns") - begin) / 10
    assert cycles < 256 + 60, f"{cycles} cycles"


@cocotb.test()
@every_pattern
async def refused_accesses_are_told(dut: Any, pattern: str) -> None:
    """Half of the memory is not there: reads are answered all the same, nothing hangs."""
    size = parameters()["word_bytes"]
    await start(dut, timeout=100_000)
    half = WORDS // 2
    AxiMemoryModel(
        dut, "axi_", size=WORDS * size, pattern=PATTERNS[pattern], seed=3, refused=half * size
    )
    port = Port(dut, size)
    for base, refused in ((0, False), (half, True), (16, False)):
        before = port.errors
        for word in range(20):
            await port.send(base + word, word)
        await port.drain()
        assert (port.errors > before) == refused
        before = port.errors
        for word in range(20):
            await port.send(base + word)
        await port.drain()
        assert (port.errors > before) == refused
    assert port.answers[:20] == port.answers[40:] == list(range(20))
