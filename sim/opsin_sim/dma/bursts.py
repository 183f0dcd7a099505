# SPDX-License-Identifier: MIT
"""Memory behind burst ports, in Amaranth's simulator."""

import random
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..stream import SimulatorContext

__all__ = ["Conduct", "serve_reads", "serve_writes"]


@dataclass
class Conduct:
    """How memory and scratchpad behave.

    ``stall``: probability that a stream stands still for a cycle. Words at bytes in ``refused``
    are refused. ``owed`` is the number of words, or bursts, asked for and not answered.
    """

    latency: int = 1
    stall: float = 0.0
    refused: range = range(0)
    seed: int = 1
    owed: int = 0
    most: int = 0
    bursts: list[tuple[int, int]] = field(default_factory=list)

    def pauses(self) -> random.Random:
        """Return random numbers of their own for a stream."""
        self.seed += 1
        return random.Random(self.seed)


def _check(address: int, more: int, width: int) -> None:
    assert address % width == 0, f"{address:#x} is not a word's address"
    assert address // width % 16 + more < 16, f"{more + 1} words at {address:#x} leave a block"


class _Held:
    """Check that a stream that waits stays as it is."""

    def __init__(self) -> None:
        self.before: Any = None

    def look(self, valid: int, ready: int, *payload: int) -> bool:
        assert self.before is None or (valid and payload == self.before), "payload must stay"
        self.before = payload if valid and not ready else None
        return bool(valid and ready)


async def serve_reads(
    ctx: SimulatorContext, port: Any, memory: NDArray[np.uint8], conduct: Conduct
) -> None:
    """Answer reads for ever."""
    width = port.signature.word_bytes
    rng, held = conduct.pauses(), _Held()
    words: deque[tuple[int, int]] = deque()  # address, and when it may come
    time = offered = 0
    while True:
        ctx.set(port.request.ready, rng.random() >= conduct.stall)
        offered = offered or int(
            bool(words) and words[0][1] <= time and rng.random() >= conduct.stall
        )
        ctx.set(port.response.valid, offered)
        if offered:
            address = words[0][0]
            value = int.from_bytes(memory[address : address + width].tobytes(), "little")
            ctx.set(port.response.p, {"data": value, "error": address in conduct.refused})
        request = port.request
        _, _, valid, ready, address, more, taken = await ctx.tick().sample(
            request.valid, request.ready, request.p.address, request.p.more, port.response.ready
        )
        time += 1
        if held.look(valid, ready, address, more):
            _check(address, more, width)
            conduct.bursts.append((address, more))
            words += [(address + width * n, time + conduct.latency - 1) for n in range(more + 1)]
        if offered and taken:
            words.popleft()
            offered = 0
        conduct.owed = len(words)
        conduct.most = max(conduct.most, conduct.owed)


async def serve_writes(
    ctx: SimulatorContext, port: Any, memory: NDArray[np.uint8], conduct: Conduct
) -> None:
    """Carry out writes for ever; a burst is written when it is answered."""
    width = port.signature.word_bytes
    rng, held_request, held_word = conduct.pauses(), _Held(), _Held()
    asked: deque[tuple[int, int]] = deque()
    words: list[tuple[int, int]] = []  # of the burst that comes
    whole: deque[tuple[list[tuple[int, int]], int]] = deque()
    time = offered = 0
    refused = False
    request, word = port.request, port.words
    while True:
        ctx.set(request.ready, rng.random() >= conduct.stall)
        ctx.set(word.ready, rng.random() >= conduct.stall)
        offered = offered or int(
            bool(whole and asked) and whole[0][1] <= time and rng.random() >= conduct.stall
        )
        ctx.set(port.response.valid, offered)
        if offered:
            first = asked[0][0]
            last = first + width * len(whole[0][0])
            refused = bool(
                range(max(first, conduct.refused.start), min(last, conduct.refused.stop))
            )
            ctx.set(port.response.p.error, refused)
        found = await ctx.tick().sample(
            *(request.valid, request.ready, request.p.address, request.p.more),
            *(word.valid, word.ready, word.p.data, word.p.strobe, word.p.last),
            port.response.ready,
        )
        valid, ready, address, more, word_valid, word_ready, value, strobe, end, taken = found[2:]
        time += 1
        if held_request.look(valid, ready, address, more):
            _check(address, more, width)
            conduct.bursts.append((address, more))
            asked.append((address, more))
        if held_word.look(word_valid, word_ready, value, strobe, end):
            words.append((value, strobe))
            if end:
                whole.append((words, time + conduct.latency - 1))
                words = []
        if offered and taken:
            (address, more), (burst, _when) = asked.popleft(), whole.popleft()
            assert len(burst) == more + 1, "last must be where the request says"
            if not refused:
                for n, (value, strobe) in enumerate(burst):
                    for byte in range(width):
                        if strobe >> byte & 1:
                            memory[address + n * width + byte] = value >> 8 * byte & 255
            offered = 0
        conduct.owed = max(len(asked), len(whole) + bool(words))
        conduct.most = max(conduct.most, len(asked))
