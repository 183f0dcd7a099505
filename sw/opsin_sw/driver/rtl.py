# SPDX-License-Identifier: MIT
"""The hardware description, simulated."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig
from opsin.npu import isa
from opsin.npu.core import Core
from opsin.npu.counters import COUNTERS, CounterValues
from opsin_sim.harness import Model

from ..compiler.program import Program
from ..errors import UserError
from .device import Outputs, Progress, run_jobs
from .report import Report

__all__ = ["RtlDevice"]


class RtlDevice:
    """:class:`opsin.npu.Core` compiled by Verilator, on memory that answers every cycle.

    Parameters
    ----------
    wave : Path or None
        Record every signal of a run into this FST file, complete when the run is.
    """

    def __init__(self, *, wave: Path | None = None) -> None:
        self._wave = wave
        self._models: dict[NpuConfig, Model] = {}

    def run(
        self, program: Program, inputs: Mapping[str, NDArray], *, progress: Progress | None = None
    ) -> tuple[Outputs, Report]:
        """See :meth:`.device.Device.run`."""
        if self._wave:
            with Model(Core(program.config), wave=self._wave) as model:
                return self._run(model, program, inputs, progress)
        if program.config not in self._models:
            self._models[program.config] = Model(Core(program.config))
        return self._run(self._models[program.config], program, inputs, progress)

    def _run(
        self,
        model: Model,
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

    def __init__(self, model: Model) -> None:
        self.model = model
        self.counters: Counter[str] = Counter()

    def job(self, program: Program, memory: NDArray[np.uint8]) -> None:
        """Run the program once."""
        model, served = self.model, {"memory": memory}
        model.set("entry", program.entry)
        model.set("memory_bytes", len(memory) % 2**32)
        model.set("start", 1)
        model.run(memory=served, cycles=1)
        model.set("start", 0)
        model.run(memory=served, until="done", timeout=_patience(program))
        error = isa.Error(model.get("error"))
        if error is not isa.Error.NONE:
            index = model.get("error_index")
            raise UserError(f"the program stopped at descriptor {index}: {error.name}")
        values = CounterValues().from_bits(model.get("counters"))
        self.counters.update({name: int(values[name]) for name in COUNTERS})


def _patience(program: Program) -> int:
    """Cycles far beyond what a job takes."""
    tile = program.config.rows
    work = sum(p.words + tile * p.streamed + 100 * p.descriptors for p in program.layers)
    return 100_000 + 10 * work
