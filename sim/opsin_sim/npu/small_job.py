# SPDX-License-Identifier: MIT
"""A job of one matrix product, in which every unit works and all that is read was written."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig

from ..golden.npu import Machine, Opcode, encode

__all__ = ["STEPS", "SmallJob", "small_job"]

STEPS = ("weights", "vectors", "parameters", "matmul", "requantize", "store", "halt")
"""What its descriptors do."""

_VECTORS = 12


@dataclass
class SmallJob:
    """``memory`` before and ``expected`` after it; its window is ``begin`` to before ``end``.

    ``fields`` are those of its descriptors, by their names.
    """

    memory: NDArray[np.uint8]
    expected: NDArray[np.uint8]
    begin: int
    end: int
    fields: dict[str, dict[str, int]]

    @property
    def entry(self) -> int:
        """Address of the first descriptor."""
        return self.begin

    def address(self, step: str) -> int:
        """Address of a descriptor."""
        return self.begin + 64 * STEPS.index(step)

    def change(self, step: str, **fields: int) -> None:
        """Give a descriptor other fields."""
        self.put(step, encode(_OPCODES[step], **(self.fields[step] | fields)))

    def put(self, step: str, descriptor: bytes) -> None:
        """Put another descriptor in place of one."""
        at = self.address(step)
        self.memory[at : at + 64] = np.frombuffer(descriptor, np.uint8)


_OPCODES = dict(
    zip(
        STEPS,
        (
            *(Opcode.LOAD, Opcode.LOAD, Opcode.LOAD),
            *(Opcode.MATMUL, Opcode.REQUANTIZE, Opcode.STORE, Opcode.HALT),
        ),
        strict=True,
    )
)


def small_job(config: NpuConfig, seed: int, *, begin: int = 1024, size: int = 8192) -> SmallJob:
    """Draw its data; there is memory before and behind what it may use."""
    rng = np.random.default_rng(seed)
    rows = config.rows
    memory = rng.integers(0, 256, size, np.uint8)
    end = size - 1024
    weights, vectors = begin + 512, begin + 512 + rows * rows
    parameters, out = vectors + rows * _VECTORS, end - rows * _VECTORS
    scales = rng.uniform(0.001, 0.02, rows).astype("<f4")
    biases = rng.integers(-1000, 1000, rows).astype("<i4")
    memory[parameters : parameters + 8 * rows] = np.frombuffer(
        biases.tobytes() + scales.tobytes(), np.uint8
    )
    bank = config.scratchpad_words // config.banks
    whole = {"rows": 1, "planes": 1}
    ones = dict.fromkeys(["k0", "k1", "k2", "n1", "n2"], 1)
    fields: list[dict[str, int]] = [  # loads finish in order: one token tells of both
        {"memory": weights, "local": bank, "row_bytes": rows * rows, **whole},
        {"memory": vectors, "row_bytes": rows * _VECTORS, "signal": 2, **whole},
        {"memory": parameters, "local": 2 * bank, "row_bytes": 8 * rows, "signal": 4, **whole},
        {"weights": bank, "n0": _VECTORS, "n0_stride": 1, "wait": 1, "signal": 4, **ones},
        {
            "local": 3 * bank, "parameters": 2 * bank, "n0": _VECTORS, "n1": 1, "wait": 3,
            "local_n0_stride": 1, "source_n0_stride": 1, "minimum": -128, "maximum": 127,
            "zero_point": int(rng.integers(-128, 128)), "signal": 8,
        },
        {"memory": out, "local": 3 * bank, "row_bytes": rows * _VECTORS, "wait": 4, **whole},
        {},
    ]  # fmt: skip
    job = SmallJob(memory, memory, begin, end, dict(zip(STEPS, fields, strict=True)))
    for step in STEPS:
        job.change(step)
    job.expected = memory.copy()
    machine = Machine(
        rows=rows,
        scratchpad_words=config.scratchpad_words,
        accumulator_rows=config.accumulator_rows,
    )
    result = machine.run(job.expected, job.entry, begin=begin, end=end)
    if result.error:
        raise AssertionError(f"the job must run, not end with {result.error.name}")
    return job
