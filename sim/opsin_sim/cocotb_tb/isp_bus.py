# SPDX-License-Identifier: MIT
"""The camera pipeline behind a bus: every register, then frames as another chip would have them.

Parameters: ``config``, the fields of :class:`opsin.config.IspConfig`; ``bus``, ``"axi"`` or
``"wishbone"``; ``data``, an ``.npz`` file with raw frames ``raw0``, … and ``curve0``, … the curve's
points; ``settings``, for each frame a dictionary of register values by name; with the pictures
``picture0``, … that must come.
"""

import random
from itertools import pairwise
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, FallingEdge

from opsin.common.registers import Access, RegisterMap
from opsin.config import IspConfig
from opsin.isp.register_map import isp_register_map
from opsin_sim.bench import PATTERNS, parameters, start
from opsin_sim.bench.axi_video import AxiVideoSink, AxiVideoSource
from opsin_sim.bench.buses import AxiLiteInitiator, Initiator, WishboneInitiator

every_pattern = cocotb.parametrize(pattern=list(PATTERNS))


async def begin(dut: Any, pattern: str) -> tuple[Initiator, RegisterMap]:
    """Start the clock; returns the bus and what is on it."""
    given = parameters()
    kind: Any = {"axi": AxiLiteInitiator, "wishbone": WishboneInitiator}[given["bus"]]
    prefix = {"axi": "s_axi", "wishbone": "wb"}[given["bus"]]
    await start(dut, timeout=200_000)
    bus = kind(dut, prefix, pattern=PATTERNS[pattern], seed=random.getrandbits(32))
    return bus, isp_register_map(IspConfig(**given["config"]))


@cocotb.test()
@every_pattern
async def registers_keep_what_is_written(dut: Any, pattern: str) -> None:
    bus, registers = await begin(dut, pattern)
    settled = {"status": 0b10}  # the tone curve is ready
    expected = {
        address: settled.get(register.name, register.reset(index))
        for address, register, index in registers.words()
    }
    order = list(registers.words())
    for address, _, _ in order:
        assert await bus.read(address) == expected[address], f"reset value at {address:#x}"
    random.shuffle(order)
    for address, register, _ in order:
        value = random.getrandbits(32)
        if register.access is Access.WRITE:
            continue
        done = await bus.write(address, value)
        assert done == (register.access in (Access.READ_WRITE, Access.CLEAR)), register.name
        if register.access is Access.READ_WRITE:
            expected[address] = value
    random.shuffle(order)
    for address, register, _ in order:
        assert await bus.read(address) == expected[address], register.name
    for address, register, _ in order[:20]:
        if register.access is Access.READ_WRITE:
            for value in (0xFFFF_FFFF, 0):
                assert await bus.write(address, value)
                assert await bus.read(address) == value, register.name


@cocotb.test()
@every_pattern
async def bytes_can_be_written(dut: Any, pattern: str) -> None:
    bus, registers = await begin(dut, pattern)
    words = [word for word in registers.words() if word[1].access is Access.READ_WRITE]
    for address, register, index in random.sample(words, 20):
        bits = register.reset(index)
        for _ in range(2):
            low = random.randrange(4)
            size = random.choice([n for n in (1, 2) if low + n <= 4])
            value = random.getrandbits(8 * size)
            assert await bus.write(address + low, value, size=size)
            mask = ((1 << (8 * size)) - 1) << (8 * low)
            bits = (bits & ~mask) | (value << (8 * low))
            assert await bus.read(address) == bits, register.name


@cocotb.test()
@every_pattern
async def bad_accesses_are_refused(dut: Any, pattern: str) -> None:
    bus, registers = await begin(dut, pattern)
    used = {address for address, _, _ in registers.words()}
    holes = [address for address in range(0, registers.size, 4) if address not in used]
    # both ends of every hole, and some more
    edges = [a for a in holes if a - 4 in used or a + 4 in used] + [holes[-1]]
    for address in {*edges, *random.sample(holes, 20)}:
        assert await bus.read(address) is None, hex(address)
        assert not await bus.write(address, 0xFFFF_FFFF), hex(address)
    # a command of less than a word is none
    assert not await bus.write(registers["curve_slope"].address, 1, size=2)
    lost = 1 << [f.name for f in registers["events"].fields].index("curve_lost")
    assert await bus.read(registers["events"].address) == lost
    assert await bus.write(registers["events"].address, lost)
    for address, register, index in random.sample(list(registers.words()), 30):
        if register.access is not Access.READ:
            assert await bus.read(address) == register.reset(index), register.name


@cocotb.test(skip=parameters().get("bus") != "axi")
@every_pattern
async def reads_and_writes_come_together(dut: Any, pattern: str) -> None:
    """Keep both directions busy: neither may wait for the other for ever."""
    bus, registers = await begin(dut, pattern)
    gain, black = registers["gain"].addresses, registers["black"]
    wanted = {"write": 20, "read": 20}  # the first to be done goes on until the other is

    async def write(index: int) -> None:
        value = 0
        while max(wanted.values()) > 0:
            value += 1
            assert await bus.write(gain[index], value)
            assert not await bus.write(registers.size - 4, value)
            wanted["write"] -= 1
        assert await bus.read(gain[index]) == value

    async def read(index: int) -> None:
        while max(wanted.values()) > 0:
            assert await bus.read(black.addresses[index]) == black.reset()
            assert await bus.read(registers.size - 4) is None
            wanted["read"] -= 1

    for task in [cocotb.start_soon(job(k)) for job in (write, read) for k in range(4)]:
        await task


@cocotb.test()
@every_pattern
async def develops_frames(dut: Any, pattern: str) -> None:
    """Write and commit settings while the frame before is on its way."""
    given = parameters()
    bus, registers = await begin(dut, pattern)
    depth = IspConfig(**given["config"]).depth
    source = AxiVideoSource(dut, "s_axis", pattern=PATTERNS[pattern], seed=1)
    sink = AxiVideoSink(dut, "m_axis", pattern=PATTERNS[pattern], seed=2)
    events = {f.name: 1 << k for k, f in enumerate(registers["events"].fields)}

    async def write(name: str, value: Any) -> None:
        words = value if isinstance(value, list) else [value]
        for address, word in zip(registers[name].addresses, words, strict=True):
            assert await bus.write(address, word & 0xFFFF_FFFF), name

    async def read(name: str) -> int:
        value = await bus.read(registers[name].address)
        assert value is not None, name
        return value

    await write("interrupt_enable", events["settings"])
    bank = 0
    with np.load(given["data"]) as file:
        arrays = dict(file)
    for k, settings in enumerate(given["settings"]):
        for name, value in settings.items():
            await write(name, value)
        if f"curve{k}" in arrays:
            while not await read("status") & 0b10:
                pass
            points = arrays[f"curve{k}"].astype(int).tolist()
            for index, (first, then) in enumerate(pairwise(points)):
                await write("curve_start", index << 16 | first)
                await write("curve_slope", then - first)
            bank = 1 - bank
            await write("curve_bank", bank)
            await write("commit", 0)  # does nothing
            assert not await read("status") & 0b01
        await write("commit", 1)
        assert await read("status") == 0b01 | (f"curve{k}" not in arrays) << 1
        if f"curve{k}" in arrays:  # the table in use must not be written
            assert not await bus.write(registers["curve_slope"].address, 0)
            assert await read("events") & events["curve_lost"]
        assert dut.irq.value == 0
        raw = arrays[f"raw{k}"]
        await source.begin(raw, depth)
        # in mid-frame: other settings, sometimes committed, but the next frame has others again
        assert await read("frames") == k + 1 + (k + 1) // 2 * 2
        assert await read("status") & 0b01 == 0
        assert dut.irq.value == 1
        await write("events", 0xFFFF_FFFF)
        await ClockCycles(dut.clk, 2)
        await FallingEdge(dut.clk)
        assert dut.irq.value == 0
        await write("gain", [0, 65535, 0, 65535])
        await write("width", 5)
        if k % 2:
            await write("commit", 1)
            assert await read("status") & 0b01 == 1
        await source.end()
        height, width = raw.shape
        picture = await sink.frame(width, height)
        assert np.array_equal(picture, arrays[f"picture{k}"]), f"frame {k}"
        assert await read("events") == 0, "faults must not be seen"
        if k % 2 == 0:  # what was written is not committed: the same picture, twice
            for _ in range(2):
                await source.begin(raw, depth)
                await source.end()
                assert np.array_equal(await sink.frame(width, height), picture), f"again {k}"
            assert await read("events") == events["frame"]
    # faults: a frame that ends after its first line, then one more
    await source.begin(raw[:1], depth)
    await source.end()
    await source.begin(raw, depth)
    assert await read("events") & events["early_sof"]
