# SPDX-License-Identifier: MIT
"""Two readers on one port of burst reads."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from opsin.common.burst_port import BurstRequest, ReadResponse
from opsin.common.read_join import ReadJoin
from opsin_sim.harness import Model, pack, unpack

WORD = 8
SIZE = 1 << 14
READERS = "seldom", "often"


@cache
def model() -> Model:
    return Model(ReadJoin(word_bytes=WORD, bursts=4))


def bursts(rng: np.random.Generator, count: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw addresses and words after the first."""
    words = rng.integers(0, SIZE // WORD, count)
    more = np.minimum(rng.integers(0, most, count), 15 - words % 16)
    return words * WORD, more


@pytest.mark.parametrize("counts", [(40, 40), (40, 400), (3, 200), (60, 2), (0, 50)])
@pytest.mark.parametrize(
    "conduct",
    [{}, {"latency": 30}, {"latency": 9, "stall": 0.4, "idle": 0.4}, {"bandwidth": 3.0}],
    ids=["prompt", "late", "paused", "narrow"],
)
def test_words_come_to_who_asked(counts: tuple[int, int], conduct: dict[str, Any]) -> None:
    rng = np.random.default_rng(sum(counts))
    memory = rng.integers(0, 256, SIZE, np.uint8)
    sources, wanted = {}, {}
    for name, count, most in zip(READERS, counts, (2, 16), strict=True):
        address, more = bursts(rng, count, most)
        sources[f"{name}__request"] = pack(BurstRequest(), {"address": address, "more": more})
        at = [a + WORD * n for a, m in zip(address, more, strict=True) for n in range(m + 1)]
        wanted[name] = memory.view("<u8")[np.array(at, int) // WORD]
    refused = range(SIZE // 2, SIZE // 2 + 500)
    sinks: dict[str, int | None] = {f"{name}__response": len(wanted[name]) for name in READERS}
    run = model().run(
        sources, sinks, {"memory": memory}, refused={"memory": refused}, seed=3, **conduct
    )
    for name in READERS:
        found = unpack(ReadResponse(WORD), run.outputs[f"{name}__response"])
        assert np.array_equal(found["data"], wanted[name])
    assert run.traffic["memory"] == WORD * sum(map(len, wanted.values()))


def test_no_pause() -> None:
    """A word per cycle, whoever asked; however many are on their way."""
    full = {"address": np.arange(64) * 128, "more": np.full(64, 15)}
    sources = {f"{name}__request": pack(BurstRequest(), full) for name in READERS}
    sinks: dict[str, int | None] = {f"{name}__response": 1024 for name in READERS}
    memory = np.zeros(SIZE, np.uint8)
    run = model().run(sources, sinks, {"memory": memory}, latency=40)
    assert run.cycles <= 2048 + 40 + 5


def test_rejects() -> None:
    with pytest.raises(ValueError, match="bursts must be positive, not 0"):
        ReadJoin(word_bytes=8, bursts=0)
