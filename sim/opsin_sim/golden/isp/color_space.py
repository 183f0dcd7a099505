# SPDX-License-Identifier: MIT
"""Colour space: RGB to YCbCr and back.

References
----------
ITU-R BT.601-7 section 2.5 and BT.709-6 section 3 (luma weights, limited range), ITU-T T.871 and
BT.2100-2 table 9 (full range).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["LUMA", "ColorSpaceRegisters", "color_space", "color_space_registers"]

LUMA = {
    "bt601": (Fraction(299, 1000), Fraction(114, 1000)),
    "bt709": (Fraction(2126, 10000), Fraction(722, 10000)),
}
"""Weights of red and blue in luma; green has the rest."""

_FRACTION = 15  # bits of a coefficient, at equal depths


class ColorSpaceRegisters(NamedTuple):
    """Of full scale to full scale: ``matrix`` signed Q3.15, ``offset`` signed Q2.16."""

    matrix: list[list[int]]
    offset: list[int]


def color_space(
    picture: NDArray[np.uint16],
    matrix: Sequence[Sequence[int]],
    offset: Sequence[int],
    *,
    depth: int,
    depth_out: int,
) -> NDArray[np.uint16]:
    """``clip((matrix · picture + offset · 2**(depth−1) + 2**(s−1)) >> s)``.

    The shift s is 15 + depth − depth_out.
    """
    shift = _FRACTION + depth - depth_out
    products = picture.astype(np.int64) @ np.array(matrix, dtype=np.int64).T
    constant = np.array(offset, dtype=np.int64) << (depth - 1)
    total = (products + constant + (1 << (shift - 1))) >> shift
    return np.clip(total, 0, (1 << depth_out) - 1).astype(np.uint16)


def color_space_registers(
    standard: str, *, limited: bool, depth: int, depth_out: int, inverse: bool = False
) -> ColorSpaceRegisters:
    """Register values from full-range RGB to YCbCr or, ``inverse``, back.

    Grey stays exactly grey: rows of colour differences add up to 0.

    Parameters
    ----------
    standard : str
        A key of :data:`LUMA`.
    limited : bool
        YCbCr in limited range (8 bits: 16..235, 16..240), else full range.
    depth, depth_out : int
        Bits of the samples that come and go.
    inverse : bool
        YCbCr to RGB.

    Raises
    ------
    ValueError
        If ``standard`` is unknown.
    """
    if standard not in LUMA:
        raise ValueError(f"standard must be one of {list(LUMA)}, not {standard!r}")
    red, blue = LUMA[standard]
    green = 1 - red - blue
    coded = depth if inverse else depth_out  # bits of YCbCr
    full = (1 << coded) - 1
    luma = Fraction(219 << coded, 256) if limited else Fraction(full)
    chroma = Fraction(224 << coded, 256) if limited else Fraction(full)
    base = [16 << coded >> 8 if limited else 0, 1 << (coded - 1), 1 << (coded - 1)]
    rgb = (1 << (depth_out if inverse else depth)) - 1
    cb, cr = 2 * (1 - blue), 2 * (1 - red)
    one = 1 << (_FRACTION + depth - depth_out)

    def rounded(value: Any) -> int:
        return round(value * one)

    if not inverse:
        y_r, y_b = rounded(red * luma / rgb), rounded(blue * luma / rgb)
        cb_r, cb_b = rounded(-red / cb * chroma / rgb), rounded(chroma / 2 / rgb)
        cr_r, cr_b = rounded(chroma / 2 / rgb), rounded(-blue / cr * chroma / rgb)
        matrix = [
            [y_r, rounded(luma / rgb) - y_r - y_b, y_b],
            [cb_r, -cb_r - cb_b, cb_b],
            [cr_r, -cr_r - cr_b, cr_b],
        ]
        return ColorSpaceRegisters(matrix, [value << 16 >> coded for value in base])
    grey = rounded(rgb / luma)
    matrix = [
        [grey, 0, rounded(cr * rgb / chroma)],
        [
            grey,
            rounded(-cb * blue / green * rgb / chroma),
            rounded(-cr * red / green * rgb / chroma),
        ],
        [grey, rounded(cb * rgb / chroma), 0],
    ]
    # what the middle of the colour differences makes is taken away exactly: m * 2**(coded - 1)
    black = -round(Fraction(grey * base[0], 1 << (coded - 1)))
    return ColorSpaceRegisters(matrix, [black - row[1] - row[2] for row in matrix])
