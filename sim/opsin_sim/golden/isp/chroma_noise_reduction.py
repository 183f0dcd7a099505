# SPDX-License-Identifier: MIT
"""Chroma noise reduction: sigma filter of colour differences, guided by luma.

References
----------
J.-S. Lee, "Digital image smoothing and the sigma filter", Computer Vision, Graphics, and Image
Processing 24(2), 1983: the mean of those neighbours that are near in value.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ChromaNoiseRegisters", "chroma_noise_reduction", "chroma_noise_registers"]

ACROSS = (-6, -4, -2, -1, 1, 2, 4, 6)
"""Neighbours in a line."""


class ChromaNoiseRegisters(NamedTuple):
    """How far a neighbour may be from the pixel, in samples."""

    luma: int
    chroma: int


def chroma_noise_reduction(
    ycbcr: NDArray[np.uint16], luma: int, chroma: int, *, rows: int = 5
) -> NDArray[np.uint16]:
    """Replace colour differences by means of those of neighbours that belong to the same thing.

    First over ``rows - 1`` neighbours in the column, then, of the result, over those at
    :data:`ACROSS` in the line. Of ``n`` neighbours ``j``, with c either colour difference::

        alike = |y[j] − y| <= luma and |cb[j] − cb| <= chroma and |cr[j] − cr| <= chroma
        c'    = c + ((Σ (c[j] − c if alike else 0) + n / 2) >> log2 n)

    which is the mean of ``n`` neighbours, in which the pixel itself stands for those unlike it.
    """
    reach = rows // 2
    column = tuple(k for k in range(-reach, reach + 1) if k)
    filtered = _pass(ycbcr.astype(np.int64), column, 0, luma, chroma)
    return _pass(filtered, ACROSS, 1, luma, chroma).astype(np.uint16)


def _pass(
    picture: NDArray[np.int64], places: tuple[int, ...], axis: int, luma: int, chroma: int
) -> NDArray[np.int64]:
    reach, size = max(places), picture.shape[axis]
    margins = [(reach, reach) if k == axis else (0, 0) for k in range(3)]
    padded = np.pad(picture, margins, mode="reflect")
    limit = np.array([luma, chroma, chroma])
    total = np.zeros_like(picture)
    for place in places:
        neighbour = np.take(padded, np.arange(size) + reach + place, axis=axis)
        difference = neighbour - picture
        alike = (np.abs(difference) <= limit).all(axis=-1, keepdims=True)
        total += np.where(alike, difference, 0)
    count = len(places)
    out = picture + ((total + count // 2) >> (count.bit_length() - 1))
    out[..., 0] = picture[..., 0]
    return out


def chroma_noise_registers(
    *, luma: float = 0.06, chroma: float = 0.04, depth: int
) -> ChromaNoiseRegisters:
    """Register values from shares of full scale; the nearest that the registers can hold.

    About four times the noise of luma, and three times that of colour differences. With ``chroma``
    0 nothing changes.
    """
    full = (1 << depth) - 1
    return ChromaNoiseRegisters(
        *(min(max(round(share * (1 << depth)), 0), full) for share in (luma, chroma))
    )
