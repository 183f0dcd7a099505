# SPDX-License-Identifier: MIT
"""The hardware description, simulated."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig

from ..compiler.program import Program
from .core_model import CoreModel
from .device import Outputs, Progress, run_jobs
from .report import Report

__all__ = ["RtlDevice"]


class RtlDevice:
    """:class:`.core_model.CoreModel`, on memory of a word per cycle that answers after 60.

    Parameters
    ----------
    wave : Path or None
        Record every signal of a run into this FST file, complete when the run is.
    """

    def __init__(self, *, wave: Path | None = None) -> None:
        self._wave = wave
        self._models: dict[NpuConfig, CoreModel] = {}

    def run(
        self, program: Program, inputs: Mapping[str, NDArray], *, progress: Progress | None = None
    ) -> tuple[Outputs, Report]:
        """See :meth:`.device.Device.run`."""
        if self._wave:
            with CoreModel(program.config, wave=self._wave) as model:
                return self._run(model, program, inputs, progress)
        if program.config not in self._models:
            self._models[program.config] = CoreModel(program.config)
        return self._run(self._models[program.config], program, inputs, progress)

    def _run(
        self,
        model: CoreModel,
        program: Program,
        inputs: Mapping[str, NDArray],
        progress: Progress | None,
    ) -> tuple[Outputs, Report]:
        machine = _Machine(model)
        outputs, samples, jobs = run_jobs(machine, program, inputs, progress)
        counters = dict(machine.counters)
        cycles = counters.pop("cycles")
        report = Report.of(
            program, backend="rtl", samples=samples, jobs=jobs, cycles=cycles, counters=counters
        )
        return outputs, report


class _Machine:
    """Starts jobs and adds their counters up."""

    def __init__(self, model: CoreModel) -> None:
        self.model = model
        self.counters: Counter[str] = Counter()

    def job(self, program: Program, memory: NDArray[np.uint8]) -> None:
        """Run the program once."""
        measured = self.model.run(memory, program.entry, timeout=_patience(program))
        self.counters.update(measured.counters)


def _patience(program: Program) -> int:
    """Cycles far beyond what a job takes."""
    tile = program.config.rows
    work = sum(p.words + tile * p.streamed + 100 * p.descriptors for p in program.layers)
    return 100_000 + 10 * work
