# SPDX-License-Identifier: MIT
"""Which colours light has, as a camera sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ..illuminant import Illuminant
from ..tuning import Tuning
from .reference_camera import MIRED, WHITES, mired_of_ratio, reference_white

__all__ = ["Locus", "mired"]


def mired(temperature: float) -> float:
    """Return 10⁶ / kelvin, in which equal steps look equal."""
    return 1e6 / temperature


@dataclass(frozen=True, eq=False)
class Locus:
    """A curve of lights in the plane of ln(red / green) and ln(blue / green) of raw samples.

    Parameters
    ----------
    mired : array of (n,)
        Lights, from cold to warm.
    whites : array of (n, 2)
        What the camera sees of white under them.
    width : float
        Distance from the curve at which a colour counts ``exp(-1/2)`` as much as on it.
    keep : float
        Share of an estimate's distance from the curve that stays: lights are not all on it.
    """

    mired: NDArray[np.float64]
    whites: NDArray[np.float64]
    width: float = 0.1
    keep: float = 0.5

    @classmethod
    def generic(cls) -> Locus:
        """Return the reference camera's, wide, for a camera of which nothing is known."""
        return cls(MIRED, WHITES, width=0.5, keep=1.0)

    @classmethod
    def through(cls, lights: Sequence[Illuminant]) -> Locus:
        """Return the reference camera's curve, moved so that it meets calibrated lights.

        Between lights the displacement is interpolated, beyond them it stays.

        Raises
        ------
        UserError
            If there is no light.
        """
        if not lights:
            raise UserError("a locus needs at least one calibrated light")
        known = sorted(lights, key=lambda light: -light.temperature)
        at = [mired(light.temperature) for light in known]
        step = np.array(
            [
                -np.log(light.white_balance) - reference_white(m)
                for light, m in zip(known, at, strict=True)
            ]
        )
        moved = np.stack([np.interp(MIRED, at, step[:, k]) for k in range(2)], axis=1)
        return cls(MIRED, WHITES + moved)

    @classmethod
    def of(cls, tuning: Tuning) -> Locus:
        """Return what a tuning says of lights: calibrated ones, one white balance, or nothing.

        A white balance without calibrated lights is taken for that of a light whose temperature
        the reference camera would see in the ratio of blue to red.
        """
        if tuning.illuminants:
            return cls.through(tuning.illuminants)
        if tuning.white_balance is None:
            return cls.generic()
        red, blue = np.log(tuning.white_balance)
        step = -np.array([red, blue]) - reference_white(mired_of_ratio(red - blue))
        return cls(MIRED, WHITES + step)

    def between(self, low: float, high: float) -> Locus:
        """Return the part of the curve from ``low`` to ``high`` kelvin.

        Raises
        ------
        UserError
            If it is empty.
        """
        first, last = max(mired(high), self.mired[0]), min(mired(low), self.mired[-1])
        if not first < last:
            raise UserError(f"lights must be a range of temperatures, not {low:g}..{high:g} K")
        within = self.mired[(self.mired > first) & (self.mired < last)]
        lights = np.concatenate([[first], within, [last]])
        return replace(self, mired=lights, whites=np.array([self.at(light) for light in lights]))

    def project(
        self, points: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the nearest place, in mired, on the curve, and the distance, of points (n, 2)."""
        start, way = self.whites[:-1], np.diff(self.whites, axis=0)
        offset = points[:, None] - start
        share = np.clip((offset * way).sum(axis=2) / (way**2).sum(axis=1), 0, 1)
        distance = np.linalg.norm(offset - share[..., None] * way, axis=2)
        nearest = distance.argmin(axis=1)
        rows = np.arange(len(points))
        along = self.mired[nearest] + share[rows, nearest] * np.diff(self.mired)[nearest]
        return along, distance[rows, nearest]

    def at(self, light: float) -> NDArray[np.float64]:
        """Return the point of a light, in mired."""
        return np.array([np.interp(light, self.mired, column) for column in self.whites.T])
