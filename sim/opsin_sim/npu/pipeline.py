# SPDX-License-Identifier: MIT
"""Random jobs of the kind that all units work on at once, in loops without fences."""

import numpy as np

from opsin.config import NpuConfig

from ..golden.npu import Opcode, encode
from .jobs import Job

__all__ = ["pipeline_job"]

_LOAD, _ARRAY, _VECTOR, _STORE = 1, 2, 4, 8
_ONES = dict.fromkeys(["k0", "k1", "k2", "n0", "n1", "n2"], 1)


def pipeline_job(config: NpuConfig, seed: int, *, overdrawn: bool = False) -> Job:
    """Return a job that loads, multiplies, requantizes and stores tile after tile.

    Local memories have some places for tiles, taken in turn: the inner loop is over these. Tokens
    say that a place is full, and that it is free; those for places that have not been used come
    from descriptors before the loops.

    If it is ``overdrawn``, MATMULs behind the loops take all tokens of the vector unit that are
    left, and one more.
    """
    rng = np.random.default_rng(seed)
    size = config.rows
    slots, rounds = (int(n) for n in rng.integers(1, 5, 2))
    outputs, depth = int(rng.choice([1, 2, 5, 12])), int(rng.integers(1, 4))
    tile = depth + outputs - 1  # words: outputs overlap by all but one
    # Of the places of each kind, free ones at the begin: all, or fewer
    free = [int(n) for n in rng.integers(1, slots + 1, 3)]

    table, weights = 0, 8
    source = weights + depth * size
    target = source + slots * tile
    data = 64 * (10 + sum(free) + free[1]) + int(rng.integers(0, 40))
    inputs = data + 8 * size + depth * size * size
    stored = inputs + rounds * slots * tile * size
    end = stored + rounds * slots * outputs * size

    memory = rng.integers(0, 256, -(-end // 64) * 64 + 64, np.uint8)
    biases = rng.integers(-5000, 5000, size).astype("<i4").tobytes()
    scales = np.exp2(rng.uniform(-10, -5, size)).astype("<f4").tobytes()
    memory[data : data + 8 * size] = np.frombuffer(biases + scales, np.uint8)

    row = {"rows": 1, "planes": 1}
    program = [
        encode(Opcode.LOAD, row_bytes=8 * size, memory=data, local=table, **row),
        encode(
            Opcode.LOAD,
            row_bytes=depth * size * size,
            memory=data + 8 * size,
            local=weights,
            **row,
        ),
    ]
    idle = config.accumulator_rows - 1, config.scratchpad_words - 1
    one = {"k0": 1, "k1": 1, "n0": 1, "n1": 1}
    program += [
        encode(Opcode.MATMUL, accumulator=idle[0], fence=n == 0, signal=_LOAD, **_ONES)
        for n in range(free[0])
    ]
    program += [encode(Opcode.MAXIMUM, local=idle[1], signal=_ARRAY, **one) for n in range(free[1])]
    program += [
        encode(Opcode.STORE, row_bytes=1, memory=end - 1, signal=_VECTOR, **row)
        for n in range(free[2])
    ]
    step = {"step_0": tile * size * slots, "step_1": outputs * size * slots}
    program += [encode(Opcode.LOOP, count=rounds, length=5, **step)]
    step = {"step_0": tile, "step_1": outputs, "step_2": tile * size, "step_3": outputs * size}
    program += [
        encode(Opcode.LOOP, count=slots, length=4, **step),
        encode(
            Opcode.LOAD,
            row_bytes=tile * size,
            **row,
            **{"memory": inputs, "memory_loop0": 1, "memory_loop1": 3},
            **{"local": source, "local_loop1": 1, "wait": _ARRAY, "signal": _ARRAY},
        ),
        encode(
            Opcode.MATMUL,
            **_ONES | {"k0": depth, "n0": outputs, "k0_stride": 1, "n0_stride": 1},
            **{"local": source, "local_loop1": 1, "weights": weights, "accumulator_loop1": 2},
            **{"wait": _LOAD | _VECTOR, "signal": _LOAD | _VECTOR},
        ),
        encode(
            Opcode.REQUANTIZE,
            **{"n0": outputs, "n1": 1, "local_n0_stride": 1, "source_n0_stride": 1},
            **{"local": target, "local_loop1": 2, "source_loop1": 2, "parameters": table},
            **{"minimum": -128, "maximum": 127},
            **{"wait": _ARRAY | _STORE, "signal": _ARRAY | _STORE},
        ),
        encode(
            Opcode.STORE,
            row_bytes=outputs * size,
            **row,
            **{"memory": stored, "memory_loop0": 2, "memory_loop1": 4},
            **{"local": target, "local_loop1": 2, "wait": _VECTOR, "signal": _VECTOR},
        ),
    ]
    if overdrawn:
        last = encode(Opcode.MATMUL, accumulator=idle[0], fence=1, wait=_VECTOR, **_ONES)
        program += [last] * (free[1] + 1)
    program += [encode(Opcode.HALT)]
    memory[: 64 * len(program)] = np.frombuffer(b"".join(program), np.uint8)
    return Job(memory, 0, 0, end, tuple(program[:-1]))
