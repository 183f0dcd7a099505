# SPDX-License-Identifier: MIT
"""The pipeline compiled by Verilator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from opsin.config import ISP, IspConfig
from opsin.isp import Pipeline

from ..golden.isp import IspSettings, Statistics
from ..harness import Model, Progress
from ..video import to_beats
from .pictures import Developed, finished, outputs
from .statistics import read_statistics
from .tables import TableLoader

__all__ = ["IspModel", "check_settings", "most_cycles"]

_TABLE_CYCLES = 100_000  # more than all tables take


class IspModel:
    """The pipeline compiled by Verilator, with settings and tables loaded for each frame.

    Parameters
    ----------
    config : IspConfig
        What to build.
    wave : Path or None
        Record every signal into this FST file; complete after :meth:`close`.
    memory_bytes : int
        Of the memory for frame buffers, if there are any.
    """

    def __init__(
        self, config: IspConfig = ISP, *, wave: Path | None = None, memory_bytes: int = 1 << 20
    ) -> None:
        self.config = config
        self.memory: dict[str, NDArray[np.uint8]] = {}
        if config.frame_buffer:
            self.memory["memory"] = np.zeros(memory_bytes, dtype=np.uint8)
        top = Pipeline(config)
        self.tables = TableLoader(top)
        self.model = Model(top, wave=wave)

    def reset(self) -> None:
        """Reset the hardware. All tables are loaded anew for the next frame."""
        self.model.reset()
        self.tables.forget()

    def close(self) -> None:
        """Free the model and complete the waveform file."""
        self.model.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def configure(self, settings: IspSettings) -> None:
        """Load ``settings`` for the next frame, and of the tables those that are others."""
        check_settings(settings, self.config)
        loading = self.tables.load(settings)
        if loading.writes:
            self.model.set("settings", loading.before)
            self.model.run(sources=loading.writes, timeout=_TABLE_CYCLES)
        self.model.set("settings", loading.settings)

    def develop(
        self,
        raw: NDArray[np.uint16],
        settings: IspSettings,
        *,
        idle: float = 0.0,
        stall: float = 0.0,
        latency: int = 0,
        stored: bool = False,
        seed: int = 1,
        progress: Callable[[Progress], None] | None = None,
    ) -> Developed:
        """Develop a frame of ``settings.depth`` bits, with random pauses of source and sink.

        Memory, if there is any, answers after ``latency`` cycles and pauses as they do; no picture
        comes of a frame that is only ``stored``.

        Raises
        ------
        SimulationTimeout
            If the picture does not come.
        """
        self.configure(settings)
        ppc = self.config.ppc
        sinks = {name: output.total for name, output in outputs(settings, self.config).items()}
        most = most_cycles(settings, self.config) + 4 * latency
        run = self.model.run(
            sources={"i": to_beats(raw, settings.depth, ppc)},
            sinks={} if stored else sinks,
            memory=self.memory,
            idle=idle,
            stall=stall,
            latency=latency,
            seed=seed,
            timeout=int(most / ((1 - idle) * (1 - stall)) ** (2 if self.memory else 1)),
            progress=progress,
        )
        self.tables.began()
        if stored:
            return Developed(None, run.cycles, self.model.get("status"))
        return self.developed(run.outputs, settings, run.cycles)

    def developed(
        self, received: Mapping[str, NDArray[Any]], settings: IspSettings, cycles: int
    ) -> Developed:
        """Make pictures of what both outputs gave."""
        made = finished(dict(received), settings, self.config)
        return Developed(cycles=cycles, status=self.model.get("status"), **made)

    def statistics(self) -> Statistics:
        """Read what the blocks that measure have found, of the complete pipeline."""
        return read_statistics(self.model)


def check_settings(settings: IspSettings, config: IspConfig) -> None:
    """Refuse settings for another pipeline."""
    for name in ("depth", "demosaic", "chain", "ppc", "frame_buffer"):
        given, built = getattr(settings, name), getattr(config, name)
        if given != built:
            raise ValueError(f"{name} must be {built}, not {given!r}")


def most_cycles(settings: IspSettings, config: IspConfig) -> int:
    """Return more cycles than a frame can need at full rate."""
    words = sum(output.total for output in outputs(settings, config).values())
    return 4 * ((settings.height + 60) * (settings.width + 50) + 2 * words) + 5_000
