# SPDX-License-Identifier: MIT
"""Sources and sinks for Amaranth's simulator."""

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from opsin.common.stream import Buffer
from opsin_sim.stream import SimulatorContext, receive, send


def test_receive_gives_up() -> None:
    dut = Buffer(8)
    top = Module()
    top.submodules += dut
    sim = Simulator(top)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def source(ctx: SimulatorContext) -> None:
        await send(ctx, dut.i, [1, 2, 3])

    @sim.add_testbench
    async def sink(ctx: SimulatorContext) -> None:
        with pytest.raises(TimeoutError, match="3 of 4 payloads came, then none for 50 cycles"):
            await receive(ctx, dut.o, 4, timeout=50)

    sim.run()
