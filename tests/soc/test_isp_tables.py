# SPDX-License-Identifier: MIT
"""Tables that are loaded, and statistics that are read, through registers."""

from typing import Any

import pytest
from amaranth.sim import Simulator

from opsin.config import IspConfig
from opsin.isp import Pipeline
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
    (
        "second_scale", "second_scale_place", 1 << 8 | 15, "second_scale_row",
        (-512 & 1023) << 20 | 511 << 10 | 1023,
        {"down": 1, "phase": 15, "before": -1, "after": 511, "beyond": -512},
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
    dut = IspControl(CONFIG, Pipeline(CONFIG))

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
        blocks = ("awb", "ae", "ae_zones", "af", "flicker")
        assert await access(ctx, dut, "statistics_index", 1000) == 0
        for name in blocks:
            index = getattr(dut, f"{name}_index")
            assert ctx.get(index) == 1000 % (1 << len(index)), name
        for k, name in enumerate(blocks):
            assert await access(ctx, dut, "statistics_hold", 1 << k) == 0
            assert [ctx.get(getattr(dut, f"{other}_hold")) for other in blocks] == [
                other == name for other in blocks
            ]
            ctx.set(getattr(dut, f"{name}_frame"), 200 + k)
            if name != "ae":
                ctx.set(getattr(dut, f"{name}_busy"), 1)
                assert await access(ctx, dut, "statistics_busy", None) == 1 << k
                ctx.set(getattr(dut, f"{name}_busy"), 0)
        for k in range(len(blocks)):
            assert await access(ctx, dut, f"statistics_frames.{k}", None) == 200 + k
        results = {
            "awb_zone": (dut.awb_zone, ("red", "green", "blue", "quads")),
            "ae_zone": (dut.ae_zones_zone, ("luma", "bright")),
            "af_zone": (dut.af_zone, ("total", "peaks")),
        }
        for register, (port, words) in results.items():
            for k, word in enumerate(words):
                ctx.set(port[word], 0x3F000 + k)
            for k in range(len(words)):
                assert await access(ctx, dut, f"{register}.{k}", None) == 0x3F000 + k
        for register, port in (("ae_count", dut.ae_count), ("flicker_row", dut.flicker_row)):
            ctx.set(port, 262143)
            assert await access(ctx, dut, register, None) == 262143

    simulate(bench)
