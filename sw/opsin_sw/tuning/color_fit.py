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

    White balance is that of the four middle greys. The matrix minimises the mean CIEDE2000 of the
    usable patches; its rows add up to one, so that grey stays grey. It begins from the least
    squares of linear light.

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
    from scipy.optimize import minimize

    greys = _GREYS[usable[_GREYS]]
    if usable.sum() < _LEAST or len(greys) < 2:
        raise UserError("the chart must not be clipped: too bright in the raw frame")
    red, green, blue = rgb[greys].sum(axis=0)
    if min(red, green, blue) <= 0:
        raise UserError("the chart's grey patches must not be black: wrong corners or black level?")
    balance = (float(green / red), float(green / blue))
    balanced = rgb * np.array([balance[0], 1.0, balance[1]])
    light = balanced * exposure(balanced)

    def matrix(free: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = free.reshape(3, 2)
        return np.append(rows, 1 - rows.sum(axis=1, keepdims=True), axis=1)

    def cost(free: NDArray[np.float64]) -> float:
        return float(delta_e_of_light(light @ matrix(free).T)[usable].mean())

    differences, blue_only = light[:, :2] - light[:, 2:], light[:, 2:]
    wanted = reference_light() - blue_only
    start = np.linalg.lstsq(differences[usable], wanted[usable], rcond=None)[0].T.ravel()
    found = minimize(cost, start, method="Powell", options={"xtol": 1e-4, "ftol": 1e-6})
    ccm = matrix(found.x if found.fun < cost(start) else start)
    return ColorFit(
        white_balance=balance,
        ccm=tuple((float(r), float(g), float(b)) for r, g, b in ccm),
        before=delta_e(balanced),
        after=delta_e(balanced @ ccm.T),
    )


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
