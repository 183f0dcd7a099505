# SPDX-License-Identifier: MIT
"""Register descriptions and the hardware made of them."""

from typing import Any

import pytest
from amaranth.sim import Simulator

from opsin.common.register_bank import RegisterBank
from opsin.common.registers import Access, Field, Register, RegisterMap
from opsin_sim.stream import SimulatorContext


def register(name: str, address: int, access: Access, *fields: Field, **more: Any) -> Register:
    return Register(
        name=name, address=address, access=access, fields=fields, description=name, **more
    )


def bit(name: str, lsb: int = 0, **more: Any) -> Field:
    return Field(name=name, description=name, lsb=lsb, **more)


MAP = RegisterMap(
    name="small",
    description="Small",
    version=(2, 3),
    size=64,
    registers=(
        register("id", 0, Access.CONSTANT, bit("value", width=32, reset=0xCAFE)),
        register("mode", 8, Access.READ_WRITE, bit("on"), bit("level", 6, width=12, reset=0x801)),
        register(
            "taps", 12, Access.READ_WRITE, bit("value", width=5, signed=True), count=2,
            resets=(-16, 15),
        ),
        register("now", 24, Access.READ, bit("value", 4, width=3)),
        register("events", 28, Access.CLEAR, bit("a", 3), bit("b", 17)),
        register("go", 32, Access.WRITE, bit("what", 2, width=4), count=2),
    ),
)  # fmt: skip


def simulate(dut: RegisterBank, bench: Any, *background: Any) -> None:
    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    for process in background:
        simulator.add_testbench(process, background=True)
    simulator.run()


async def access(ctx: SimulatorContext, dut: Any, address: int, **write: int) -> int | None:
    """Read or write; returns the word, or None if it was refused."""
    ctx.set(dut.bus.address, address // 4)
    ctx.set(dut.bus.write if write else dut.bus.read, 1)
    ctx.set(dut.bus.write_data, write.get("value", 0))
    ctx.set(dut.bus.write_mask, write.get("mask", 15))
    await ctx.tick()
    ctx.set(dut.bus.write, 0)
    ctx.set(dut.bus.read, 0)
    cycles = 1
    while not ctx.get(dut.bus.done):
        await ctx.tick()
        cycles += 1
    assert cycles <= 24  # 5, but the first waits until all has its reset value
    return None if ctx.get(dut.bus.error) else ctx.get(dut.bus.read_data)


def test_reads_and_writes() -> None:
    dut = RegisterBank(MAP)

    async def bench(ctx: SimulatorContext) -> None:
        resets = {0: 0xCAFE, 8: 0x801 << 6, 12: 0xFFFF_FFF0, 16: 15, 24: 0, 28: 0, 32: 0, 36: 0}
        for address in range(0, 64, 4):
            assert await access(ctx, dut, address) == resets.get(address)
        assert await access(ctx, dut, 8, value=0xFFFF_FFFF, mask=0b0010) == 0
        assert await access(ctx, dut, 8) == 0x801 << 6 | 0xFF00  # as it was written
        assert ctx.get(dut.values.mode.level) == 0xBFD
        await access(ctx, dut, 12, value=0xFFFF_FFF5)
        assert await access(ctx, dut, 12) == 0xFFFF_FFF5
        assert ctx.get(dut.values.taps[0]) == 0x15 - 32
        assert ctx.get(dut.values.taps[1]) == 15
        for address in (0, 4, 24, 60):
            assert await access(ctx, dut, address, value=0xFFFF_FFFF) is None
        ctx.set(dut.status.now, 5)
        assert await access(ctx, dut, 24) == 5 << 4
        await ctx.tick().repeat(3)
        assert ctx.get(dut.bus.read_data) == 5 << 4  # stays until the next access

    simulate(dut, bench)


def test_events() -> None:
    """A bit stays until it is cleared; an event in the cycle of clearing is not lost."""
    dut = RegisterBank(MAP)

    async def bench(ctx: SimulatorContext) -> None:
        ctx.set(dut.events.events, {"a": 1, "b": 1})
        await ctx.tick()
        ctx.set(dut.events.events, {"a": 0, "b": 0})
        assert await access(ctx, dut, 28) == 1 << 3 | 1 << 17
        await access(ctx, dut, 28, value=1 << 17, mask=0b0011)
        assert await access(ctx, dut, 28) == 1 << 3 | 1 << 17
        await access(ctx, dut, 28, value=1 << 17)
        assert await access(ctx, dut, 28) == 1 << 3
        ctx.set(dut.events.events, {"a": 1, "b": 0})
        await access(ctx, dut, 28, value=1 << 3)
        ctx.set(dut.events.events, {"a": 0, "b": 0})
        assert await access(ctx, dut, 28) == 1 << 3
        await access(ctx, dut, 28, value=1 << 3)
        assert await access(ctx, dut, 28) == 0

    simulate(dut, bench)


def test_commands() -> None:
    dut = RegisterBank(MAP)
    seen = []

    async def bench(ctx: SimulatorContext) -> None:
        assert await access(ctx, dut, 32, value=7 << 2) == 0
        assert await access(ctx, dut, 36, value=9 << 2) == 0
        assert await access(ctx, dut, 36, value=9 << 2, mask=0b0111) is None
        ctx.set(dut.busy.go, 0b01)
        assert await access(ctx, dut, 32, value=1 << 2) is None
        assert await access(ctx, dut, 36, value=1 << 2) == 0
        await ctx.tick()

    async def watch(ctx: SimulatorContext) -> None:
        go = dut.written.go, dut.refused.go, dut.write_values.go[0], dut.write_values.go[1]
        async for _, _, *values in ctx.tick().sample(*go):  # type: ignore[attr-defined]
            if values[0] or values[1]:
                seen.append(tuple(values))

    simulate(dut, bench, watch)
    assert seen == [(1, 0, 7, 7), (2, 0, 9, 9), (0, 2, 9, 9), (0, 1, 1, 1), (2, 0, 1, 1)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bit("x", 30, width=3), r"x must be in bits 31:0, not 32:30"),
        (lambda: bit("x", width=3, reset=8), r"reset of x must be in 0\.\.7, not 8"),
        (lambda: bit("x", width=3, signed=True, reset=4), r"must be in -4\.\.3, not 4"),
        (lambda: register("r", 2, Access.READ, bit("x")), "address of r must be a multiple of 4"),
        (lambda: register("r", 0, Access.READ), "r must have at least one field"),
        (
            lambda: register("r", 0, Access.READ, bit("x", width=2), bit("y", 1)),
            "fields of r must not overlap",
        ),
        (lambda: register("r", 0, Access.READ, bit("x"), bit("x", 1)), "different names"),
        (
            lambda: register("r", 0, Access.READ_WRITE, bit("x"), count=2, resets=(1,)),
            "resets of r must be one for each word",
        ),
    ],
)
def test_rejects(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_map_rejects() -> None:
    def make(*registers: Register, size: int = 64) -> RegisterMap:
        return RegisterMap(
            name="m", description="M", version=(1, 0), registers=registers, size=size
        )

    first = register("a", 4, Access.READ_WRITE, bit("x"), count=2)
    for others, message in (
        ([register("b", 8, Access.READ, bit("x"))], "address of b must be at least 0xc, not 0x8"),
        ([register("a", 12, Access.READ, bit("x"))], "registers must have different names"),
        ([register("b", 64, Access.READ, bit("x"))], "size must be at least 68 bytes, not 64"),
    ):
        with pytest.raises(ValueError, match=message):
            make(first, *others)
    with pytest.raises(ValueError, match="size must be a power of two, not 48"):
        make(first, size=48)
