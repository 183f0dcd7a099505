# SPDX-License-Identifier: MIT
"""Saturation, hue, contrast and brightness.

References
----------
Microsoft, "DirectX Video Acceleration 2.0, ProcAmp controls": the same operations in this order.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ColorAdjustRegisters", "color_adjust", "color_adjust_registers"]


class ColorAdjustRegisters(NamedTuple):
    """``contrast`` Q4.12, ``brightness`` signed Q4.16, ``cosine``, ``sine`` signed Q4.12."""

    contrast: int
    brightness: int
    cosine: int
    sine: int


def color_adjust(
    ycbcr: NDArray[np.uint16], contrast: int, brightness: int, cosine: int, sine: int, *, depth: int
) -> NDArray[np.uint16]:
    """Scale and shift Y, scale and turn (Cb, Cr) around grey, round half up, clip."""
    y, cb, cr = np.moveaxis(ycbcr.astype(np.int64), -1, 0)
    grey, half = 1 << (depth - 1), 1 << 11
    u, v = cb - grey, cr - grey
    out = [
        (y * contrast + (brightness << (depth - 4)) + half) >> 12,
        ((cosine * u + sine * v + half) >> 12) + grey,
        ((cosine * v - sine * u + half) >> 12) + grey,
    ]
    return np.clip(np.stack(out, axis=-1), 0, (1 << depth) - 1).astype(np.uint16)


def color_adjust_registers(
    *,
    saturation: float = 1.0,
    hue: float = 0.0,
    contrast: float = 1.0,
    brightness: float = 0.0,
    pivot: float = 16 / 256,
) -> ColorAdjustRegisters:
    """Register values for what a viewer turns.

    Parameters
    ----------
    saturation, contrast : float
        Factors; ``contrast`` scales the colour differences too, so that colours keep their look.
    hue : float
        Degrees. A quarter turn brings Cr to Cb.
    brightness : float
        What is added to Y, of full scale.
    pivot : float
        Luma that contrast leaves, of full scale: black of the limited range.

    Raises
    ------
    ValueError
        If a value does not fit its register.
    """
    gain, angle = contrast * saturation, math.radians(hue)
    values = ColorAdjustRegisters(
        contrast=round(contrast * 4096),
        brightness=round((brightness + pivot * (1 - contrast)) * 65536),
        cosine=round(gain * math.cos(angle) * 4096),
        sine=round(gain * math.sin(angle) * 4096),
    )
    if not 0 <= values.contrast < 1 << 16:
        raise ValueError(f"contrast must be in 0..15.9998, not {contrast!r}")
    if not -(1 << 19) <= values.brightness < 1 << 19:
        raise ValueError(f"brightness must be in -8..8 about the pivot, not {brightness!r}")
    if not 0 <= gain < 7.9998:
        raise ValueError(f"contrast * saturation must be in 0..7.9997, not {gain!r}")
    return values
