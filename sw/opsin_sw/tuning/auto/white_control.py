# SPDX-License-Identifier: MIT
"""White balance from frame to frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .locus import Locus
from .white_balance import White, ZoneMeans, estimate_white

__all__ = ["WhiteControl", "angle"]


def angle(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the reproduction error in degrees, between two points (ln r/g, ln b/g) of white.

    It is the angle between grey and white divided by an estimate of it.

    References
    ----------
    G. Finlayson, R. Zakizadeh, "Reproduction angular error: an improved performance metric for
    illuminant estimation", British Machine Vision Conference 2014.
    """
    red, blue = np.exp(np.asarray(one) - np.asarray(other))
    seen = np.array([red, 1.0, blue])
    cosine = seen.sum() / np.sqrt(3) / np.linalg.norm(seen)
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


class WhiteControl:
    """White balance of a video: steady while the light is, smooth when it changes.

    Estimates are averaged over some frames. White balance starts to move when the average is
    farther away than the dead band, and stops a quarter of it away.

    Parameters
    ----------
    locus : Locus
        Of the camera.
    dead_band : float
        Degrees of reproduction error that are let be.
    memory : float
        Share of the old average that stays with every frame.
    speed : float
        Share of the way that white balance goes with every frame.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    def __init__(
        self, locus: Locus, *, dead_band: float = 1.5, memory: float = 0.7, speed: float = 0.25
    ) -> None:
        if dead_band < 0:
            raise ValueError(f"dead_band must not be negative, not {dead_band!r}")
        if not 0 <= memory < 1:
            raise ValueError(f"memory must be in 0..1, not {memory!r}")
        if not 0 < speed <= 1:
            raise ValueError(f"speed must be in 0..1, not {speed!r}")
        self.locus = locus
        self.dead_band = dead_band
        self.memory = memory
        self.speed = speed
        self._average: NDArray[np.float64] | None = None
        self._now = locus.at(200.0)
        self._moving = False

    @property
    def white(self) -> White:
        """White balance for the next frame; that of 5000 K before the first."""
        light = float(self.locus.project(self._now[None])[0][0])
        red, blue = np.exp(-self._now)
        return White(float(red), float(blue), 1e6 / light)

    def update(self, means: ZoneMeans) -> White:
        """Take the zones of a frame; without usable ones nothing changes."""
        found = estimate_white(means, self.locus)
        if found is None:
            return self.white
        if self._average is None:
            self._average = self._now = found.point
            return self.white
        self._average = self.memory * self._average + (1 - self.memory) * found.point
        away = angle(self._average, self._now)
        self._moving = away > (self.dead_band / 4 if self._moving else self.dead_band)
        if self._moving:
            self._now = self._now + self.speed * (self._average - self._now)
        return self.white
