# SPDX-License-Identifier: MIT
"""The hardware description, simulated."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig
from opsin.npu.isa import Error
from opsin_sim.npu.core_model import CoreModel

from ..compiler.program import Program
from ..errors import UserError
from .device import Outputs, Progress, run_jobs
from .report import Report

__all__ = ["Dram", "RtlDevice"]

_WATCHDOG = 100_000
_PATIENCE = 1 << 34  # the watchdog ends jobs before


@dataclass(frozen=True)
class Dram:
    """Memory behind the core: cycles until it answers, bytes per cycle (None: any number)."""

    latency: int = 60
    bandwidth: float | None = 16.0


class RtlDevice:
    """:class:`opsin.npu.core.Core` compiled by Verilator, with memory behind it.

    Parameters
    ----------
    wave : Path or None
        Record every signal of a run into this FST file, complete when the run is.
    dram : Dram
    """

    def __init__(self, *, wave: Path | None = None, dram: Dram | None = None) -> None:
        self._wave = wave
        self._dram = dram or Dram()
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
        machine = _Machine(model, self._dram)
        outputs, samples, jobs = run_jobs(machine, program, inputs, progress)
        counters = dict(machine.counters)
        cycles = counters.pop("cycles")
        report = Report.of(
            program, backend="rtl", samples=samples, jobs=jobs, cycles=cycles, counters=counters
        )
        return outputs, report


class _Machine:
    """Starts jobs and adds their counters up."""

    def __init__(self, model: CoreModel, dram: Dram) -> None:
        self.model = model
        self.dram = dram
        self.counters: Counter[str] = Counter()

    def job(self, program: Program, memory: NDArray[np.uint8]) -> None:
        """Run the program once."""
        job = self.model.run(
            memory,
            program.entry,
            watchdog=_WATCHDOG,
            timeout=_PATIENCE,
            latency=self.dram.latency,
            bandwidth=self.dram.bandwidth,
        )
        if job.error is not Error.NONE:
            raise UserError(f"the program stopped at descriptor {job.index}: {job.error.name}")
        self.counters.update(job.counters)
        self.counters.update(bytes_read=job.bytes_read, bytes_written=job.bytes_written)
