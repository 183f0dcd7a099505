# SPDX-License-Identifier: MIT
"""Colour under several lights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..errors import UserError
from .color import Matrix, ccm_from_xyz_to_camera, daylight_balance

__all__ = ["Illuminant", "ccm_under", "daylight_illuminant"]


@dataclass(frozen=True, kw_only=True)
class Illuminant:
    """What a camera was calibrated to under one light.

    Parameters
    ----------
    name : str
        Of the light, or of the frame.
    temperature : float
        Correlated colour temperature, in kelvin; estimated, if not measured.
    white_balance : tuple of float
        Gains of red and blue relative to green that make grey of grey.
    ccm : matrix
        From white-balanced camera colours to linear sRGB.
    """

    name: str
    temperature: float
    white_balance: tuple[float, float]
    ccm: Matrix

    def __post_init__(self) -> None:
        if not 1000 <= self.temperature <= 40000:
            raise UserError(f"temperature must be in 1000..40000 K, not {self.temperature:g}")
        if min(self.white_balance) <= 0:
            red, blue = self.white_balance
            raise UserError(f"white balance must be positive, not {red:g},{blue:g}")


def daylight_illuminant(xyz_to_camera: Sequence[Sequence[float]]) -> Illuminant:
    """Return D65 as a calibrated light, of a camera whose matrix from CIE XYZ is known."""
    return Illuminant(
        name="D65",
        temperature=6504,
        white_balance=daylight_balance(xyz_to_camera),
        ccm=ccm_from_xyz_to_camera(xyz_to_camera),
    )


def ccm_under(illuminants: Sequence[Illuminant], white_balance: tuple[float, float]) -> Matrix:
    """Return the colour matrix for a white balance, between those of the calibrated lights.

    Matrices are interpolated in the logarithm of red gain over blue gain, which follows the
    inverse of the temperature; beyond the outermost lights the matrix stays.
    """
    if not illuminants:
        raise UserError("a colour matrix needs at least one calibrated light")

    def ratio(balance: tuple[float, float]) -> float:
        return math.log(balance[0] / balance[1])

    lights = sorted(illuminants, key=lambda light: ratio(light.white_balance))
    wanted = ratio(white_balance)
    if wanted <= ratio(lights[0].white_balance):
        return lights[0].ccm
    for low, high in pairwise(lights):
        start, end = ratio(low.white_balance), ratio(high.white_balance)
        if start <= wanted < end:
            share = (wanted - start) / (end - start)
            mixed = (1 - share) * np.array(low.ccm) + share * np.array(high.ccm)
            return tuple((float(r), float(g), float(b)) for r, g, b in mixed)
    return lights[-1].ccm
