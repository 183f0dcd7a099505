# SPDX-License-Identifier: MIT
"""UART transmitter against the receiver model."""

import random
from itertools import pairwise

import pytest
from amaranth.sim import Simulator

from opsin.common.uart import UartTransmitter
from opsin_sim.devices.uart import UartReceiver
from opsin_sim.stream import SimulatorContext


def levels(text: bytes, divisor: int) -> list[int]:
    """Levels of a perfect transmitter."""
    bits = [bit for byte in text for bit in (0, *((byte >> k) & 1 for k in range(8)), 1)]
    return [bit for bit in bits for _ in range(divisor)]


@pytest.mark.parametrize("divisor", [1, 0, -3])
def test_rejects_divisor(divisor: int) -> None:
    with pytest.raises(ValueError, match=f"divisor must be at least 2, not {divisor}"):
        UartTransmitter(divisor=divisor)
    with pytest.raises(ValueError, match=f"divisor must be at least 2, not {divisor}"):
        UartReceiver(divisor=divisor)


@pytest.mark.parametrize("divisor", [2, 3, 7])
def test_receiver_decodes(divisor: int) -> None:
    receiver = UartReceiver(divisor=divisor)
    receiver.feed([1, 1, 1, *levels(b"one\r\n\x00\xfftwo\r\nrest", divisor), 1])
    assert receiver.received == b"one\r\n\x00\xfftwo\r\nrest"


def test_receiver_lines() -> None:
    receiver = UartReceiver(divisor=4)
    receiver.feed(levels(b"one\r\ntwo\r\nrest", 4))
    assert receiver.lines() == ["one", "two"]


def test_receiver_refuses_bad_stop_bit() -> None:
    with pytest.raises(ValueError, match="stop bit must be 1, not 0"):
        UartReceiver(divisor=4).feed([0] * 40)


def test_receiver_refuses_short_start_bit() -> None:
    with pytest.raises(ValueError, match="start bit must be 0 for half a bit, not 1"):
        UartReceiver(divisor=4).feed([0, 1, 1, 1])


@pytest.mark.parametrize("idle", [False, True], ids=["full-rate", "idle"])
@pytest.mark.parametrize("divisor", [2, 5])
def test_transmits(divisor: int, idle: bool) -> None:
    dut = UartTransmitter(divisor=divisor)
    rng = random.Random(1)
    text = bytes(rng.randrange(256) for _ in range(40)) + b"\x00\xff"
    receiver = UartReceiver(divisor=divisor)
    taken: list[int] = []  # cycle of each transfer
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def source(ctx: SimulatorContext) -> None:
        for byte in text:
            if idle:
                await ctx.tick().repeat(rng.randrange(1, 15 * divisor))
            ctx.set(dut.i.payload, byte)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    @sim.add_testbench
    async def line(ctx: SimulatorContext) -> None:
        assert ctx.get(dut.tx) == 1
        for cycle in range(len(text) * 26 * divisor):
            _, _, level, transfer = await ctx.tick().sample(dut.tx, dut.i.valid & dut.i.ready)
            receiver.sample(level)
            taken.extend([cycle] * transfer)

    sim.run()
    assert receiver.received == text
    if not idle:
        assert {b - a for a, b in pairwise(taken)} == {10 * divisor + 1}
