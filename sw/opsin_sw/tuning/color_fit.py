# SPDX-License-Identifier: MIT
"""White balance and colour matrix from the patches of a ColorChecker."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .accuracy import DeltaE, delta_e, delta_e_of_light, exposure, library, reference_light
from .color import Matrix

__all__ = ["ColorFit", "fit_color", "temperature"]

_GREYS = np.arange(19, 23)  # without white, which is a little yellow, and black (stray light)
_LEAST = 12  # patches that must be usable


class ColorFit(NamedTuple):
    """What makes the chart's colours right, and how right.

    ``before`` is with white balance only, ``after`` with the matrix as well, both computed from the
    patches' means in real numbers.
    """

    white_balance: tuple[float, float]
    ccm: Matrix
    before: DeltaE
    after: DeltaE


def fit_color(rgb: NDArray[np.float64], usable: NDArray[np.bool_]) -> ColorFit:
    """Fit white balance and colour matrix.

    The matrix minimises the mean CIEDE2000 of the usable patches, from the least squares of linear
    light on; its rows add up to one, so that grey stays grey. White balance is that of the four
    middle greys, which are not quite neutral: with the matrix that is found first they are given
    the colours of the reference, and then the matrix is found again.

    Parameters
    ----------
    rgb : array of (24, 3)
        Means of the patches in the camera's colours, black at 0.
    usable : array of (24,)
        False for patches that are clipped.

    Raises
    ------
    UserError
        If too few patches are usable, or the greys are not.
    """
    greys = _GREYS[usable[_GREYS]]
    if usable.sum() < _LEAST or len(greys) < 2:
        raise UserError("the chart must not be clipped: too bright in the raw frame")
    if rgb[greys].min() <= 0:
        raise UserError("the chart's grey patches must not be black: wrong corners or black level?")
    wanted, ccm = reference_light(), np.eye(3)
    seen = np.ones((len(greys), 3))  # of the greys, balanced: neutral, until a matrix is known
    for _ in range(2):
        gains = (seen / seen[:, 1:2] * rgb[greys, 1:2]).sum(axis=0) / rgb[greys].sum(axis=0)
        balanced = rgb * gains / gains[1]
        ccm = _matrix(balanced * exposure(balanced), usable)
        seen = wanted[greys] @ np.linalg.inv(ccm).T
    return ColorFit(
        white_balance=(float(gains[0] / gains[1]), float(gains[2] / gains[1])),
        ccm=tuple((float(r), float(g), float(b)) for r, g, b in ccm),
        before=delta_e(balanced),
        after=delta_e(balanced @ ccm.T),
    )


def _matrix(light: NDArray[np.float64], usable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the matrix with rows that add up to one of least mean CIEDE2000."""
    from scipy.optimize import minimize

    def matrix(free: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = free.reshape(3, 2)
        return np.append(rows, 1 - rows.sum(axis=1, keepdims=True), axis=1)

    def cost(free: NDArray[np.float64]) -> float:
        return float(delta_e_of_light(light @ matrix(free).T)[usable].mean())

    differences, rest = light[:, :2] - light[:, 2:], reference_light() - light[:, 2:]
    fitted = np.linalg.lstsq(differences[usable], rest[usable], rcond=None)[0]
    start: NDArray[np.float64] = np.asarray(fitted.T.ravel(), dtype=np.float64)
    found = minimize(cost, start, method="Powell", options={"xtol": 1e-4, "ftol": 1e-6})
    return matrix(found.x if found.fun < cost(start) else start)


def temperature(white_balance: tuple[float, float]) -> float:
    """Estimate the correlated colour temperature of the light, in kelvin, 2000..12000.

    It is that which asks of a common camera (Nikon D5100, sensitivities measured by NPL) for the
    same ratio of the gains of red and blue. Other sensors differ: ±15 % is to be expected. Below
    4000 K the light is taken for a black body, above for daylight.
    """
    colour = library()
    camera = colour.MSDS_CAMERA_SENSITIVITIES["Nikon 5100 (NPL)"]
    kelvins = np.concatenate([np.arange(2000, 4000, 100), np.arange(4000, 12001, 250)])
    ratios = []
    for kelvin in kelvins:
        if kelvin < 4000:
            power = colour.sd_blackbody(kelvin, camera.shape)
        else:
            daylight = colour.temperature.CCT_to_xy_CIE_D(kelvin * 1.4388 / 1.4380)
            power = colour.sd_CIE_illuminant_D_series(daylight).copy().align(camera.shape)
        red, _, blue = (camera.values * power.values[:, None]).sum(axis=0)
        ratios.append(np.log(blue / red))
    wanted = np.log(white_balance[0] / white_balance[1])
    # ratios rise with temperature; the inverse of temperature is what is nearly linear in them
    return float(1 / np.interp(wanted, ratios, 1 / kelvins))
