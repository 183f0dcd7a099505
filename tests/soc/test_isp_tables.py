# SPDX-License-Identifier: MIT
"""Tables that are loaded, and statistics that are read, through registers."""

from typing import Any

import pytest
from amaranth.sim import Simulator

from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map
from opsin.soc.isp_control import IspControl
from opsin_sim.stream import SimulatorContext

CONFIG = IspConfig(depth=12, max_width=64)
MAP = isp_register_map(CONFIG)

WRITES: list[tuple[str, str, int, str, int, dict[str, Any]]] = [
    (
        "curve", "curve_start", 5 << 24 | 200 << 16 | 65535, "curve_slope", -3 & 0xFFFFFFFF,
        {"index": 200, "start": 65535, "slope": -3},
    ),
    (
        "decompand", "decompand_start", 63 << 16 | 1234, "decompand_slope", 0x1FFFF,
        {"index": 63, "start": 1234, "slope": 0x1FFFF},
    ),
    (
        "defect", "defect_place", 0b1010 << 16 | 1023, "defect_entry", 77 << 16 | 1079,
        {"index": 1023, "mask": 0b1010, "line": 1079, "group": 77},
    ),
    (
        "shading", "shading_node", 1 << 16 | 11 << 8 | 31, "shading_gain", 40000 << 16 | 16384,
        {"line": 1, "row": 11, "column": 31, "gain": 40000 << 16 | 16384},
    ),
    (
        "overlay", "overlay_place", 1 << 31 | 17, "overlay_data", 0x12345678,
        {"palette": 1, "address": 17, "data": 0x12345678},
    ),
]  # fmt: skip


async def access(ctx: SimulatorContext, dut: Any, name: str, value: int | None) -> int | None:
    """Read or write a register; None if it was refused."""
    name, _, index = name.partition(".")
    ctx.set(dut.bus.address, MAP[name].address // 4 + int(index or 0))
    ctx.set(dut.bus.read if value is None else dut.bus.write, 1)
    ctx.set(dut.bus.write_data, value or 0)
    ctx.set(dut.bus.write_mask, 15)
    await ctx.tick()
    ctx.set(dut.bus.read, 0)
    ctx.set(dut.bus.write, 0)
    while not ctx.get(dut.bus.done):
        await ctx.tick()
    return None if ctx.get(dut.bus.error) else ctx.get(dut.bus.read_data)


def simulate(bench: Any) -> None:
    dut = IspControl(CONFIG)

    async def process(ctx: SimulatorContext) -> None:
        await bench(ctx, dut)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(process)
    simulator.run()


@pytest.mark.parametrize("write", WRITES, ids=[write[0] for write in WRITES])
def test_tables(write: Any) -> None:
    table, place, where, data, what, wanted = write
    ready = next(f for f in MAP["status"].fields if f.name == f"{table}_ready").mask
    lost = "curve_lost" if table == "curve" else "table_lost"
    event = next(f for f in MAP["events"].fields if f.name == lost).mask

    async def bench(ctx: SimulatorContext, dut: Any) -> None:
        port = getattr(dut, table)
        assert await access(ctx, dut, place, where) == 0
        status = await access(ctx, dut, "status", None)
        assert status is not None
        assert not status & ready
        assert await access(ctx, dut, data, what) is None
        assert await access(ctx, dut, "events", None) == event
        assert ctx.get(port.valid) == 0
        ctx.set(port.ready, 1)
        status = await access(ctx, dut, "status", None)
        assert status is not None
        assert status & ready
        ctx.set(dut.bus.address, MAP[data].address // 4)
        ctx.set(dut.bus.write, 1)
        ctx.set(dut.bus.write_data, what)
        ctx.set(dut.bus.write_mask, 15)
        await ctx.tick()
        ctx.set(dut.bus.write, 0)
        for _ in range(8):
            if ctx.get(port.valid):
                break
            await ctx.tick()
        assert ctx.get(port.valid) == 1
        for name, value in wanted.items():
            member = port.p[name]
            assert ctx.get(member.as_value() if name == "gain" else member) == value, name
        await ctx.tick()
        assert ctx.get(port.valid) == 0

    simulate(bench)


def test_statistics() -> None:
    async def bench(ctx: SimulatorContext, dut: Any) -> None:
        assert await access(ctx, dut, "statistics_index", 1000) == 0
        assert await access(ctx, dut, "statistics_hold", 1) == 0
        assert ctx.get(dut.statistics_index) == 1000
        assert ctx.get(dut.statistics_hold) == 1
        for k in range(4):
            ctx.set(dut.awb_zone[k], 0xF000_0000 + k)
        ctx.set(dut.ae_count, 262143)
        ctx.set(dut.awb_frame, 7)
        ctx.set(dut.ae_frame, 255)
        for k in range(4):
            assert await access(ctx, dut, f"awb_zone.{k}", None) == 0xF000_0000 + k
        assert await access(ctx, dut, "ae_count", None) == 262143
        assert await access(ctx, dut, "statistics_frames", None) == 255 << 8 | 7

    simulate(bench)
