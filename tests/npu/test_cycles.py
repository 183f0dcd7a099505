# SPDX-License-Identifier: MIT
"""The cycles that docs/npu.md states, to the cycle."""

from itertools import product

import pytest

from opsin.config import NPU_SMALL, NPU_TINY
from opsin_sim.golden.npu import Opcode, encode
from opsin_sim.npu import Pair, image


@pytest.fixture(scope="module", params=[NPU_TINY, NPU_SMALL], ids=lambda config: config.name)
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair(request.param)


def matmul(tiles: int, vectors: int) -> bytes:
    ones = dict.fromkeys(["k1", "k2", "n1", "n2"], 1)
    return encode(Opcode.MATMUL, k0=tiles, n0=vectors, n0_stride=1, **ones)


def test_matmul(pair: Pair) -> None:
    rows, cols = pair.config.rows, pair.config.cols
    for tiles, n in product((1, 2, 3, 20), (1, 2, rows - 1, rows, rows + 1, 3 * rows, 100)):
        counters = pair.job(image(matmul(tiles, n)))
        streaming = (tiles - 1) * max(n, rows) + n
        assert counters["matmul"] == streaming + 2 * rows + cols + 7
        assert counters["array_busy"] == tiles * n
        assert counters["weight_wait"] == rows + (tiles - 1) * max(rows - n, 0)


def test_utilisation(pair: Pair) -> None:
    """From the scratchpad, a MATMUL of ordinary size keeps the array busy 98 % of the job."""
    n = pair.config.accumulator_rows
    counters = pair.job(image(*[matmul(32, n)] * 4))
    assert counters["array_busy"] > 0.98 * counters["cycles"]


def test_copies(pair: Pair) -> None:
    for row_words, rows, latency in product((1, 7, 30), (1, 2, 10), (0, 1, 40)):
        words = row_words * rows
        local = {"row_words": row_words, "rows": rows, "local_stride": row_words}
        remote = {"memory": 256, "memory_stride": 8 * row_words}
        # first something that leaves time to fetch the rest: descriptors go first at memory
        calm = encode(Opcode.FILL, row_words=400, rows=1)
        load = pair.job(image(calm, encode(Opcode.LOAD, **local, **remote)), latency=latency)
        store = pair.job(image(calm, encode(Opcode.STORE, **local, **remote)), latency=latency)
        fill = pair.job(image(calm, encode(Opcode.FILL, **local)), latency=latency)
        assert load["load"] == words + 2 + latency
        assert store["store"] == words + 2
        assert fill["fill"] == 400 + words


def test_requantize(pair: Pair) -> None:
    for count in (1, 2, 3, 100):
        counters = pair.job(image(encode(Opcode.REQUANTIZE, count=count, local_stride=1)))
        assert counters["requantize"] == count + 17


def test_job(pair: Pair) -> None:
    """With descriptors longer than their fetching, nothing is waited for but the first."""
    program = [
        encode(Opcode.FILL, row_words=200, rows=1),
        matmul(8, 40),
        encode(Opcode.REQUANTIZE, count=150, local_stride=1),
        encode(Opcode.FILL, row_words=100, rows=2),
    ]
    counters = pair.job(image(*program))
    units = sum(counters[name] for name in ("fill", "matmul", "requantize"))
    # two cycles to issue each, and three from HALT to done
    assert counters["cycles"] == counters["fetch_wait"] + units + 2 * len(program) + 3
    # the first descriptor: its words, and the check of a FILL: 2 cycles, 4 steps, 2 products
    first = 64 // pair.config.word_bytes + 5
    assert counters["fetch_wait"] == first + 2 + 4 + (200 - 1).bit_length() + 1
