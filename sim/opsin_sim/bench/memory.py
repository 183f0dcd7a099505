# SPDX-License-Identifier: MIT
"""Memory behind a MemoryPort."""

import random
from collections import deque
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import RisingEdge
from numpy.typing import NDArray

from .patterns import pause
from .streams import StreamHandles

__all__ = ["MemoryModel"]


class MemoryModel:
    """Serves :class:`opsin.common.memory_port.MemoryPort` ``name`` from an array of bytes.

    Parameters
    ----------
    data : array of uint8
        Contents, changed in place.
    latency : int
        Cycles to answer, beyond one.
    idle, stall : float
        Probability that an answer, or the acceptance of a request, pauses for a cycle.
    """

    def __init__(
        self,
        dut: Any,
        name: str,
        data: NDArray[np.uint8],
        *,
        latency: int = 0,
        idle: float = 0.0,
        stall: float = 0.0,
        seed: int = 3,
    ) -> None:
        self.data = data
        self._request = StreamHandles(dut, f"{name}__request")
        self._response = StreamHandles(dut, f"{name}__response")
        self._word_bytes = len(self._response.payload) // 8
        self._latency, self._idle, self._stall = latency, idle, stall
        self._rng = random.Random(seed)
        self._request.ready.value = 0
        self._response.valid.value = 0
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        request, response = self._request, self._response
        edge = RisingEdge(request.clock)
        words: deque[tuple[int, int]] = deque()
        cycle, offered, ready = 0, False, False
        while True:
            if not offered and words and words[0][0] <= cycle and not pause(self._rng, self._idle):
                offered = True
                response.payload.value = words[0][1]
            response.valid.value = int(offered)
            ready = not pause(self._rng, self._stall)
            request.ready.value = int(ready)
            await edge
            if offered and response.ready.value == 1:
                words.popleft()
                offered = False
            if ready and request.valid.value == 1:
                word = self._access(request.payload.value.to_unsigned())
                if word is not None:
                    words.append((cycle + 1 + self._latency, word))
            cycle += 1

    def _access(self, request: int) -> int | None:
        """Do what a request says; the word if it is a read."""
        address, write, word = request & 0xFFFFFFFF, request >> 32 & 1, request >> 33
        size = self._word_bytes
        if address % size or address + size > len(self.data):
            kind = "written" if write else "read"
            raise AssertionError(
                f"{self._request.name}: word at {address:#x} {kind}; addresses must be multiples "
                f"of {size} within {len(self.data):#x} bytes"
            )
        window = self.data[address : address + size]
        if not write:
            return int.from_bytes(window.tobytes(), "little")
        window[:] = np.frombuffer(word.to_bytes(size, "little"), np.uint8)
        return None
