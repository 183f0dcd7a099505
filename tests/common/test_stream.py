# SPDX-License-Identifier: MIT
"""Stream parts: order, rate, latency, and the stream rules under every pattern of pauses."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import unsigned
from amaranth.lib import wiring
from amaranth.sim import Simulator

from opsin.common.block_queue import BlockQueue
from opsin.common.stream import Buffer, Queue
from opsin.common.video import Beat
from opsin_sim.harness import Model, check_block, on_simulators
from opsin_sim.stream import SimulatorContext, receive, send

PARTS: dict[str, Any] = {
    "buffer": lambda shape: Buffer(shape),
    "queue-1": lambda shape: Queue(shape, depth=1),
    "queue-2": lambda shape: Queue(shape, depth=2),
    "queue-5": lambda shape: Queue(shape, depth=5),
    "queue-4-registered": lambda shape: Queue(shape, depth=4, registered=True),
    "queue-64": lambda shape: Queue(shape, depth=64),
    "block-queue-1": lambda shape: BlockQueue(shape, depth=1),
    "block-queue-40": lambda shape: BlockQueue(shape, depth=40),
}


def payloads(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 1 << 12, count, dtype=np.uint16)


@pytest.mark.parametrize("stalls", [False, True], ids=["full-rate", "stalled"])
@pytest.mark.parametrize("name", PARTS)
def test_keeps_order(name: str, stalls: bool) -> None:
    dut = PARTS[name](Beat(unsigned(10)))
    data = payloads(200).tolist()
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def source(ctx: SimulatorContext) -> None:
        await send(ctx, dut.i, map(Beat(unsigned(10)).from_bits, data), rng=rng(1))

    @sim.add_testbench
    async def sink(ctx: SimulatorContext) -> None:
        taken = await receive(ctx, dut.o, len(data), rng=rng(2))
        assert [beat.as_bits() for beat in taken] == data

    def rng(seed: int) -> random.Random | None:
        return random.Random(seed) if stalls else None

    sim.run()


@pytest.mark.parametrize(
    ("name", "latency"), [("buffer", 1), ("queue-2", 1), ("queue-64", 2), ("block-queue-40", 5)]
)
def test_full_rate(name: str, latency: int) -> None:
    data = payloads(1000)
    run = Model(PARTS[name](unsigned(12))).run({"i": data}, {"o": len(data)})
    assert run.cycles == len(data) + latency
    assert np.array_equal(run.outputs["o"], data)


@pytest.mark.parametrize(("name", "held"), [("buffer", 2), ("queue-1", 1), ("queue-5", 5)])
def test_holds_no_more_than_its_depth(name: str, held: int) -> None:
    model = Model(PARTS[name](unsigned(12)))
    data = payloads(held)
    model.run({"i": data}, cycles=held + 4)
    if name != "buffer":
        assert model.get("level") == held
    # full: nothing more goes in, and what is held comes out unharmed
    model.run({"i": data + 1}, cycles=10)
    assert model.run(sinks={"o": held}).outputs["o"].tolist() == data.tolist()


def test_rejects_depth() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 1\.\., not 0"):
        Queue(8, depth=0)


@on_simulators
@pytest.mark.parametrize("name", ["buffer", "queue-5", "block-queue-40"])
def test_stream_rules(name: str, simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    part: wiring.Component = PARTS[name](unsigned(12))
    data = payloads(150)
    for case in check_block(part, data, data, simulator=simulator, build_dir=tmp_path):
        with subtests.test(case.name):
            assert case.failure is None, case.failure
