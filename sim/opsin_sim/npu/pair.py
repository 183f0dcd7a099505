# SPDX-License-Identifier: MIT
"""Core and golden model side by side."""

from typing import Any

import numpy as np

from opsin.config import NpuConfig
from opsin.npu.core import Core

from ..golden import npu
from ..golden.npu import Opcode
from ..harness import Model
from .jobs import Job, image, initial_job, run_golden

__all__ = ["Difference", "Pair"]


_BURST = 16  # words


class Difference(AssertionError):  # noqa: N818
    """Core and golden model do not do the same."""


class Pair:
    """The core, compiled, and its golden model, through any number of the same jobs.

    Whatever differs raises :class:`Difference`.
    """

    def __init__(self, config: NpuConfig, core: Any = Core) -> None:
        self.config = config
        self.model = Model(core(config))
        self.machine = npu.Machine(
            rows=config.rows,
            scratchpad_words=config.scratchpad_words,
            accumulator_rows=config.accumulator_rows,
        )

    def run_core(self, job: Job, *, watchdog: int = 0, **run: Any) -> int:
        """Run a job on the core alone; return its cycles."""
        inputs = {"entry": job.entry, "memory_begin": job.begin, "memory_end": job.end}
        for name, value in (inputs | {"watchdog": watchdog, "start": 1}).items():
            self.model.set(name, value)
        memory = dict.fromkeys(["reads", "writes"], job.memory)
        self.model.run(memory=memory, cycles=1)
        self.model.set("start", 0)
        if job.refused:
            run["refused"] = dict.fromkeys(["reads", "writes"], job.refused)
        options = {"timeout": 200_000} | run
        return self.model.run(memory=memory, until="done", **options).cycles

    def job(self, job: Job, *, races: bool = True, **run: Any) -> npu.Result:
        """Run a job on both and compare how it ended, and all memory; that of ``job`` is changed.

        ``run`` goes to :meth:`opsin_sim.harness.Model.run`.
        """
        core = Job(job.memory.copy(), job.entry, job.begin, job.end, refused=job.refused)
        result = run_golden(self.machine, job, races=races)
        if result.races:
            raise ValueError(f"job must not race, but does: {result.races[0]}")
        self.run_core(core, **run)
        ends = {"error": result.error, "error_index": result.index, "error_address": result.address}
        for name, golden in ends.items():
            seen = self.model.get(name)
            if name == "error_address" and result.error is npu.Error.WRITE:
                block = _BURST * self.config.rows  # told of the burst
                seen, golden = seen // block, golden // block
            if seen != golden:
                raise Difference(f"{name} must be {golden!r}, not {seen!r}")
        differs = core.memory != job.memory
        if result.unsettled is not None:
            differs &= ~result.unsettled
        if wrong := np.flatnonzero(differs).tolist():
            raise Difference(f"{len(wrong)} bytes differ, the first at {wrong[0]:#x}")
        if result.unsettled is not None:  # nor are local memories
            self.initialize()
        return result

    def look(self) -> None:
        """Compare all words of the scratchpad, then the accumulator, by four bytes of each sum.

        What is in words 0..7 + accumulator rows is lost.
        """
        words, rows, size = self._sizes()
        begin = 1024
        each = min(words, 32768 // size)
        copy = {"row_bytes": each * size, "rows": words // each, "row_stride": each * size}
        copy |= {"planes": 1, "memory": begin, "local_row_stride": each % 32768}
        program = [npu.encode(Opcode.STORE, **copy)]
        show = {"n0": rows, "n1": 1, "minimum": -128, "maximum": 127, "parameters": 0}
        show |= {"local_n0_stride": 1, "source_n0_stride": 1, "local": 8}
        load = {"row_bytes": 8 * size, "rows": 1, "planes": 1}
        end = begin + words * size
        tables = np.zeros((4, 2, size), "<u4")
        tables[:, 1] = np.exp2([[0], [-8], [-16], [-24]]).astype("<f4").view("<u4")
        for n in range(4):
            table, seen = end + n * 8 * size, end + (n * rows + 32) * size
            copy = {"row_bytes": rows * size, "rows": 1, "planes": 1, "local": 8, "memory": seen}
            program += [
                npu.encode(Opcode.LOAD, fence=1, memory=table, **load),
                npu.encode(Opcode.REQUANTIZE, fence=1, **show),
                npu.encode(Opcode.STORE, fence=1, **copy),
            ]
        memory = image(*program, size=end + (4 * rows + 32) * size)
        memory[end : end + 32 * size] = tables.view(np.uint8).ravel()
        self.job(Job(memory, 0, 0, len(memory)), races=False)

    def _sizes(self) -> tuple[int, int, int]:
        return self.config.scratchpad_words, self.config.accumulator_rows, self.config.rows

    def initialize(self, seed: int = 1) -> None:
        """Give every local memory random content, the same on both sides."""
        self.job(initial_job(self.config, seed))
