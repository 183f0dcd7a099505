# SPDX-License-Identifier: MIT
"""The core, compiled, that runs jobs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from opsin.config import NpuConfig
from opsin.npu.core import Core
from opsin.npu.counters import COUNTERS
from opsin.npu.isa import Error

from ..harness import Model

__all__ = ["CoreModel", "Job"]

_SETTLE = 72  # cycles until counters hold all that they count


@dataclass(frozen=True)
class Job:
    """How a job went: ``cycles`` from its start, bytes of memory's words read and written."""

    error: Error
    index: int
    address: int
    cycles: int
    bytes_read: int
    bytes_written: int
    counters: dict[str, int] = field(default_factory=dict)


class CoreModel:
    """:class:`opsin.npu.core.Core` with memory behind its ports.

    Parameters
    ----------
    config : NpuConfig
    wave : Path or None
        See :class:`~opsin_sim.harness.Model`, which ``model`` is.
    """

    def __init__(self, config: NpuConfig, *, wave: Path | None = None) -> None:
        self.config = config
        self.model = Model(Core(config), wave=wave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.model.close()

    def begin(
        self,
        memory: NDArray[np.uint8],
        entry: int = 0,
        *,
        begin: int = 0,
        end: int | None = None,
        watchdog: int = 100_000,
    ) -> None:
        """Start a job that may use bytes ``begin`` to before ``end`` of ``memory``."""
        end = len(memory) if end is None else end
        ports = {"memory_begin": begin, "memory_end": end % 2**32, "watchdog": watchdog}
        for name, value in (ports | {"entry": entry, "start": 1}).items():
            self.model.set(name, value)
        self.model.run(memory={"reads": memory, "writes": memory}, cycles=1)
        self.model.set("start", 0)

    def finish(self, memory: NDArray[np.uint8], *, counters: bool = True, **run: Any) -> Job:
        """Wait for the end of a job; ``run`` goes to :meth:`opsin_sim.harness.Model.run`."""
        model, served = self.model, {"reads": memory, "writes": memory}
        ran = model.run(memory=served, until="done", **run)
        return Job(
            error=Error(model.get("error")),
            index=model.get("error_index"),
            address=model.get("error_address"),
            cycles=ran.cycles,
            bytes_read=ran.traffic["reads"],
            bytes_written=ran.traffic["writes"],
            counters=self.counters() if counters else {},
        )

    def run(self, memory: NDArray[np.uint8], entry: int = 0, **options: Any) -> Job:
        """Run a job; options are those of :meth:`begin` and :meth:`finish`."""
        first = {
            name: options.pop(name) for name in ("begin", "end", "watchdog") if name in options
        }
        self.begin(memory, entry, **first)
        return self.finish(memory, **options)

    def counters(self) -> dict[str, int]:
        """Read all counters; between jobs."""
        self.model.run(cycles=_SETTLE)
        values = {}
        for number, name in enumerate(COUNTERS):
            self.model.set("counter", number)
            self.model.run(cycles=1)
            values[name] = self.model.get("count")
        return values
