# SPDX-License-Identifier: MIT
"""Random jobs that keep to the rules, often just so."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig

from ..golden.npu import Opcode, Space, encode

__all__ = ["Job", "image", "initial_job", "random_job"]


@dataclass
class Job:
    """Memory with a program in it: ``descriptors`` of 64 bytes from ``entry`` on."""

    memory: NDArray[np.uint8]
    entry: int
    descriptors: int


def image(*descriptors: bytes, size: int = 4096) -> NDArray[np.uint8]:
    """Return memory of ``size`` bytes with a program, ended by HALT, at its beginning."""
    program = b"".join([*descriptors, encode(Opcode.HALT)])
    return np.frombuffer(program.ljust(size, b"\0"), np.uint8).copy()


def initial_job(config: NpuConfig, seed: int) -> Job:
    """Return a job that writes every word of every local memory."""
    words = {0: config.activation_words, 1: config.weight_words, 2: 8}
    program = [encode(Opcode.LOAD, space=s, row_words=n, rows=1) for s, n in words.items()]
    ones = dict.fromkeys(["k0", "k1", "k2", "n1", "n2"], 1)
    program += [encode(Opcode.MATMUL, n0=config.accumulator_rows, n0_stride=0, **ones)]
    memory = image(*program, size=max(4096, *(n * config.rows for n in words.values())))
    memory[512:] = np.random.default_rng(seed).integers(0, 256, len(memory) - 512, np.uint8)
    return Job(memory, 0, len(program))


class _Draw:
    """Random choices, with a liking for extremes."""

    def __init__(self, sizes: NpuConfig, seed: int) -> None:
        self.sizes = sizes
        self.rng = np.random.default_rng(seed)

    def between(self, low: int, high: int) -> int:
        """Return an integer in low..high; an end of it a quarter of the time each."""
        return (low, high, *map(int, self.rng.integers(low, high + 1, 2)))[self.rng.integers(4)]

    def counts(self, number: int, most: int) -> list[int]:
        """Return loop counts whose product is at most ``most``."""
        counts = [1] * number
        for n in self.rng.permutation(number):
            root = int(most ** self.rng.choice([0, 0.3, 0.5, 1]))
            counts[n] = int(self.rng.integers(1, max(root, 1) + 1))
            most //= counts[n]
        return counts

    def nest(self, depth: int, counts: Sequence[int]) -> tuple[int, list[int]]:
        """Return base and strides that keep the loops within 0..depth-1."""
        down = up = 0
        strides = [0] * len(counts)
        for n in self.rng.permutation(len(counts)):
            most = (depth - 1 - down - up) // max(counts[n] - 1, 1)
            strides[n] = self.between(-most, most)
            if self.rng.random() < 0.5:
                strides[n] = int(np.clip(strides[n], -3, 3))
            reach = (counts[n] - 1) * strides[n]
            down, up = down + max(-reach, 0), up + max(reach, 0)
        return self.between(down, depth - 1 - up), strides

    def local(self, depth: int) -> dict[str, int]:
        """Return the fields of a copy's local side."""
        row_words, rows = self.counts(2, min(depth, 40))
        base, (stride,) = self.nest(depth - row_words + 1, [rows])
        return {"local": base, "row_words": row_words, "rows": rows, "local_stride": stride}

    def remote(self, local: dict[str, int], begin: int, words: int) -> dict[str, int]:
        """Return the fields of its memory side, within ``words`` words from ``begin`` on."""
        size = self.sizes.rows
        base, (stride,) = self.nest(words - local["row_words"] + 1, [local["rows"]])
        return {"memory": begin + base * size, "memory_stride": stride * size}


def _matmul(draw: _Draw) -> dict[str, int]:
    sizes = draw.sizes
    ks = draw.counts(3, min(sizes.weight_words // sizes.rows, 12))
    ns = draw.counts(3, min(sizes.accumulator_rows, 4 * sizes.rows))
    base, strides = draw.nest(sizes.activation_words, ks + ns)
    names = ["k0", "k1", "k2", "n0", "n1", "n2"]
    return {
        "accumulate": draw.between(0, 1),
        "weights": draw.between(0, sizes.weight_words - int(np.prod(ks)) * sizes.rows),
        "local": base,
        "accumulator": draw.between(0, sizes.accumulator_rows - int(np.prod(ns))),
        **dict(zip(names, ks + ns, strict=True)),
        **{f"{name}_stride": stride for name, stride in zip(names, strides, strict=True)},
    }


def _requantize(draw: _Draw) -> dict[str, int]:
    sizes = draw.sizes
    (count,) = draw.counts(1, min(sizes.accumulator_rows, 40))
    base, (stride,) = draw.nest(sizes.activation_words, [count])
    clip = ("zero_point", "minimum", "maximum")
    return {
        **{name: draw.between(-128, 127) for name in clip},
        "local": base,
        "accumulator": draw.between(0, sizes.accumulator_rows - count),
        "count": count,
        "local_stride": stride,
    }


def random_job(
    sizes: NpuConfig, seed: int, *, descriptors: int = 12, data_bytes: int = 4096
) -> Job:
    """Return a job of so many descriptors and a HALT, over memory of random bytes.

    The program lies before or behind the data that STOREs change, at the very end of memory then.
    """
    draw = _Draw(sizes, seed)
    rng = draw.rng
    size = sizes.rows
    program_bytes = 64 * (descriptors + 1)
    memory = rng.integers(0, 256, data_bytes + program_bytes, np.uint8)
    entry, data = (0, program_bytes) if rng.random() < 0.5 else (data_bytes, 0)
    # Four places with parameters that make sense
    places = data + 8 * size * rng.choice(data_bytes // (8 * size), 4, replace=False)
    for place in places:
        words = memory[place : place + 8 * size].view(np.uint32)
        words[:size] = rng.integers(-5000, 5000, size).astype(np.int32).view(np.uint32)
        words[size:] = np.exp2(rng.uniform(-14, -2, size)).astype(np.float32).view(np.uint32)

    depths = {Space.ACTIVATIONS: sizes.activation_words, Space.WEIGHTS: sizes.weight_words}
    program = b""
    for _ in range(descriptors):
        opcode = Opcode(int(rng.choice([1, 1, 2, 3, 4, 4, 5, 5])))
        if opcode is Opcode.LOAD and rng.random() < 0.3:
            place = int(rng.choice(places))
            fields = {"space": 2, "memory": place, "local": 0, "row_words": 8, "rows": 1}
        elif opcode is Opcode.LOAD:
            space = Space(int(rng.choice([0, 1, 1])))
            fields = {"space": space, **draw.local(depths[space])}
            fields |= draw.remote(fields, 0, len(memory) // size)
        elif opcode is Opcode.STORE:
            fields = draw.local(sizes.activation_words)
            fields |= draw.remote(fields, data, data_bytes // size)
        elif opcode is Opcode.FILL:
            fields = {"value": draw.between(-128, 127), **draw.local(sizes.activation_words)}
        else:
            fields = _matmul(draw) if opcode is Opcode.MATMUL else _requantize(draw)
        program += encode(opcode, **fields)
    program += encode(Opcode.HALT)
    memory[entry : entry + program_bytes] = np.frombuffer(program, np.uint8)
    return Job(memory, entry, descriptors)
