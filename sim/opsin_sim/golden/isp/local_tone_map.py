# SPDX-License-Identifier: MIT
"""Local tone mapping: less contrast of the base, detail as it was.

References
----------
F. Durand, J. Dorsey, "Fast bilateral filtering for the display of high-dynamic-range images",
SIGGRAPH 2002: base and detail, contrast reduced in the logarithm of the base.
J.-S. Lee, "Digital image smoothing and the sigma filter", Computer Vision, Graphics, and Image
Processing 24(2), 1983: the filter that makes the base here.
J. Mitchell, "Computer multiplication and division using binary logarithms", 1962.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ToneMapRegisters", "local_tone_map", "tone_map_base", "tone_map_registers"]

DOWN = (-1, 1)
ACROSS = (-12, -6, -3, -1, 1, 3, 6, 12)


class ToneMapRegisters(NamedTuple):
    """``strength`` Q0.8, ``pivot`` Q4.8, ``brighten`` and ``darken`` Q2.8, ``ratio`` Q0.4."""

    strength: int
    pivot: int
    brighten: int
    darken: int
    ratio: int
    floor: int


def tone_map_base(rgb: NDArray[np.uint16], ratio: int, floor: int) -> NDArray[np.int64]:
    """Return luma, smoothed over columns, then lines, among neighbours that are alike.

    Luma is ``(r + 2 · g + b + 2) >> 2``; of ``n`` neighbours ``j`` at :data:`DOWN`, then, of the
    result, at :data:`ACROSS`::

        alike = |y[j] − y| <= floor + (y · ratio >> 4)
        y'    = y + ((Σ (y[j] − y if alike else 0) + n / 2) >> log2 n)
    """
    wide = rgb.astype(np.int64)
    luma = (wide[..., 0] + 2 * wide[..., 1] + wide[..., 2] + 2) >> 2
    for axis, places in enumerate((DOWN, ACROSS)):
        reach, size = max(places), luma.shape[axis]
        padded = np.pad(luma, [(reach, reach) if k == axis else (0, 0) for k in (0, 1)], "reflect")
        limit = floor + (luma * ratio >> 4)
        total = np.zeros_like(luma)
        for place in places:
            away = np.take(padded, np.arange(size) + reach + place, axis=axis) - luma
            total += np.where(np.abs(away) <= limit, away, 0)
        count = len(places)
        luma = luma + ((total + count // 2) >> (count.bit_length() - 1))
    return luma


def local_tone_map(
    rgb: NDArray[np.uint16],
    strength: int,
    pivot: int,
    brighten: int,
    darken: int,
    ratio: int,
    floor: int,
    *,
    depth: int,
) -> NDArray[np.uint16]:
    """Multiply pixels by ``(pivot / base) ** strength``, with logarithms in straight pieces.

    With the base b of :func:`tone_map_base`, times ``2**(16 − depth)``, e the place of its first
    bit and f the 8 bits behind it::

        level = 256 · e + f                                     (0 for b = 0)
        lift  = min(max((strength · (pivot − level) + 128) >> 8, −darken), brighten)
        gain  = (256 + lift mod 256) << (4 + (lift >> 8))       (Q4.12)
        out   = min((x · gain + 2¹¹) >> 12, 2**depth − 1)
    """
    base = tone_map_base(rgb, ratio, floor) << (16 - depth)
    first = np.maximum(np.frexp(base.astype(np.float64))[1].astype(np.int64) - 1, 0)
    level = np.where(base > 0, 256 * first + (((base << 8) >> first) & 255), 0)
    lift = np.clip((strength * (pivot - level) + 128) >> 8, -darken, brighten)
    gain = (256 + (lift & 255)) << (4 + (lift >> 8))
    out = (rgb.astype(np.int64) * gain[..., None] + (1 << 11)) >> 12
    return np.minimum(out, (1 << depth) - 1).astype(np.uint16)


def tone_map_registers(
    *,
    strength: float = 0.4,
    pivot: float = 0.5,
    brightest: float = 8.0,
    darkest: float = 0.5,
    ratio: float = 2 / 16,
    floor: float = 0.001,
    depth: int,
) -> ToneMapRegisters:
    """Register values; the nearest that the registers can hold.

    Parameters
    ----------
    strength : float
        How much contrast the base loses, 0..0.996: 0 changes nothing, 0.5 leaves its square root.
    pivot : float
        Base that stays as it is, of full scale.
    brightest, darkest : float
        Greatest and least gain, 1..15.9 and 1..0.07.
    ratio, floor : float
        How far neighbours may be away: of the pixel's luma, to 15/16, and of full scale.
    """

    def level(value: float) -> float:
        """256 times the logarithm, in the straight pieces of the block."""
        whole = np.floor(np.log2(value))
        return float(256 * (whole + value / 2.0**whole - 1))

    def limited(value: float, bits: int) -> int:
        return min(max(round(value), 0), (1 << bits) - 1)

    return ToneMapRegisters(
        strength=limited(strength * 256, 8),
        pivot=limited(level(pivot * 65536), 12),
        brighten=limited(level(max(brightest, 1.0)), 10),
        darken=limited(-level(min(darkest, 1.0)), 10),
        ratio=limited(ratio * 16, 4),
        floor=limited(floor * (1 << depth), depth),
    )
