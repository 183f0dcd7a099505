# SPDX-License-Identifier: MIT
"""Exposure from frame to frame."""

from __future__ import annotations

import math
from collections import deque

from .exposure import Exposure, ExposureLimits
from .metering import ExposureStatistics, Metering

__all__ = ["ExposureControl"]


class ExposureControl:
    """Set the exposure by what was measured, knowing when settings come into force.

    Each frame says what exposure would have been right for it: its own exposure times the factor
    that metering gives. That is asked for, whatever else is on its way to the sensor, so a delay
    cannot make the loop overshoot. Within the dead band nothing changes.

    Parameters
    ----------
    limits : ExposureLimits
        Of the sensor.
    metering : Metering
        What is right.
    delay : int
        Frames from a request to the first frame that is exposed so; 1: the next one. Digital gain
        of that frame belongs to it: set the pipeline to :attr:`effective` before each frame.
    start : Exposure or None
        In force at first. Default: 10 ms, or as near as can be.
    dead_band : float
        Relative deviation from the target that is let be.
    speed : float
        Share of the way, in stops, that is gone with each frame when the deviation is below one
        stop; 1: all. Less makes a video smoother.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    def __init__(
        self,
        limits: ExposureLimits,
        metering: Metering | None = None,
        *,
        delay: int = 2,
        start: Exposure | None = None,
        dead_band: float = 0.025,
        speed: float = 1.0,
    ) -> None:
        if delay < 1:
            raise ValueError(f"delay must be at least 1, not {delay!r}")
        if not 0 < speed <= 1:
            raise ValueError(f"speed must be in 0..1, not {speed!r}")
        if dead_band < 0:
            raise ValueError(f"dead_band must not be negative, not {dead_band!r}")
        self.limits = limits
        self.metering = metering or Metering()
        self.dead_band = dead_band
        self.speed = speed
        first = limits.split(0.01) if start is None else start
        self._pending = deque([first] * delay)

    @property
    def effective(self) -> Exposure:
        """The exposure of the frame that comes next."""
        return self._pending[0]

    @property
    def requested(self) -> Exposure:
        """The exposure that was asked for last."""
        return self._pending[-1]

    def update(self, seen: ExposureStatistics) -> Exposure:
        """Take the statistics of the frame exposed with :attr:`effective`; return the request."""
        had = self._pending.popleft()
        right = had.total * self.metering.factor(seen, had.digital)
        stops = math.log2(right / had.total)
        if abs(stops) < 1:
            right = had.total * 2.0 ** (self.speed * stops)
        request = self.limits.split(right)
        last = self._pending[-1] if self._pending else had
        if abs(math.log2(right / last.total)) < math.log2(1 + self.dead_band):
            request = last
        self._pending.append(request)
        return request
