# SPDX-License-Identifier: MIT
"""Stream sources, sinks and listeners for cocotb."""

import random
from collections.abc import Iterable
from typing import Any

import cocotb
from cocotb.triggers import Event, RisingEdge
from numpy.typing import NDArray

from .patterns import pause

__all__ = ["StreamDriver", "StreamMonitor", "StreamSink", "integers"]


def integers(packed: NDArray[Any]) -> list[int]:
    """Payloads of a packed array (:mod:`opsin_sim.harness.packing`) as Python integers."""
    if packed.ndim == 1:
        return packed.tolist()
    return [int.from_bytes(row.astype("<u4").tobytes(), "little") for row in packed]


class StreamHandles:
    """The three ports of stream ``name`` of ``dut``, and its clock."""

    def __init__(self, dut: Any, name: str) -> None:
        self.name = name
        self.clock = dut.clk
        self.payload = getattr(dut, f"{name}__payload")
        self.valid = getattr(dut, f"{name}__valid")
        self.ready = getattr(dut, f"{name}__ready")


class StreamDriver:
    """Source: drives ``valid`` and ``payload`` of an input stream.

    It never waits for ``ready`` before it is valid, and keeps payload and valid until taken.
    ``idle`` is the probability of a pause in each cycle before a payload.
    """

    def __init__(self, dut: Any, name: str, *, idle: float = 0.0, seed: int = 1) -> None:
        self._stream = StreamHandles(dut, name)
        self._idle = idle
        self._rng = random.Random(seed)
        self._stream.valid.value = 0

    async def send(self, payloads: Iterable[int]) -> None:
        """Put every payload into the stream; returns when the last one was taken."""
        stream = self._stream
        edge = RisingEdge(stream.clock)
        for payload in payloads:
            while pause(self._rng, self._idle):
                await edge
            stream.payload.value = payload
            stream.valid.value = 1
            await edge
            while stream.ready.value != 1:
                await edge
            stream.valid.value = 0


class StreamSink:
    """Drives ``ready`` of an output stream: low in a cycle with probability ``stall``."""

    def __init__(self, dut: Any, name: str, *, stall: float = 0.0, seed: int = 2) -> None:
        self._stream = StreamHandles(dut, name)
        self._stall = stall
        self._rng = random.Random(seed)
        self._stream.ready.value = 0
        self._task = cocotb.start_soon(self._run())

    async def _run(self) -> None:
        edge = RisingEdge(self._stream.clock)
        if not self._stall:
            self._stream.ready.value = 1
            return
        while True:
            self._stream.ready.value = int(not pause(self._rng, self._stall))
            await edge


class StreamMonitor:
    """Listener: ``received`` holds the payloads that crossed a stream, in order; drives nothing."""

    def __init__(self, dut: Any, name: str) -> None:
        self._stream = StreamHandles(dut, name)
        self.received: list[int] = []
        self._wanted = 0
        self._enough = Event()
        cocotb.start_soon(self._run())

    async def wait(self, count: int) -> list[int]:
        """Wait until ``count`` payloads crossed in all; returns them all."""
        self._wanted = count
        if len(self.received) < count:
            self._enough.clear()
            await self._enough.wait()
        return self.received

    async def _run(self) -> None:
        stream = self._stream
        edge = RisingEdge(stream.clock)
        while True:
            await edge
            if stream.valid.value == 1 and stream.ready.value == 1:
                self.received.append(stream.payload.value.to_unsigned())
                if len(self.received) == self._wanted:
                    self._enough.set()
