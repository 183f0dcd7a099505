# SPDX-License-Identifier: MIT
"""Predicted cycles are the core's, within three per cent."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from opsin.config import NPU, NpuConfig
from opsin_sim.golden.npu.codes import Opcode
from opsin_sim.golden.npu.cycles import Hardware, Prediction, predict
from opsin_sim.golden.npu.fields import encode
from opsin_sim.npu.core_model import CoreModel

LOAD, ARRAY, VECTOR, STORE = (1 << n for n in range(4))
ONES = dict.fromkeys(["k1", "k2", "n1", "n2"], 1)
SIZE = 1 << 20


@cache
def core(name: str) -> CoreModel:
    return CoreModel(NPU[name])


class Write:
    """Commands for a configuration; scratchpad in eight parts of ``bank`` words."""

    def __init__(self, config: NpuConfig) -> None:
        self.config, self.rows = config, config.rows
        self.bank, self.half = config.scratchpad_words // 8, config.accumulator_rows // 2

    def load(self, words: int, **fields: int) -> bytes:
        """Read some words as one row, or as ``rows``."""
        given = {"row_bytes": words * self.rows, "rows": 1, "planes": 1, "memory": SIZE // 2}
        return encode(Opcode.LOAD, **given | fields)

    def store(self, words: int, **fields: int) -> bytes:
        given = {"row_bytes": words * self.rows, "rows": 1, "planes": 1, "memory": SIZE // 4}
        return encode(Opcode.STORE, **given | fields)

    def matmul(self, k: int, n: int, **fields: int) -> bytes:
        given = ONES | {"k0": k, "n0": n, "n0_stride": 1, "weights": 4 * self.bank}
        return encode(Opcode.MATMUL, **given | fields)

    def requantize(self, n: int, **fields: int) -> bytes:
        strides = {"local_n0_stride": 1, "source_n0_stride": 1}
        given = {"n0": n, "n1": 1, "parameters": 7 * self.bank, **strides}
        return encode(Opcode.REQUANTIZE, **given | fields)

    def layers(self, count: int, words: int, k: int, n: int) -> Iterator[bytes]:
        """Yield load, product, requantization and store, each ahead of the next ones."""
        for turn in range(count):
            side, first = turn % 2, turn < 2
            local = {"local": side * self.bank}
            sums, made = side * self.half, (2 + side) * self.bank
            yield self.load(words, wait=0 if first else ARRAY, signal=ARRAY, **local)
            wait, signal = LOAD | (0 if first else VECTOR), LOAD | VECTOR
            yield self.matmul(k, n, accumulator=sums, wait=wait, signal=signal, **local)
            wait, signal = ARRAY | (0 if first else STORE), ARRAY | STORE
            yield self.requantize(n, source=sums, local=made, wait=wait, signal=signal)
            yield self.store(n, local=made, wait=VECTOR, signal=VECTOR)


def programs(w: Write) -> dict[str, list[bytes]]:
    odd = {"rows": 60, "row_stride": 3 * w.rows, "memory": SIZE // 2 + 3, "local_row_stride": 4}
    padded = odd | {"before": w.rows, "after": w.rows, "top": 2, "bottom": 2}
    depthwise = ONES | {"k0": 3, "k1": 3, "n0": 9, "n1": 6}
    depthwise |= {"k0_stride": 1, "k1_stride": 11, "n0_stride": 1, "n1_stride": 11}
    plane = {"edges": 15, "k1_stride": 9, "n1_stride": 9, "local": 2**32 - 10}
    plane |= {"weights": 4 * w.bank}
    chain = [
        w.load(8, signal=ARRAY),
        w.matmul(8, 8, wait=LOAD, signal=VECTOR),
        w.requantize(8, wait=ARRAY, signal=STORE),
        w.store(8, wait=VECTOR, signal=LOAD),
        w.load(8, wait=STORE),
    ]
    return {
        "loads": [w.load(64)] * 8,
        "odd rows": [w.load(1, **odd | {"row_bytes": w.rows + 2})] * 6,
        "padding": [w.load(1, **padded | {"row_bytes": w.rows + 2})] * 4,
        "stores": [w.store(1, rows=200, row_stride=2 * w.rows, local_row_stride=1)] * 4,
        "both": [w.load(200), w.store(200)] * 4,
        "products": [w.matmul(9, 40)] * 8,
        "small tiles": [w.matmul(18, w.rows // 2)] * 8,
        "little": [w.matmul(1, 1, local=1)] * 40,
        "weights beside activations": [w.matmul(9, 40, weights=64)] * 4,
        "sums in one half": [w.matmul(9, 40), w.matmul(9, 40), w.requantize(40)] * 3,
        "vector": [w.requantize(50, local=w.bank)] * 6,
        "chains": chain * 6,
        "array first": list(w.layers(8, 100, 8, 64)),
        "memory first": list(w.layers(8, w.bank, 4, 16)),
        "little of all": list(w.layers(16, 8, 2, 4)),
        "depthwise": [
            encode(Opcode.DEPTHWISE, **depthwise, weights=4 * w.bank, accumulator=w.half * side)
            for side in (0, 1, 0, 1)
        ],
        "planes": [
            encode(Opcode.DEPTHWISE, **depthwise | plane, accumulator=w.half * (n % 2))
            for n in range(12)
        ],
        "planes of other lines": [
            encode(Opcode.DEPTHWISE, **depthwise | plane | {"n0": 9 - n % 2, "n1": 6 + n % 3})
            for n in range(12)
        ],
        "packed": [w.matmul(9, w.rows // 2 + 1, packed=1)] * 6,
        "loops": [
            encode(Opcode.LOOP, count=9, length=3, step_0=64),
            encode(Opcode.LOOP, count=4, length=1, step_0=64),
            w.load(4, memory_loop0=1, memory_loop1=1, signal=ARRAY),
            w.matmul(6, 20),
        ],
        "fences": [w.load(4, fence=1)] * 8,
    }


def expect(name: str, memory: np.ndarray, **options: float) -> Prediction:
    config = NPU[name]
    sizes = {n: getattr(config, n) for n in ("rows", "lanes", "scratchpad_words", "banks")}
    hardware = Hardware(accumulator_rows=config.accumulator_rows, **sizes, **options)
    return predict(memory, 0, hardware)


@pytest.mark.parametrize("program", programs(Write(NPU["tiny"])))
@pytest.mark.parametrize(
    ("name", "share", "latency"), [("tiny", 1, 60), ("tiny", 0.5, 20), ("base", 1, 60)]
)
def test_within_three_per_cent(name: str, program: str, share: float, latency: int) -> None:
    code = b"".join([*programs(Write(NPU[name]))[program], encode(Opcode.HALT)])
    memory = np.frombuffer(code.ljust(SIZE, b"\0"), np.uint8).copy()
    options = {"bandwidth": share * NPU[name].rows, "latency": latency}
    found = expect(name, memory, **options)
    job = core(name).run(memory, counters=False, timeout=10 * found.cycles, **options)
    assert not job.error.value
    assert abs(found.cycles - job.cycles) <= 0.03 * job.cycles, f"{found.cycles}, {job.cycles}"


def test_tokens_that_never_come() -> None:
    code = encode(Opcode.MATMUL, **ONES, k0=1, n0=1, wait=LOAD) + encode(Opcode.HALT)
    with pytest.raises(ValueError, match="never come"):
        expect("tiny", np.frombuffer(code, np.uint8))
