# SPDX-License-Identifier: MIT
"""Chroma subsampling: 4:4:4 to 4:2:2 and 4:2:0.

References
----------
ITU-T H.273 section 8.7: ``ChromaLocType`` 0 (left) and 1 (centre).
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHROMA_FORMATS", "chroma_planes", "chroma_subsample"]

CHROMA_FORMATS = ("YUV444", "YUV422", "YUV420")
"""The index is the register's value."""


def chroma_subsample(
    ycbcr: NDArray[np.uint16], chroma_format: int, *, centred: bool = False
) -> NDArray[np.uint16]:
    """Filter colour differences; the picture keeps its shape.

    Both pixels of a pair, columns 2k and 2k + 1, carry the pair's colour differences. In 4:2:0
    those of lines 2k and 2k + 1 are in line 2k + 1; line 2k carries its own, which count only
    where it is the last line.
    """
    if chroma_format == 0:
        return ycbcr
    chroma = ycbcr[..., 1:].astype(np.int32)
    even = chroma[:, 0::2]
    right = chroma[:, 1::2]
    if chroma.shape[1] % 2:  # the last pixel has no right neighbour
        beyond = even[:, -1:] if centred else right[:, -1:]
        right = np.concatenate([right, beyond], axis=1)
    left = right if centred else np.concatenate([right[:, :1], right[:, :-1]], axis=1)
    quarters = (2 * even + 2 * right) if centred else (left + 2 * even + right)
    pairs = (quarters + 2) >> 2
    if chroma_format == 2:
        lower = quarters[1::2]
        pairs[1::2] = (quarters[0::2][: len(lower)] + lower + 4) >> 3
    out = ycbcr.copy()
    out[..., 1:] = np.repeat(pairs, 2, axis=1)[:, : ycbcr.shape[1]]
    return out


def chroma_planes(
    picture: NDArray[np.uint16], chroma_format: int
) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]:
    """Planes Y, Cb and Cr of what :func:`chroma_subsample` made; odd sizes are rounded up."""
    y, cb, cr = np.moveaxis(picture, -1, 0)
    if chroma_format == 0:
        return y, cb, cr
    lines = np.arange(picture.shape[0])
    if chroma_format == 2:
        lines = np.minimum(lines[0::2] + 1, picture.shape[0] - 1)
    return y, cb[lines, 0::2], cr[lines, 0::2]
