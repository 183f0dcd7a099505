# SPDX-License-Identifier: MIT
"""Exposure: how it is made of time, analogue gain and digital gain."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Exposure", "ExposureLimits"]


class Exposure(NamedTuple):
    """Exposure time in seconds, and gains of the sensor and of the pipeline."""

    time: float
    analogue: float
    digital: float

    @property
    def total(self) -> float:
        """Return the product, in seconds at gain 1."""
        return self.time * self.analogue * self.digital

    @property
    def sensor(self) -> float:
        """Return time × analogue gain, what samples are in proportion to."""
        return self.time * self.analogue


@dataclass(frozen=True, kw_only=True)
class ExposureLimits:
    """What a sensor can, and the lamps' flicker.

    Parameters
    ----------
    time : tuple of float
        Shortest and longest exposure, in seconds; the longest is at most the frame's time.
    line : float
        Step of the exposure time: a line's time, in seconds.
    analogue : tuple of float
        Least and greatest analogue gain.
    analogue_step : float
        Step of the analogue gain.
    digital : float
        Greatest digital gain; the least is 1, so that what saturates the sensor stays white.
    mains : int or None
        Hertz of the mains, 50 or 60: times from half a period on are multiples of it, in which a
        lamp gives the same light to every line. None: no lamps.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    time: tuple[float, float] = (20e-6, 1 / 30)
    line: float = 20e-6
    analogue: tuple[float, float] = (1.0, 16.0)
    analogue_step: float = 1 / 16
    digital: float = 4.0
    mains: int | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in (("time", self.time), ("analogue", self.analogue)):
            if not 0 < low <= high:
                raise ValueError(f"{name} must be positive and rising, not {(low, high)!r}")
        for name in ("line", "analogue_step"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)!r}")
        if self.digital < 1:
            raise ValueError(f"digital must be at least 1, not {self.digital!r}")
        if self.mains not in (None, 50, 60):
            raise ValueError(f"mains must be None, 50 or 60, not {self.mains!r}")

    @property
    def range(self) -> tuple[float, float]:
        """Return the least and the greatest total exposure."""
        least = self.split(0.0).total
        return least, self.split(math.inf).total

    def split(self, total: float) -> Exposure:
        """Return the exposure nearest to ``total`` seconds at gain 1: time first, digital last.

        A longer time gives less noise than any gain, and analogue gain less than digital gain.
        Time and analogue gain are cut down to their steps; digital gain makes up for it.
        """
        time = min(max(total / self.analogue[0], self.time[0]), self.time[1])
        time = max(self._steady(time), self.time[0])
        analogue = min(max(total / time, self.analogue[0]), self.analogue[1])
        steps = math.floor((analogue - self.analogue[0]) / self.analogue_step + 1e-9)
        analogue = self.analogue[0] + steps * self.analogue_step
        digital = min(max(total / (time * analogue), 1.0), self.digital)
        return Exposure(time, analogue, digital)

    def _steady(self, time: float) -> float:
        """Cut a time down to whole half periods of the mains, or to whole lines."""
        if self.mains is not None:
            half = 0.5 / self.mains
            if time >= half:
                return math.floor(time / half + 1e-9) * half
        return math.floor(time / self.line + 1e-9) * self.line
