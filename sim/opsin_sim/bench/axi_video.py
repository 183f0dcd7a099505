# SPDX-License-Identifier: MIT
"""AXI4-Stream video as other people's benches have it, on cocotbext-axi."""

from typing import Any

import numpy as np
from cocotb.triggers import FallingEdge
from numpy.typing import NDArray

from .buses import pauses
from .patterns import Pattern

__all__ = ["AxiByteSink", "AxiVideoSink", "AxiVideoSource"]


class AxiVideoSource:
    """Transmitter of raw frames, a packet for each line."""

    def __init__(self, dut: Any, prefix: str, *, pattern: Pattern, seed: int) -> None:
        from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSource

        self._frame = AxiStreamFrame
        bus = AxiStreamBus.from_prefix(dut, prefix)
        self._source = AxiStreamSource(bus, dut.clk, dut.rst, byte_size=len(bus.tdata))
        self._source.set_pause_generator(pauses(pattern.idle, seed))
        self._rest: list[Any] = []
        self._edge = FallingEdge(dut.clk)

    async def begin(self, raw: NDArray[np.uint16], depth: int, ppc: int = 1) -> None:
        """Send half of a frame's lines, at least one; return when they are taken."""
        assert int(raw.max()) >> depth == 0
        lines = []
        places = depth * np.arange(ppc, dtype=np.int64)
        beats = (raw.astype(np.int64).reshape(len(raw), -1, ppc) << places).sum(axis=2)
        for y, line in enumerate(beats.tolist()):
            lines.append(self._frame(line, tuser=[int(y == x == 0) for x in range(len(line))]))
        half = (len(lines) + 1) // 2
        self._rest = lines[half:]
        for line in lines[:half]:
            await self._source.send(line)
        await self._source.wait()
        for _ in range(2):  # the beat that waits in the receiver
            await self._edge

    async def end(self) -> None:
        """Send the other half."""
        for line in self._rest:
            await self._source.send(line)
        await self._source.wait()


class AxiVideoSink:
    """Receiver of pictures, red, green and blue of 8 bits."""

    def __init__(self, dut: Any, prefix: str, *, pattern: Pattern, seed: int) -> None:
        from cocotbext.axi import AxiStreamBus, AxiStreamSink

        bus = AxiStreamBus.from_prefix(dut, prefix)
        self._sink = AxiStreamSink(bus, dut.clk, dut.rst, byte_size=len(bus.tdata))
        self._sink.set_pause_generator(pauses(pattern.stall, seed))

    async def frame(self, width: int, height: int) -> NDArray[np.uint8]:
        """Receive a frame and check that its markers are in place."""
        picture = np.zeros((height, width, 3), np.uint8)
        for y in range(height):
            packet = await self._sink.recv(compact=False)
            words = np.array(packet.tdata)
            assert len(words) == width, f"line {y} must have {width} pixels, not {len(words)}"
            user = list(packet.tuser) if isinstance(packet.tuser, list) else [packet.tuser] * width
            assert user == [int(y == x == 0) for x in range(width)], f"tuser in line {y}"
            for channel, place in enumerate((2, 0, 1)):  # UG934: green, blue, red from bit 0
                picture[y, :, channel] = words >> (8 * place) & 0xFF
        return picture


class AxiByteSink:
    """Receiver of pictures as the bytes of their lines, a packet for each line."""

    def __init__(self, dut: Any, prefix: str, *, pattern: Pattern, seed: int) -> None:
        from cocotbext.axi import AxiStreamBus, AxiStreamSink

        bus = AxiStreamBus.from_prefix(dut, prefix)
        self._bytes = len(bus.tdata) // 8
        self._sink = AxiStreamSink(bus, dut.clk, dut.rst, byte_size=len(bus.tdata))
        self._sink.set_pause_generator(pauses(pattern.stall, seed))

    async def frame(self, height: int, stride: int) -> NDArray[np.uint8]:
        """Receive lines of ``stride`` bytes and check that markers are in place."""
        count = stride // self._bytes
        lines = []
        for y in range(height):
            packet = await self._sink.recv(compact=False)
            words = [int(word) for word in packet.tdata]
            assert len(words) == count, f"line {y} must have {count} words, not {len(words)}"
            user = list(packet.tuser) if isinstance(packet.tuser, list) else [packet.tuser] * count
            assert user == [int(y == x == 0) for x in range(count)], f"tuser in line {y}"
            lines.append(b"".join(word.to_bytes(self._bytes, "little") for word in words))
        return np.frombuffer(b"".join(lines), dtype=np.uint8).reshape(height, stride)
