# SPDX-License-Identifier: MIT
"""Colour matrices."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

__all__ = ["Matrix", "ccm_from_xyz_to_camera", "daylight_balance", "quantized"]

Matrix = tuple[tuple[float, float, float], ...]

# Linear sRGB to CIE XYZ, white D65 (IEC 61966-2-1).
_SRGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def ccm_from_xyz_to_camera(matrix: Sequence[Sequence[float]]) -> Matrix:
    """Colour matrix from white-balanced camera colours to linear sRGB.

    ``matrix`` maps CIE XYZ to the camera's colours, as DNG's ColorMatrix and dcraw's table do. Its
    product with sRGB → XYZ says what the camera sees of each primary; each row is divided by its
    sum, since white balance makes white (1, 1, 1); the inverse is the colour matrix. (The method of
    dcraw's ``cam_xyz_coeff``.) Rows of the result add up to one: grey stays grey.
    """
    camera, sums = _seen_primaries(matrix)
    camera /= sums
    if abs(np.linalg.det(camera)) < 1e-6:
        raise UserError("xyz_to_camera must be invertible")
    return tuple((float(r), float(g), float(b)) for r, g, b in np.linalg.inv(camera))


def daylight_balance(matrix: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the white balance under D65 of a camera, from its ``xyz_to_camera`` matrix."""
    red, green, blue = _seen_primaries(matrix)[1].ravel()
    if min(red / green, blue / green) <= 0:
        raise UserError("xyz_to_camera must give white a value of one sign in every channel")
    return float(green / red), float(green / blue)


def _seen_primaries(
    matrix: Sequence[Sequence[float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what the camera sees of sRGB's primaries, and of white, their sum."""
    camera = np.array(matrix, dtype=np.float64) @ _SRGB_TO_XYZ
    sums = camera.sum(axis=1, keepdims=True)
    if not np.all(np.isfinite(sums)) or np.any(np.abs(sums) < 1e-6):
        raise UserError("xyz_to_camera must give white a value in every channel")
    return camera, sums


def quantized(ccm: Matrix, one: int, low: int, high: int) -> tuple[tuple[int, int, int], ...]:
    """Coefficients times ``one``, rounded so that each row's sum is the rounded sum of the row.

    The largest coefficient of a row takes the difference, which is at most 2.
    """
    rows = []
    for row in ccm:
        values = [round(value * one) for value in row]
        largest = max(range(3), key=lambda k: abs(values[k]))
        values[largest] += round(sum(row) * one) - sum(values)
        for value, number in zip(row, values, strict=True):
            if not low <= number <= high:
                limits = f"{low / one:g}..{high / one:.4f}"
                raise UserError(f"ccm must be in {limits}, not {value:g}")
        rows.append((values[0], values[1], values[2]))
    return tuple(rows)
