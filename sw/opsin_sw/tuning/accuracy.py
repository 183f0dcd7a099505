# SPDX-License-Identifier: MIT
"""How far colours of a ColorChecker Classic are from what they should be."""

from __future__ import annotations

import functools
import warnings
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .chart import Corners, picture_patches

__all__ = ["NAMES", "DeltaE", "delta_e", "delta_e_of_light", "exposure", "lab", "reference_lab",
           "reference_light"]  # fmt: skip

NAMES = (
    "dark skin", "light skin", "blue sky", "foliage", "blue flower", "bluish green",
    "orange", "purplish blue", "moderate red", "purple", "yellow green", "orange yellow",
    "blue", "green", "red", "yellow", "magenta", "cyan",
    "white", "neutral 8", "neutral 6.5", "neutral 5", "neutral 3.5", "black",
)  # fmt: skip
"""The patches, line by line."""

_SET = "ColorChecker24 - After November 2014"
_GREYS = slice(19, 23)  # without white, which may be clipped, and black, where stray light counts


class DeltaE(NamedTuple):
    """CIEDE2000 of every patch, and the factor the patches' light was multiplied by before."""

    patches: NDArray[np.float64]
    exposure: float

    @property
    def mean(self) -> float:
        """Return the mean of all 24 patches."""
        return float(self.patches.mean())

    @property
    def max(self) -> float:
        """Return that of the worst patch."""
        return float(self.patches.max())


@functools.cache
def library() -> Any:
    """Return colour-science.

    Raises
    ------
    UserError
        If it is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on packages that it could use besides
        try:
            return import_module("colour")
        except ImportError as error:
            raise UserError(
                "colour-science is not installed (pip install 'opsin[calibrate]')"
            ) from error


@functools.cache
def _chart() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """XYZ of the patches, with white at Y = 1, and of the light they are given for (D50)."""
    colour = library()
    chart = colour.CCS_COLOURCHECKERS[_SET]
    xyz = np.array([colour.xyY_to_XYZ(value) for value in chart.data.values()])
    return xyz, colour.xyY_to_XYZ(np.append(chart.illuminant, 1.0))


@functools.cache
def _to_reference() -> NDArray[np.float64]:
    """Linear sRGB → XYZ under the reference's light, white to white (Bradford)."""
    colour = library()
    srgb = colour.RGB_COLOURSPACES["sRGB"]
    white = colour.xyY_to_XYZ(np.append(srgb.whitepoint, 1.0))
    adapt = colour.adaptation.matrix_chromatic_adaptation_VonKries(
        white, _chart()[1], transform="Bradford"
    )
    return np.asarray(adapt @ srgb.matrix_RGB_to_XYZ)


def lab(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L*a*b* (D50) of linear sRGB."""
    white = library().XYZ_to_xy(_chart()[1])
    return np.asarray(library().XYZ_to_Lab(light @ _to_reference().T, white))


def reference_lab() -> NDArray[np.float64]:
    """CIE L*a*b* (D50) of the 24 patches, as their maker gives them since November 2014."""
    xyz, white = _chart()
    return np.asarray(library().XYZ_to_Lab(xyz, library().XYZ_to_xy(white)))


def reference_light() -> NDArray[np.float64]:
    """Linear sRGB of the 24 patches, where 1 is a perfect white; cyan's red is below 0."""
    return np.asarray(_chart()[0] @ np.linalg.inv(_to_reference()).T)


def exposure(light: NDArray[np.float64]) -> float:
    """Return the factor that makes the four middle greys as light as they should be.

    Raises
    ------
    UserError
        If they are black.
    """
    bright = light[_GREYS] @ _to_reference()[1]
    should = _chart()[0][_GREYS, 1]
    if not bright.sum() > 0:
        raise UserError("the chart's grey patches must not be black: wrong corners or black level?")
    return float((bright * should).sum() / (bright**2).sum())


def delta_e_of_light(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIEDE2000 of 24 patches in linear sRGB, exposed as the reference is."""
    return np.asarray(library().delta_E(lab(light), reference_lab(), method="CIE 2000"))


def delta_e(
    picture: NDArray[np.uint8] | NDArray[np.float64],
    corners: Corners | None = None,
    *,
    exposed: bool = False,
) -> DeltaE:
    """Compare a developed chart with the reference.

    Parameters
    ----------
    picture : array
        An 8-bit sRGB picture, and then ``corners``; or 24 patches in linear sRGB, (24, 3).
    corners : Corners
        Where the chart is.
    exposed : bool
        Take brightness as it is. Else it is multiplied, in linear light and by one factor for all
        patches, so that the four middle greys have the right luminance: how bright a picture is
        meant to be is a matter of exposure, not of colour.
    """
    if picture.ndim == 3:
        if picture.dtype != np.uint8 or corners is None:
            raise ValueError("picture must be of uint8, with corners given")
        light = picture_patches(picture.astype(np.uint8, copy=False), corners)
    else:
        light = np.asarray(picture, dtype=np.float64)
        if light.shape != (24, 3):
            raise ValueError(f"patches must be of shape (24, 3), not {light.shape!r}")
    factor = 1.0 if exposed else exposure(light)
    return DeltaE(delta_e_of_light(factor * light), factor)
