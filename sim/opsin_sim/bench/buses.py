# SPDX-License-Identifier: MIT
"""Initiators on register buses, all with the same two functions.

``read`` returns the word or None if the access was refused; ``write`` returns whether it was done.
"""

import random
from typing import Any, Protocol

from cocotb.triggers import FallingEdge

from .patterns import Pattern, pause

__all__ = ["AxiLiteInitiator", "Initiator", "WishboneInitiator", "pauses"]


class Initiator(Protocol):
    """What benches use."""

    async def read(self, address: int) -> int | None:
        """Read a word."""
        ...

    async def write(self, address: int, value: int, *, size: int = 4) -> bool:
        """Write the low ``size`` bytes of ``value`` at byte ``address``, within a word."""
        ...


class AxiLiteInitiator:
    """AXI4-Lite manager of cocotbext-axi at ports ``PREFIX_awaddr`` and so on.

    ``pattern.idle`` delays addresses and data, ``pattern.stall`` the acceptance of answers, each
    channel for itself.
    """

    def __init__(self, dut: Any, prefix: str, *, pattern: Pattern, seed: int) -> None:
        from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

        self._okay = AxiResp.OKAY
        self._refused = AxiResp.SLVERR
        self._master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, prefix), dut.clk, dut.rst)
        write, read = self._master.write_if, self._master.read_if
        for k, (channel, probability) in enumerate(
            [
                (write.aw_channel, pattern.idle),
                (write.w_channel, pattern.idle),
                (write.b_channel, pattern.stall),
                (read.ar_channel, pattern.idle),
                (read.r_channel, pattern.stall),
            ]
        ):
            channel.set_pause_generator(pauses(probability, seed + k))

    async def read(self, address: int) -> int | None:
        """Read a word."""
        answer = await self._master.read(address, 4)
        assert answer.resp in (self._okay, self._refused)
        return int.from_bytes(answer.data, "little") if answer.resp == self._okay else None

    async def write(self, address: int, value: int, *, size: int = 4) -> bool:
        """Write bytes of a word."""
        answer = await self._master.write(address, value.to_bytes(size, "little"))
        assert answer.resp in (self._okay, self._refused)
        return bool(answer.resp == self._okay)


class WishboneInitiator:
    """Wishbone B4 classic initiator at ports ``PREFIX_cyc`` and so on; pauses between accesses.

    With ``pattern.stall`` it also keeps ``cyc`` up between some accesses.
    """

    def __init__(self, dut: Any, prefix: str, *, pattern: Pattern, seed: int) -> None:
        self._port = {
            name: getattr(dut, f"{prefix}_{name}")
            for name in ("cyc", "stb", "we", "adr", "sel", "dat_w", "dat_r", "ack", "err")
        }
        self._edge = FallingEdge(dut.clk)
        self._pattern, self._rng = pattern, random.Random(seed)

    async def read(self, address: int) -> int | None:
        """Read a word."""
        return await self._access(address // 4, 0b1111, None)

    async def write(self, address: int, value: int, *, size: int = 4) -> bool:
        """Write bytes of a word."""
        low = address % 4
        mask = ((1 << size) - 1) << low
        return await self._access(address // 4, mask, value << (8 * low)) is not None

    async def _access(self, word: int, mask: int, value: int | None) -> int | None:
        port = self._port
        while pause(self._rng, self._pattern.idle):
            await self._edge
        port["cyc"].value = port["stb"].value = 1
        port["we"].value, port["adr"].value, port["sel"].value = value is not None, word, mask
        port["dat_w"].value = self._rng.getrandbits(32) if value is None else value
        await self._edge
        while port["ack"].value != 1 and port["err"].value != 1:
            await self._edge
        assert port["ack"].value != port["err"].value, "ack and err must not come together"
        done = port["ack"].value == 1
        result = port["dat_r"].value.to_unsigned()
        port["stb"].value = 0
        port["cyc"].value = pause(self._rng, self._pattern.stall)
        if port["cyc"].value == 1 or pause(self._rng, 0.5):
            await self._edge
            assert port["ack"].value == 0, "ack must end with the access"
        return result if done else None


def pauses(probability: float, seed: int) -> Any:
    """Endless decisions for cocotbext-axi."""
    rng = random.Random(seed)
    while True:
        yield pause(rng, probability)
