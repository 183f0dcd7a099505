# SPDX-License-Identifier: MIT
"""Jobs on the simulated core, with memory of stated speed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig
from opsin.npu.core import Core
from opsin.npu.counters import COUNTERS
from opsin.npu.isa import Error
from opsin_sim.harness import Model

from ..errors import UserError

__all__ = ["CoreModel", "Measured"]

_COUNTED = 100  # cycles until everything has been counted
_HELD = 1 << 32  # from which on a counter begins again


@dataclass(frozen=True)
class Measured:
    """Cycles of a job, and what its counters say."""

    cycles: int
    counters: dict[str, int]


class CoreModel:
    """:class:`opsin.npu.core.Core`, compiled by Verilator.

    Parameters
    ----------
    config : NpuConfig
    bandwidth : float or None
        Bytes per cycle that memory reads and writes; None: a word.
    latency : int
        Cycles until it answers.
    wave : Path or None
        Record every signal into this FST file, complete when the model is closed.
    """

    def __init__(
        self,
        config: NpuConfig,
        *,
        bandwidth: float | None = None,
        latency: int = 60,
        wave: Path | None = None,
    ) -> None:
        self.bandwidth, self.latency = bandwidth or config.word_bytes, latency
        self._model = Model(Core(config), wave=wave)

    def __enter__(self) -> CoreModel:
        self._model.__enter__()
        return self

    def __exit__(self, *exception: Any) -> None:
        self._model.__exit__(*exception)

    def run(self, memory: NDArray[np.uint8], entry: int, *, timeout: int) -> Measured:
        """Run the job at ``entry``; ``memory`` is changed in place.

        Raises
        ------
        UserError
            If it ends with an error.
        """
        model, served = self._model, {"reads": memory, "writes": memory}
        settings = {"entry": entry, "memory_begin": 0, "memory_end": len(memory) % _HELD}
        for name, value in settings.items():
            model.set(name, value)
        model.set("start", 1)
        model.run(memory=served, cycles=1)
        model.set("start", 0)
        run = model.run(
            memory=served,
            until="done",
            latency=self.latency,
            bandwidth=self.bandwidth,
            timeout=timeout,
        )
        error = Error(model.get("error"))
        if error is not Error.NONE:
            index = model.get("error_index")
            raise UserError(f"the program stopped at descriptor {index}: {error.name}")
        model.run(memory=served, cycles=_COUNTED)
        counters = {}
        for number, name in enumerate(COUNTERS):
            model.set("counter", number)
            model.run(memory=served, cycles=2)
            counters[name] = model.get("count")
        return Measured(run.cycles, counters)
