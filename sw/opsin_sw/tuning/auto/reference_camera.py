# SPDX-License-Identifier: MIT
"""A camera that was measured, for what is not known of another: its lights and its matrices.

Computed from the sensitivities of a Nikon D5100 that NPL measured (in colour-science:
``MSDS_CAMERA_SENSITIVITIES["Nikon 5100 (NPL)"]``), 400..730 nm in steps of 10 nm, with black bodies
up to 4000 K, daylight (CIE D series) from 5500 K, and a mixture between. The matrix under each
light is that of least mean CIEDE2000 on the 24 ColorChecker patches (Ohta's spectra), rows adding
up to one, against the patches' colours in daylight. Other cameras differ by the sensitivities of
their channels, which moves all lights by the same step in logarithms, and by the filters' shape.

References
----------
M. Darrodi, G. Finlayson, T. Goodman, M. Mackiewicz, "Reference data set for camera spectral
sensitivity estimation", J. Optical Society of America A 32(3), 2015.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["MIRED", "WHITES", "mired_of_ratio", "reference_matrix", "reference_white"]

# Mired (10⁶ / kelvin); ln(red / green), ln(blue / green) of white; matrix without last column.
# fmt: off
_TABLE = np.array([
    (100, -0.6894, 0.0123, 1.8918, -0.8260, -0.1626, 1.7672, 0.0018, -0.4315),
    (125, -0.6242, -0.0646, 1.8434, -0.7811, -0.1746, 1.7367, 0.0114, -0.4502),
    (150, -0.5540, -0.1460, 1.7942, -0.7302, -0.1883, 1.7095, 0.0220, -0.4725),
    (175, -0.4799, -0.2303, 1.7518, -0.6844, -0.2002, 1.6818, 0.0340, -0.5014),
    (200, -0.3963, -0.3079, 1.7188, -0.6480, -0.2125, 1.6585, 0.0452, -0.5282),
    (225, -0.3135, -0.3820, 1.6908, -0.6158, -0.2255, 1.6397, 0.0553, -0.5531),
    (250, -0.2346, -0.4570, 1.6655, -0.5853, -0.2388, 1.6230, 0.0647, -0.5779),
    (275, -0.1605, -0.5404, 1.6331, -0.5438, -0.2497, 1.6056, 0.0750, -0.6122),
    (300, -0.0869, -0.6240, 1.6032, -0.5036, -0.2607, 1.5905, 0.0856, -0.6490),
    (325, -0.0139, -0.7075, 1.5759, -0.4651, -0.2720, 1.5776, 0.0968, -0.6889),
    (350, 0.0582, -0.7907, 1.5508, -0.4280, -0.2837, 1.5669, 0.1088, -0.7323),
    (375, 0.1292, -0.8735, 1.5277, -0.3921, -0.2959, 1.5583, 0.1216, -0.7796),
    (400, 0.1992, -0.9555, 1.5063, -0.3571, -0.3086, 1.5516, 0.1351, -0.8313),
    (425, 0.2681, -1.0367, 1.4868, -0.3237, -0.3219, 1.5468, 0.1494, -0.8878),
])
# fmt: on

MIRED: NDArray[np.float64] = _TABLE[:, 0]
"""Lights of the table, 10000 K to 2350 K."""

WHITES: NDArray[np.float64] = _TABLE[:, 1:3]
"""What the camera sees of white under them: ln(red / green), ln(blue / green)."""


def reference_white(mired: float) -> NDArray[np.float64]:
    """Return ln(red / green) and ln(blue / green) of white."""
    return np.array([np.interp(mired, MIRED, column) for column in WHITES.T])


def reference_matrix(mired: float) -> NDArray[np.float64]:
    """Return the matrix from white-balanced colours to linear sRGB."""
    first = np.array([np.interp(mired, MIRED, column) for column in _TABLE[:, 3:].T])
    rows = first.reshape(3, 2)
    return np.append(rows, 1 - rows.sum(axis=1, keepdims=True), axis=1)


def mired_of_ratio(log_blue_over_red: float) -> float:
    """Return the light under which white has this ratio of blue to red.

    Cameras differ most in their greens, so the ratio of the outer two says most of the light; ±15 %
    of the temperature must still be expected on another camera.
    """
    ratios = WHITES[:, 1] - WHITES[:, 0]  # falling
    return float(np.interp(-log_blue_over_red, -ratios, MIRED))
