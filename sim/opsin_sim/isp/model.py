# SPDX-License-Identifier: MIT
"""The pipeline compiled by Verilator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from opsin.config import ISP, IspConfig
from opsin.isp import Pipeline

from ..golden.isp import LINEAR, IspSettings
from ..harness import Model, Progress
from ..video import from_beats, to_beats
from .registers import curve_writes, settings_bits

__all__ = ["Developed", "IspModel"]


@dataclass(frozen=True)
class Developed:
    """A picture, the clock cycles it took and the flags of its raw frame's faults."""

    picture: NDArray[np.uint8]
    cycles: int
    status: int


class IspModel:
    """The pipeline compiled by Verilator, with settings and tone curve loaded for each frame.

    Parameters
    ----------
    config : IspConfig
        What to build.
    wave : Path or None
        Record every signal into this FST file; complete after :meth:`close`.
    """

    def __init__(self, config: IspConfig = ISP, *, wave: Path | None = None) -> None:
        self.config = config
        self.model = Model(Pipeline(config), wave=wave)
        self._bank = 0
        self._curve: NDArray[np.uint16] | None = LINEAR

    def reset(self) -> None:
        """Reset the hardware. The tone curve is loaded anew for the next frame."""
        self.model.reset()
        self._bank, self._curve = 0, None

    def close(self) -> None:
        """Free the model and complete the waveform file."""
        self.model.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def configure(self, settings: IspSettings) -> None:
        """Load ``settings`` for the next frame; the tone curve only if it is another one."""
        if settings.depth != self.config.depth:
            raise ValueError(f"depth must be {self.config.depth}, not {settings.depth!r}")
        if settings.demosaic != self.config.demosaic:
            raise ValueError(f"demosaic must be {self.config.demosaic}, not {settings.demosaic!r}")
        if self._curve is None or not np.array_equal(settings.curve, self._curve):
            self.model.set("settings", settings_bits(settings, curve_bank=self._bank))
            self.model.run(sources={"curve": curve_writes(settings)}, timeout=1000)
            self._bank, self._curve = 1 - self._bank, settings.curve
        self.model.set("settings", settings_bits(settings, curve_bank=self._bank))

    def develop(
        self,
        raw: NDArray[np.uint16],
        settings: IspSettings,
        *,
        idle: float = 0.0,
        stall: float = 0.0,
        seed: int = 1,
        progress: Callable[[Progress], None] | None = None,
    ) -> Developed:
        """Develop a frame of ``settings.depth`` bits, with random pauses of source and sink.

        Raises
        ------
        SimulationTimeout
            If the picture does not come.
        """
        self.configure(settings)
        height, width = raw.shape
        cycles = (raw.size + 4 * width + 1000) / ((1 - idle) * (1 - stall))
        run = self.model.run(
            sources={"i": to_beats(raw, settings.depth)},
            sinks={"o": raw.size},
            idle=idle,
            stall=stall,
            seed=seed,
            timeout=int(4 * cycles),
            progress=progress,
        )
        picture = from_beats(run.outputs["o"], width, height, depth=8, channels=3)
        return Developed(picture.astype(np.uint8), run.cycles, self.model.get("status"))
