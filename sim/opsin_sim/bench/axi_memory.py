# SPDX-License-Identifier: MIT
"""Memory on AXI4 as other people's benches have it, on cocotbext-axi."""

import random
from typing import Any

from cocotb.triggers import ClockCycles

from .buses import pauses
from .patterns import Pattern

__all__ = ["AxiMemoryModel"]


class AxiMemoryModel:
    """Subordinate of cocotbext-axi at ports ``PREFIX_awaddr`` and so on.

    ``pattern.stall`` delays the acceptance of addresses and data, ``pattern.idle`` the answers,
    each channel for itself; with probability ``slow`` a word takes up to 40 cycles more.
    Words at ``refused`` and beyond are answered with SLVERR; later those in the ranges ``reads``
    and ``writes``, with ``refusal`` (2 SLVERR, 3 DECERR).
    """

    def __init__(
        self, dut: Any, prefix: str, *, size: int, pattern: Pattern, seed: int,
        slow: float = 0.0, refused: int | None = None,
    ) -> None:  # fmt: skip
        from cocotbext.axi import AxiBus, AxiRamRead, AxiRamWrite
        from cocotbext.axi.memory import Memory

        rng = random.Random(seed)
        self.reads = self.writes = range(size if refused is None else refused, size)
        self.refusal = 2

        async def meet(address: int, none: range) -> None:
            if address in none:
                raise ValueError(f"{address:#x} is refused")
            if slow and rng.random() < slow:
                await ClockCycles(dut.clk, rng.randrange(1, 40))

        these = self

        class Write(AxiRamWrite):  # type: ignore[misc]
            async def _write(self, address: int, data: bytes) -> None:
                await meet(address, these.writes)
                await super()._write(address, data)

        class Read(AxiRamRead):  # type: ignore[misc]
            async def _read(self, address: int, length: int) -> bytes:
                await meet(address, these.reads)
                found: bytes = await super()._read(address, length)
                return found

        self._memory = Memory(size)
        bus = AxiBus.from_prefix(dut, prefix)
        write = Write(bus.write, dut.clk, dut.rst, size=size, mem=self._memory.mem)
        read = Read(bus.read, dut.clk, dut.rst, size=size, mem=self._memory.mem)
        for k, (channel, probability) in enumerate(
            [
                (write.aw_channel, pattern.stall),
                (write.w_channel, pattern.stall),
                (write.b_channel, pattern.idle),
                (read.ar_channel, pattern.stall),
                (read.r_channel, pattern.idle),
            ]
        ):
            channel.set_pause_generator(pauses(probability, seed + k))

        for channel, name in (write.b_channel, "bresp"), (read.r_channel, "rresp"):
            self._refuse(channel, name)

    def _refuse(self, channel: Any, name: str) -> None:
        inner = channel.send

        async def send(answer: Any) -> None:
            if getattr(answer, name):
                setattr(answer, name, self.refusal)
            await inner(answer)

        channel.send = send

    def write(self, address: int, data: bytes) -> None:
        """Change bytes."""
        self._memory.write(address, data)

    def read(self, address: int, length: int) -> bytes:
        """Look at bytes."""
        found: bytes = self._memory.read(address, length)
        return found
