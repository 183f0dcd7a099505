# SPDX-License-Identifier: MIT
"""White balance from the zones of a frame.

References
----------
J. van de Weijer, T. Gevers, A. Gijsenij, "Edge-based color constancy", IEEE Trans. Image Processing
16(9), 2007: grey edge, shades of grey.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import AwbZones

from .locus import Locus

__all__ = ["White", "ZoneMeans", "estimate_white", "grey_world_white", "zone_means"]

_POWER = 6  # of the mean: edges and zones that are strong in a colour decide
_ZONES = 0.5  # weight, before the power, of a zone's colour against an edge's
_LEAST = 0.25  # of a full zone's quads


class ZoneMeans(NamedTuple):
    """Mean colours of zones without black, (rows, columns, 3), and which of them can be used."""

    rgb: NDArray[np.float64]
    use: NDArray[np.bool_]


class White(NamedTuple):
    """What white is in a frame: gains of red and blue that make it grey, and the light's kelvin."""

    red: float
    blue: float
    temperature: float

    @property
    def point(self) -> NDArray[np.float64]:
        """Return ln(red / green) and ln(blue / green) of white."""
        return -np.log([self.red, self.blue])


def zone_means(zones: AwbZones, *, black: float = 0.0) -> ZoneMeans:
    """Return mean colours; zones are used of which a quarter of the quads was accepted."""
    number = np.maximum(zones.quads, 1)
    sums = np.stack([zones.red, zones.green / 2, zones.blue], axis=-1) * float(16**zones.scale)
    rgb = sums / number[..., None] - black
    enough = zones.quads >= max(_LEAST * int(zones.quads.max()), 1)
    return ZoneMeans(rgb, enough & (rgb > 0).all(axis=-1))


def estimate_white(means: ZoneMeans, locus: Locus) -> White | None:
    """Return what white is: a power mean of differences between neighbouring zones, and of zones.

    What is bright, and the borders of what is bright, has more of the light's colour than the
    average surface: a power mean of high order lets it decide. Each difference and each zone counts
    the less, the farther its colour is from those that light can have. The result moves towards the
    locus, all but ``locus.keep`` of the distance.

    Returns None if no zone can be used.
    """
    rgb = np.concatenate([_differences(means), _ZONES * means.rgb[means.use]])
    if not len(rgb):
        return None
    _, distance = locus.project(_point(rgb))
    # far from the locus nothing may be left: a floor keeps what is nearest
    trust = np.exp(-0.5 * np.minimum((distance / locus.width) ** 2, 60.0))
    scaled = (rgb / rgb.max()) ** _POWER
    mean = ((trust[:, None] * scaled).sum(axis=0) + 1e-300) ** (1 / _POWER)
    return _white(_point(mean[None])[0], locus)


def grey_world_white(means: ZoneMeans, locus: Locus) -> White | None:
    """Return what white is if the average of all zones is grey: to compare with."""
    if not means.use.any():
        return None
    point = _point(means.rgb[means.use].mean(axis=0)[None])
    light = locus.project(point)[0][0]
    red, blue = np.exp(-point[0])
    return White(float(red), float(blue), 1e6 / float(light))


def _white(point: NDArray[np.float64], locus: Locus) -> White:
    light = float(locus.project(point[None])[0][0])
    nearest = locus.at(light)
    red, blue = np.exp(-(nearest + locus.keep * (point - nearest)))
    return White(float(red), float(blue), 1e6 / light)


def _point(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    point: NDArray[np.float64] = np.log(rgb[:, ::2] / rgb[:, 1:2])
    return point


def _differences(means: ZoneMeans) -> NDArray[np.float64]:
    """Return differences, with positive sign, that all three colours agree about."""
    found = []
    for axis in (0, 1):
        both = np.logical_and(*_pairs(means.use, axis))
        here, there = _pairs(means.rgb, axis)
        found.append((there - here)[both])
    step = np.concatenate(found)
    step *= np.sign(step[:, 1:2])
    return step[(step > 0).all(axis=1)]


def _pairs(values: NDArray[np.generic], axis: int) -> tuple[np.ndarray, np.ndarray]:
    return (values[:-1], values[1:]) if axis == 0 else (values[:, :-1], values[:, 1:])
