# SPDX-License-Identifier: MIT
"""Devices that run programs."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..compiler.program import Program
from ..errors import UserError
from .host import check, read, write
from .report import Report

__all__ = ["Device", "GoldenDevice", "Machine", "Outputs", "run_jobs"]

Outputs = dict[str, NDArray]
Progress = Callable[[int], None]
"""Called with the number of samples that are done."""


class Device(Protocol):
    """Something that runs compiled programs."""

    def run(
        self, program: Program, inputs: Mapping[str, NDArray], *, progress: Progress | None = None
    ) -> tuple[Outputs, Report]:
        """Return outputs by name, for as many samples as ``inputs`` hold, and the figures.

        Raises
        ------
        UserError
            If the inputs are not those of the program, or the program stops with an error.
        """
        ...


class Machine(Protocol):
    """What is under a device: runs one job over ``memory``, in place."""

    def job(self, program: Program, memory: NDArray[np.uint8]) -> None:
        """Run the program once."""
        ...


def run_jobs(
    machine: Machine, program: Program, inputs: Mapping[str, NDArray], progress: Progress | None
) -> tuple[Outputs, int, int]:
    """Run as many jobs as the samples need; outputs, samples, jobs."""
    arrays, samples = check(program, inputs)
    memory = np.zeros(program.memory_bytes, np.uint8)
    memory[: len(program.image)] = np.frombuffer(program.image, np.uint8)
    parts: list[Outputs] = []
    for first in range(0, samples, program.batch):
        count = min(program.batch, samples - first)
        write(program, memory, {name: a[first : first + count] for name, a in arrays.items()})
        machine.job(program, memory)
        parts.append(read(program, memory, count))
        if progress:
            progress(first + count)
    outputs = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return outputs, samples, len(parts)


class GoldenDevice:
    """The instruction-set simulator: bit-exact, without cycles."""

    def run(
        self, program: Program, inputs: Mapping[str, NDArray], *, progress: Progress | None = None
    ) -> tuple[Outputs, Report]:
        """See :meth:`Device.run`."""
        outputs, samples, jobs = run_jobs(self, program, inputs, progress)
        return outputs, Report.of(program, backend="golden", samples=samples, jobs=jobs)

    def job(self, program: Program, memory: NDArray[np.uint8]) -> None:
        """Run the program once."""
        from opsin_sim.golden import npu

        config = program.config
        result = npu.execute(
            memory,
            program.entry,
            rows=config.rows,
            scratchpad_words=config.scratchpad_words,
            accumulator_rows=config.accumulator_rows,
        )
        if result.error:
            raise UserError(
                f"the program stopped at descriptor {result.index}: {result.error.name}"
            )
