# SPDX-License-Identifier: MIT
"""How bright a frame is, and by what factor exposure must change."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = ["CENTRE", "ZONES", "ExposureStatistics", "Metering"]

ZONES = 16
"""Zones across, and down."""

_SPREAD = 1.2  # of scenes, standard deviation of ln(light)
_STEPS = 64  # that stand for what is clipped
_BLIND = 0.99  # share of clipped samples above which only a leap helps
_LEAP = 2.0**10  # a step that leads from clipped into what can be measured, or from darkness
_GUESSED = 0.4  # share of clipped samples above which the factor is more a guess than measured
_CAUTION = 4.0  # how much darker than guessed: dark frames can be measured, clipped ones cannot
_DIM = 2.0**-11  # mean below which nothing was measured


@dataclass(frozen=True)
class ExposureStatistics:
    """What the statistics blocks tell of a frame, black at 0, as shares of the saturated sample.

    Parameters
    ----------
    levels : array of (n,)
        Middles of the histogram's bins, from dark to light.
    counts : array of (n,)
        Samples in them.
    zones : array of (rows, columns)
        Mean of each zone.
    """

    levels: NDArray[np.float64]
    counts: NDArray[np.int64]
    zones: NDArray[np.float64]


def _centre() -> NDArray[np.float64]:
    place = (np.arange(ZONES) + 0.5) / ZONES - 0.5
    bell = np.exp(-((place / 0.35) ** 2))
    return 0.25 + 0.75 * bell[:, None] * bell[None, :]


CENTRE: NDArray[np.float64] = _centre()
"""Weights of zones: the middle four times the corners."""


@dataclass(frozen=True, kw_only=True)
class Metering:
    """What exposure is right.

    Parameters
    ----------
    target : float
        Weighted mean of the zones, as a share of white, after digital gain.
    weights : array of (16, 16) or None
        Of the zones; None: all alike.
    highlights : tuple of float or None
        A share of the samples, and a level that so many must stay below, even if the mean then
        misses its target: (0.98, 0.9) lets no more than 2 % be above 0.9.
    sacrifice : float
        Share of the exposure for the mean that is kept in any case: 1/4 lets highlights darken the
        frame by 2 stops.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    target: float = 0.18
    weights: NDArray[np.float64] | None = None
    highlights: tuple[float, float] | None = None
    sacrifice: float = 0.25

    def __post_init__(self) -> None:
        if not 0 < self.target < 1:
            raise ValueError(f"target must be in 0..1, not {self.target!r}")
        if self.highlights is not None and not all(0 < x < 1 for x in self.highlights):
            raise ValueError(f"highlights must be in 0..1, not {self.highlights!r}")
        if not 0 <= self.sacrifice <= 1:
            raise ValueError(f"sacrifice must be in 0..1, not {self.sacrifice!r}")

    def level(self, seen: ExposureStatistics, digital: float = 1.0) -> float:
        """Return the weighted mean after digital gain."""
        return float(np.average(seen.zones, weights=self.weights)) * digital

    def factor(self, seen: ExposureStatistics, digital: float = 1.0) -> float:
        """Return what exposure must be multiplied by.

        The histogram says what clips at another exposure. What is clipped already is taken for the
        upper end of a lognormal distribution, the common one of scenes. A frame that is clipped all
        over, or dark, gives 2⁻¹⁰ or 2¹⁰.
        """
        level = self.level(seen, digital)
        light, share = self._light(seen, digital)
        if share is None:
            return 1 / _LEAP
        if level < _DIM * self.target:
            return _LEAP
        shown = float(np.mean(np.minimum(light, 1.0)))
        wanted = min(self.target * shown / level, 0.98)
        low, high = -12.0, 12.0
        for _ in range(30):
            middle = (low + high) / 2
            bright = float(np.mean(np.minimum(light * 2.0**middle, 1.0)))
            low, high = (middle, high) if bright < wanted else (low, middle)
        factor = 2.0**middle / (_CAUTION if share > _GUESSED else 1.0)
        if self.highlights is not None:
            part, limit = self.highlights
            most = limit / max(float(np.quantile(light, part)), 1e-9)
            factor = min(factor, max(most, factor * self.sacrifice))
        return float(factor)

    def _light(
        self, seen: ExposureStatistics, digital: float
    ) -> tuple[NDArray[np.float64], float | None]:
        """Return 1000 samples of the scene's light, what is clipped guessed, and that share."""
        clipped = seen.levels * digital >= 0.98
        total = int(seen.counts.sum())
        share = float(seen.counts[clipped].sum()) / max(total, 1)
        if share > _BLIND:
            return np.ones(1), None
        ranks = (np.arange(1000) + 0.5) / 1000
        cumulative = np.cumsum(seen.counts) / max(total, 1)
        light = np.maximum(seen.levels[np.searchsorted(cumulative, ranks)] * digital, 0.0)
        known = ranks < 1 - share
        if known.any() and light[known].mean() > 0 and not share:
            # zones are finer than bins
            light *= max(float(seen.zones.mean()) * digital, 0.0) / light.mean()
        if share:
            light[~known] = self._beyond(light[known], ranks[known], ranks[~known], share)
        return light, share

    @staticmethod
    def _beyond(
        light: NDArray[np.float64],
        ranks: NDArray[np.float64],
        clipped: NDArray[np.float64],
        share: float,
    ) -> NDArray[np.float64]:
        normal = NormalDist()
        edge = normal.inv_cdf(1 - share)
        spread = _SPREAD
        if share < 0.8:  # enough is seen to know how wide the distribution is
            half = float(np.quantile(light, 0.5))
            place = normal.inv_cdf(float(np.quantile(ranks, 0.5)))
            if half > 0:
                spread = float(np.clip(-np.log(half) / max(edge - place, 0.1), 0.3, 2.0))
        place_of = np.array([normal.inv_cdf(float(rank)) for rank in clipped])
        return np.exp(spread * (place_of - edge))
