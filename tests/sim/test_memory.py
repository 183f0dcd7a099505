# SPDX-License-Identifier: MIT
"""Memory behind a MemoryPort: in the compiled model and in cocotb."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from opsin.common.memory_port import MemoryPort
from opsin_sim.harness import MemoryFault, Model, check_job, on_simulators


class Invert(wiring.Component):
    """Write the complement of words 0, 1, … ``count`` - 1 behind them; reads run ahead."""

    memory: Any
    start: Value
    count: Value
    done: Value

    def __init__(self, word_bytes: int) -> None:
        self.word_bytes = word_bytes
        super().__init__(
            {"memory": Out(MemoryPort(word_bytes)), "start": In(1), "count": In(16), "done": Out(1)}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        request, response = self.memory.request, self.memory.response
        reads, writes, busy = Signal(16), Signal(16), Signal()
        word, full = Signal(8 * self.word_bytes), Signal()
        with m.If(busy):
            with m.If(full):
                m.d.comb += [
                    request.valid.eq(1),
                    request.p.write.eq(1),
                    request.p.address.eq((self.count + writes) * self.word_bytes),
                    request.p.data.eq(~word),
                ]
                with m.If(request.ready):
                    m.d.sync += [full.eq(0), writes.eq(writes + 1)]
                    with m.If(writes + 1 == self.count):
                        m.d.sync += [busy.eq(0), self.done.eq(1)]
            with m.Else():
                m.d.comb += [
                    request.valid.eq(reads != self.count),
                    request.p.address.eq(reads * self.word_bytes),
                ]
                with m.If(request.valid & request.ready):
                    m.d.sync += reads.eq(reads + 1)
                # a request that waits must not turn into a write
                m.d.comb += response.ready.eq(~request.valid | request.ready)
                with m.If(response.valid & response.ready):
                    m.d.sync += [word.eq(response.payload), full.eq(1)]
        with m.Elif(self.start):
            m.d.sync += [busy.eq(1), reads.eq(0), writes.eq(0), self.done.eq(0)]
        return m


def images(size: int) -> tuple[np.ndarray, np.ndarray]:
    before = np.random.default_rng(1).integers(0, 256, 2 * size, dtype=np.uint8)
    return before, np.concatenate([before[:size], ~before[:size]])


def begin(model: Model, count: int) -> None:
    model.set("count", count)
    model.set("start", 1)
    model.run(cycles=1)
    model.set("start", 0)


@pytest.mark.parametrize("word_bytes", [1, 2, 4, 8, 16])
def test_model_serves_every_word_size(word_bytes: int) -> None:
    model = Model(Invert(word_bytes))
    for pauses in ({}, {"idle": 0.5, "stall": 0.5, "latency": 7}):
        memory, expected = images(512)
        begin(model, 512 // word_bytes)
        model.run(memory={"memory": memory}, until="done", **pauses)  # type: ignore[arg-type]
        assert np.array_equal(memory, expected)


def test_latency_counts() -> None:
    cycles = []
    for latency in (0, 10):
        memory, _ = images(4)
        model = Model(Invert(4))
        begin(model, 1)
        cycles.append(model.run(memory={"memory": memory}, until="done", latency=latency).cycles)
    assert cycles[1] - cycles[0] == 10


def test_words_survive_between_runs() -> None:
    model = Model(Invert(4))
    memory, expected = images(64)
    begin(model, 16)
    while not model.get("done"):
        model.run(memory={"memory": memory}, cycles=3, latency=5)
        model.run(cycles=2)
    assert np.array_equal(memory, expected)


def test_model_reports_faults() -> None:
    model = Model(Invert(4))
    begin(model, 16)
    with pytest.raises(MemoryFault, match=r"memory: word at 0x40 written .* within 0x40 bytes"):
        model.run(memory={"memory": np.zeros(64, np.uint8)}, until="done")
    model.reset()
    begin(model, 16)
    with pytest.raises(MemoryFault, match="word at 0x0 read"):
        model.run(memory={"memory": np.zeros(3, np.uint8)}, until="done")


@pytest.mark.parametrize(
    "array", [np.zeros(4), np.zeros((2, 2), np.uint8), np.zeros(8, np.uint8)[::2], np.empty(0)]
)
def test_rejects_arrays(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="memory must be a contiguous, writable"):
        Model(Invert(4)).run(memory={"memory": array}, cycles=1)


@on_simulators
def test_cocotb_memory(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    before, expected = images(128)
    for case in check_job(
        Invert(4), before, expected, ports={"count": 32}, latency=3, simulator=simulator,
        build_dir=tmp_path,
    ):  # fmt: skip
        with subtests.test(case.name):
            assert case.failure is None, case.failure


@on_simulators
def test_cocotb_memory_finds_faults(simulator: str, tmp_path: Path) -> None:
    before, expected = images(128)
    wrong = expected.copy()
    wrong[200] ^= 1
    cases = check_job(
        Invert(4), before, wrong, ports={"count": 32}, simulator=simulator, build_dir=tmp_path
    )
    assert all("byte 0xc8 must be" in str(case.failure) for case in cases)
    cases = check_job(
        Invert(4), before, wrong, ports={"count": 65}, simulator=simulator, build_dir=tmp_path
    )
    assert all("within 0x100 bytes" in str(case.failure) for case in cases)
