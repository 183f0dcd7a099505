# SPDX-License-Identifier: MIT
"""Bursts of both ports through AXI4, against cocotbext-axi's memory.

Parameters: ``word_bytes``.
"""

import random
from typing import Any

import cocotb
from cocotb.simtime import get_sim_time
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from opsin_sim.bench import PATTERNS, StreamDriver, StreamSink, parameters, start
from opsin_sim.bench.buses import pauses
from opsin_sim.bench.patterns import Pattern

SIZE = 16384
HALF = SIZE // 2
every_pattern = cocotb.parametrize(pattern=list(PATTERNS))


class Ram:
    """AxiRam whose channels pause, whose words are late, and which refuses all from ``end`` on."""

    def __init__(
        self, dut: Any, pattern: Pattern, *, late: int = 0, end: int = SIZE, refusal: int = 2
    ) -> None:
        from cocotbext.axi import AxiBus, AxiRam

        ram = AxiRam(AxiBus.from_prefix(dut, "axi_"), dut.clk, dut.rst, size=SIZE)
        self.memory, self.writer, self.reader = ram, ram.write_if, ram.read_if
        rng = random.Random(5)

        def meet(part: Any, name: str) -> None:
            inner = getattr(part, name)

            async def outer(address: int, what: Any) -> Any:
                if late and rng.random() < 0.1:
                    await ClockCycles(dut.clk, rng.randrange(1, late))
                if address >= end:
                    raise ValueError(f"{address:#x} is refused")
                return await inner(address, what)

            setattr(part, name, outer)

        def refuse(channel: Any, name: str) -> None:
            inner = channel.send

            async def outer(answer: Any) -> None:
                if getattr(answer, name):
                    setattr(answer, name, refusal)
                await inner(answer)

            channel.send = outer

        meet(self.writer, "_write")
        meet(self.reader, "_read")
        refuse(self.writer.b_channel, "bresp")
        refuse(self.reader.r_channel, "rresp")
        for n, (channel, probability) in enumerate(
            [
                (self.writer.aw_channel, pattern.stall),
                (self.writer.w_channel, pattern.stall),
                (self.writer.b_channel, pattern.idle),
                (self.reader.ar_channel, pattern.stall),
                (self.reader.r_channel, pattern.idle),
            ]
        ):
            channel.set_pause_generator(pauses(probability, 11 + n))


async def keep_rules(dut: Any, size: int) -> None:
    """Check every address: within 4 KB, of whole words, and that it stays until it is taken."""
    held: dict[str, Any] = {}
    while True:
        await FallingEdge(dut.clk)
        for channel in "ar", "aw":
            value = {n: int(getattr(dut, f"axi__{channel}{n}").value) for n in VALUES}
            ready = int(getattr(dut, f"axi__{channel}ready").value)
            if held.get(channel):
                assert value == held[channel], f"{channel} must stay: {value}, {held[channel]}"
            held[channel] = value if value["valid"] and not ready else None
            if value["valid"]:
                address = value["addr"]
                assert 1 << value["size"] == size
                assert value["burst"] == 1
                assert address % size == 0
                assert address % 4096 + (value["len"] + 1) * size <= 4096


VALUES = "valid", "addr", "len", "size", "burst"


class Answers:
    """Payloads that crossed a stream, which may have a single bit."""

    def __init__(self, dut: Any, name: str) -> None:
        self._edge = RisingEdge(dut.clk)
        self._ports = [getattr(dut, f"{name}__{part}") for part in ("valid", "ready", "payload")]
        self._received: list[int] = []
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        valid, ready, payload = self._ports
        while True:
            await self._edge
            if valid.value == 1 and ready.value == 1:
                self._received.append(int(payload.value))

    async def take(self, count: int) -> list[int]:
        """Wait for so many more."""
        while len(self._received) < count:
            await self._edge
        found, self._received = self._received, []
        return found


class Ports:
    """Initiator of both ports."""

    def __init__(self, dut: Any, pattern: Pattern) -> None:
        self.size = parameters()["word_bytes"]
        self._drivers = [
            StreamDriver(dut, name, idle=pattern.idle, seed=n)
            for n, name in enumerate(("reads__request", "writes__request", "writes__words"))
        ]
        self._answers = [Answers(dut, name) for name in ("reads__response", "writes__response")]
        for n, name in enumerate(("reads__response", "writes__response")):
            StreamSink(dut, name, stall=pattern.stall, seed=20 + n)
        cocotb.start_soon(keep_rules(dut, self.size))

    def burst(self, first: int, end: int) -> tuple[int, int]:
        """Draw a burst between two bytes: its address, and words after the first."""
        word = random.randrange(first // self.size, end // self.size)
        return word * self.size, random.randrange(16 - word % 16)

    async def read(self, bursts: list[tuple[int, int]]) -> list[tuple[bytes, int]]:
        """Return data and error of every word."""
        words = sum(more + 1 for _, more in bursts)
        cocotb.start_soon(self._drivers[0].send(address | more << 32 for address, more in bursts))
        found = await self._answers[0].take(words)
        bits = 8 * self.size
        return [
            ((word & (1 << bits) - 1).to_bytes(self.size, "little"), word >> bits) for word in found
        ]

    async def write(self, bursts: list[tuple[int, int]]) -> tuple[dict[int, int], list[int]]:
        """Write random bytes; return those, by address, and every burst's error."""
        written, words = {}, []
        for address, more in bursts:
            for n in range(more + 1):
                data = random.randbytes(self.size)
                strobe = random.choice([0, -1, random.getrandbits(self.size)]) % (1 << self.size)
                strobe |= n == 0  # what has no bytes is not refused
                for byte in range(self.size):
                    if strobe >> byte & 1:
                        written[address + n * self.size + byte] = data[byte]
                value = int.from_bytes(data, "little") | strobe << 8 * self.size
                words.append(value | (n == more) << 9 * self.size)
        cocotb.start_soon(self._drivers[1].send(address | more << 32 for address, more in bursts))
        cocotb.start_soon(self._drivers[2].send(words))
        errors = await self._answers[1].take(len(bursts))
        return written, errors


@cocotb.test()
@every_pattern
async def words_arrive(dut: Any, pattern: str) -> None:
    """Read one half, and write the other, at the same time."""
    await start(dut, timeout=100_000)
    pauses = PATTERNS[pattern]
    ram = Ram(dut, pauses, late=0 if pattern == "full_rate" else 60).memory
    text = bytearray(random.randbytes(SIZE))
    ram.write(0, bytes(text))
    ports = Ports(dut, pauses)
    ask = [ports.burst(0, HALF) for _ in range(40)]
    give = [ports.burst(HALF, SIZE) for _ in range(40)]
    reading = cocotb.start_soon(ports.read(ask))
    written, errors = await ports.write(give)
    found = await reading
    size = ports.size
    wanted = [
        (bytes(text[at : at + size]), 0)
        for address, more in ask
        for at in range(address, address + (more + 1) * size, size)
    ]
    assert found == wanted
    assert errors == [0] * len(give)
    for address, byte in written.items():
        text[address] = byte
    assert ram.read(0, SIZE) == bytes(text)


@cocotb.test()
@cocotb.parametrize(refusal=[2, 3])
async def refusals_are_told(dut: Any, refusal: int) -> None:
    """SLVERR and DECERR are errors of just the words and bursts that got them."""
    await start(dut, timeout=100_000)
    pattern = PATTERNS["both"]
    ram = Ram(dut, pattern, end=HALF, refusal=refusal).memory
    text = bytearray(random.randbytes(SIZE))
    ram.write(0, bytes(text))
    ports = Ports(dut, pattern)
    bursts = [ports.burst(0, SIZE) for _ in range(30)]
    written, errors = await ports.write(bursts)
    assert errors == [int(address >= HALF) for address, _ in bursts]
    for address, byte in written.items():
        if address < HALF:
            text[address] = byte
    assert ram.read(0, SIZE) == bytes(text)
    words = iter(await ports.read(bursts))
    for address, more in bursts:
        for n in range(more + 1):
            data, error = next(words)
            at = address + n * ports.size
            assert error == (address >= HALF)
            assert error or data == bytes(text[at : at + ports.size])


@cocotb.test()
async def long_runs_are_fast(dut: Any) -> None:
    """Move a word per cycle in each direction, at once."""
    await start(dut, timeout=20_000)
    pattern = PATTERNS["full_rate"]
    Ram(dut, pattern)
    ports = Ports(dut, pattern)
    bursts = [(16 * ports.size * n, 15) for n in range(16)]
    await RisingEdge(dut.clk)
    begin = get_sim_time("ns")
    reading = cocotb.start_soon(ports.read(bursts))
    await ports.write(bursts)
    await reading
    cycles = (get_sim_time("ns") - begin) / 10
    assert cycles < 256 + 40, f"{cycles} cycles"
