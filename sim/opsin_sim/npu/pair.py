# SPDX-License-Identifier: MIT
"""Hardware and golden model side by side."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig
from opsin.npu import Core
from opsin.npu.counters import COUNTERS, CounterValues

from ..golden.npu import Machine, Opcode, encode
from ..harness import Model
from .jobs import image, initial_job

__all__ = ["Pair"]


class Pair:
    """The core, compiled, and its golden model, through any number of the same jobs.

    Whatever differs raises AssertionError.
    """

    def __init__(self, config: NpuConfig) -> None:
        self.config = config
        self.model = Model(Core(config))
        self.machine = Machine(
            rows=config.rows,
            activation_words=config.activation_words,
            weight_words=config.weight_words,
            accumulator_rows=config.accumulator_rows,
        )

    def start(self, memory: NDArray[np.uint8], entry: int = 0) -> None:
        """Begin a job on the hardware."""
        self.model.set("entry", entry)
        self.model.set("memory_bytes", len(memory))
        self.model.set("start", 1)
        self.model.run(memory={"memory": memory}, cycles=1)
        self.model.set("start", 0)

    def job(self, memory: NDArray[np.uint8], entry: int = 0, **run: Any) -> dict[str, int]:
        """Run a job on both, compare all that can be seen, return the counters.

        ``memory`` is changed in place; ``run`` goes to :meth:`opsin_sim.harness.Model.run`.
        """
        seen = memory.copy()
        result = self.machine.run(memory, entry)
        self.start(seen, entry)
        cycles = self.model.run(memory={"memory": seen}, until="done", **run).cycles
        values = CounterValues().from_bits(self.model.get("counters"))
        counters = {name: int(values[name]) for name in COUNTERS}
        pairs = {
            "error": (self.model.get("error"), result.error),
            "error_index": (self.model.get("error_index"), result.error_index),
            "cycles": (counters["cycles"], cycles),
            "descriptors": (counters["descriptors"], result.descriptors),
            "words_read": (counters["words_read"], result.words_read),
            "words_written": (counters["words_written"], result.words_written),
            "array_busy": (counters["array_busy"], result.streamed),
            "fill": (counters["fill"], result.words_filled),
        }
        for name, (hardware, golden) in pairs.items():
            if hardware != golden:
                raise AssertionError(f"{name} must be {golden}, not {hardware}")
        wrong = np.flatnonzero(seen != memory)
        if wrong.size:
            raise AssertionError(f"{wrong.size} bytes differ, the first at {int(wrong[0]):#x}")
        return counters

    def look(self) -> None:
        """Compare all activations, and the accumulator as far as eight bits show it."""
        words, rows = self.config.activation_words, self.config.accumulator_rows
        out = encode(Opcode.STORE, row_words=words, rows=1, memory=512)
        show = encode(Opcode.REQUANTIZE, count=rows, minimum=-128, maximum=127, local_stride=1)
        self.job(image(out, show, out, size=512 + words * self.config.rows))

    def initialize(self, seed: int) -> None:
        """Give every local memory random content, the same on both sides."""
        self.job(initial_job(self.config, seed).memory)
