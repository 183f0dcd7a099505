# SPDX-License-Identifier: MIT
"""Memory behind a MemoryPort in Amaranth's simulator."""

import random
from collections import deque

import numpy as np
from numpy.typing import NDArray

from opsin.common.memory_port import MemoryInterface

from .stream import SimulatorContext

__all__ = ["serve"]


async def serve(
    ctx: SimulatorContext,
    port: MemoryInterface,
    memory: NDArray[np.uint8],
    *,
    latency: int = 0,
    rng: random.Random | None = None,
) -> None:
    """Serve an initiator's port from ``memory``, for ever; run it as a background testbench.

    Reads are answered ``latency`` cycles later than possible; with ``rng``, half of all cycles
    take no request and half offer no answer.

    Raises
    ------
    AssertionError
        If an address is not a word of ``memory``, or a waiting request changes.
    """
    size = len(port.response.payload) // 8
    answers: deque[tuple[int, int]] = deque()
    waiting = None
    offered = False
    cycle = 0
    while True:
        ctx.set(port.request.ready, rng is None or rng.random() < 0.5)
        if not offered and answers and answers[0][0] <= cycle:
            offered = rng is None or rng.random() < 0.5
        ctx.set(port.response.valid, offered)
        if offered:
            ctx.set(port.response.payload, answers[0][1])
        _, _, valid, ready, request, taken = await ctx.tick().sample(
            port.request.valid, port.request.ready, port.request.payload, port.response.ready
        )
        if waiting is not None and (not valid or request != waiting):
            raise AssertionError("a request must stay until it is taken")
        waiting = request if valid and not ready else None
        if offered and taken:
            answers.popleft()
            offered = False
        if valid and ready:
            address = int(request.address)
            if address % size or address + size > len(memory):
                raise AssertionError(f"address must be a word of memory, not {address:#x}")
            if request.write:
                word = int(request.data).to_bytes(size, "little")
                memory[address : address + size] = np.frombuffer(word, np.uint8)
            else:
                word = memory[address : address + size].tobytes()
                answers.append((cycle + 1 + latency, int.from_bytes(word, "little")))
        cycle += 1
