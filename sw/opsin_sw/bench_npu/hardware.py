# SPDX-License-Identifier: MIT
"""Jobs on the simulated core, with memory of stated speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from opsin.config import NpuConfig
    from opsin_sim.harness import Model

__all__ = ["Hardware", "Measured"]

_PATIENCE = 4  # times the cycles that were predicted
_COUNTED = 100  # cycles until everything has been counted


@dataclass(frozen=True)
class Measured:
    """Cycles of a job, and what its counters say."""

    cycles: int
    counters: dict[str, int]


class Hardware:
    """:class:`opsin.npu.core.Core`, compiled.

    Parameters
    ----------
    config : NpuConfig
    bandwidth : float
        Bytes per cycle that memory reads and writes.
    latency : int
        Cycles until it answers.
    """

    def __init__(self, config: NpuConfig, *, bandwidth: float, latency: int) -> None:
        self.config, self.bandwidth, self.latency = config, bandwidth, latency
        self._model: Model | None = None

    def run(self, memory: NDArray[np.uint8], entry: int, expected: int) -> Measured:
        """Run the job at ``entry``, which takes about ``expected`` cycles.

        Raises
        ------
        UserError
            If it ends with an error.
        """
        from opsin.npu.core import Core
        from opsin.npu.counters import COUNTERS
        from opsin.npu.isa import Error
        from opsin_sim.harness import Model

        if self._model is None:
            self._model = Model(Core(self.config))
        model = self._model
        settings = {"entry": entry, "memory_begin": 0, "memory_end": len(memory), "watchdog": 0}
        for name, value in settings.items():
            model.set(name, value)
        served = {"reads": memory, "writes": memory}
        model.set("start", 1)
        model.run(memory=served, cycles=1)
        model.set("start", 0)
        run = model.run(
            memory=served,
            until="done",
            latency=self.latency,
            bandwidth=self.bandwidth,
            timeout=10_000 + _PATIENCE * expected,
        )
        error = Error(model.get("error"))
        if error is not Error.NONE:
            index = model.get("error_index")
            raise UserError(f"the job stopped at descriptor {index}: {error.name}")
        model.run(memory=served, cycles=_COUNTED)
        counters = {}
        for number, name in enumerate(COUNTERS):
            model.set("counter", number)
            model.run(memory=served, cycles=2)
            counters[name] = model.get("count")
        return Measured(run.cycles, counters)
