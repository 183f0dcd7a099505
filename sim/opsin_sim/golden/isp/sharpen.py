# SPDX-License-Identifier: MIT
"""Sharpening: unsharp masking of luma with coring and a limit on overshoot.

References
----------
A. Polesel, G. Ramponi, V. J. Mathews, "Image enhancement via adaptive unsharp masking", IEEE Trans.
Image Processing 9(3), 2000: less gain where contrast is high.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .window import windows

__all__ = ["SharpenRegisters", "sharpen", "sharpen_registers"]

_NARROW = np.outer([1, 2, 1], [1, 2, 1])  # in sixteenths
_WIDE = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])  # in 256ths


class SharpenRegisters(NamedTuple):
    """``gain`` Q3.5, ``wide`` Q1.2, ``core`` 1/16 samples, ``edge`` samples, margins 1/64."""

    gain: int
    wide: int
    core: int
    edge: int
    fall: int
    overshoot: int
    undershoot: int


def sharpen(
    ycbcr: NDArray[np.uint16],
    gain: int,
    wide: int,
    core: int,
    edge: int,
    fall: int,
    overshoot: int,
    undershoot: int,
    *,
    depth: int,
) -> NDArray[np.uint16]:
    """Add to luma what it lacks in a blurred copy of itself; colour differences stay.

    With the binomial sums ``narrow`` of 3 × 3 and ``wide`` of 5 × 5, ``low`` and ``high`` the least
    and the greatest luma of 3 × 3::

        fine   = 16 · y − narrow                                           (1/16 samples)
        coarse = (256 · y − wide + 8) >> 4
        detail = fine + (((coarse − fine) · wide + 2) >> 2)
        factor = max(gain − (max(high − low − edge, 0) · fall >> (depth − 5)), 0)
        change = (max(|detail| − core, 0) · factor + 2⁸) >> 9

    The change goes up, at most to ``high + ((high − low) · overshoot >> 6)``, if the detail is
    positive, else down, at most to ``low − ((high − low) · undershoot >> 6)``.
    """
    y = ycbcr[..., 0].astype(np.int64)
    near: Any = windows(y, 5, 5)
    inner = near[:, :, 1:4, 1:4]
    fine = 16 * y - (inner * _NARROW).sum(axis=(2, 3))
    coarse = (256 * y - (near * _WIDE).sum(axis=(2, 3)) + 8) >> 4
    detail = fine + (((coarse - fine) * wide + 2) >> 2)

    low, high = inner.min(axis=(2, 3)), inner.max(axis=(2, 3))
    contrast = high - low
    factor = np.maximum(gain - (np.maximum(contrast - edge, 0) * fall >> (depth - 5)), 0)
    change = (np.maximum(np.abs(detail) - core, 0) * factor + (1 << 8)) >> 9
    highest = np.minimum(high + (contrast * overshoot >> 6), (1 << depth) - 1)
    lowest = np.maximum(low - (contrast * undershoot >> 6), 0)
    out = ycbcr.copy()
    out[..., 0] = np.where(
        detail < 0, np.maximum(y - change, lowest), np.minimum(y + change, highest)
    )
    return out


def sharpen_registers(
    *,
    amount: float = 1.0,
    radius: float = 0.5,
    coring: float = 0.002,
    edge: float = 0.25,
    fall: int = 2,
    overshoot: float = 0.047,
    undershoot: float = 0.047,
    depth: int,
) -> SharpenRegisters:
    """Register values for what a viewer turns; the nearest that the registers can hold.

    Parameters
    ----------
    amount : float
        Gain of detail, to 7.97.
    radius : float
        0: detail is what 3 × 3 pixels have beyond their mean, 1: 5 × 5.
    coring : float
        Detail that is left alone, of full scale, to 0.06.
    edge : float
        Contrast between neighbours, of full scale, from where on the gain falls.
    fall : int
        How much the gain falls in full scale, 0..15.
    overshoot, undershoot : float
        How far beyond its neighbours a pixel may go, of their contrast, to 0.23.
    """

    def limited(value: float, bits: int) -> int:
        return min(max(round(value), 0), (1 << bits) - 1)

    return SharpenRegisters(
        gain=limited(amount * 32, 8),
        wide=limited(radius * 4, 3),
        core=limited(coring * (16 << depth), depth),
        edge=limited(edge * (1 << depth), depth),
        fall=limited(fall, 4),
        overshoot=limited(overshoot * 64, 4),
        undershoot=limited(undershoot * 64, 4),
    )
