# SPDX-License-Identifier: MIT
"""Output format: pixels to bytes as they lie in memory.

References
----------
Linux kernel, V4L2 image formats: names and order of bytes.
B. E. Bayer, "An optimum method for two-level rendition of continuous-tone pictures", ICC 1973.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["DITHER", "PIXEL_FORMATS", "output_format"]

PIXEL_FORMATS = ("RGB24", "BGR24", "XBGR32", "RGB565", "YUYV", "UYVY", "GREY")
"""The index is the register's value."""

DITHER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], dtype=np.int32)
"""Thresholds of ordered dither, in sixteenths of a step, from the frame's first pixel on."""


def output_format(
    picture: NDArray[np.uint8], pixel_format: int, *, dither: bool = False, bus: int = 4
) -> NDArray[np.uint8]:
    """Bytes of every line, (height, stride), filled with 0 to whole words of ``bus`` bytes.

    Formats of YUV find Y, Cb, Cr in the places of red, green, blue, with Cb and Cr as
    :func:`~opsin_sim.golden.isp.chroma_subsample` leaves them.
    """
    height = picture.shape[0]
    first, second, third = np.moveaxis(picture, -1, 0)
    name = PIXEL_FORMATS[pixel_format]
    chroma = second.copy()
    chroma[:, 1::2] = third[:, 1::2]  # Cb at even columns, Cr at odd
    if name == "RGB565":
        value = _rgb565(picture.astype(np.int32), dither)
        parts = [value & 255, value >> 8]
    else:
        parts = {
            "RGB24": [first, second, third],
            "BGR24": [third, second, first],
            "XBGR32": [third, second, first, np.full_like(first, 255)],
            "YUYV": [first, chroma],
            "UYVY": [chroma, first],
            "GREY": [first],
        }[name]
    lines = np.stack(parts, axis=-1).astype(np.uint8).reshape(height, -1)
    return np.pad(lines, ((0, 0), (0, -lines.shape[1] % bus)))


def _rgb565(picture: NDArray[np.int32], dither: bool) -> NDArray[np.int32]:
    """``(v · 249 + t) >> 11`` of 5 bits, ``(v · 253 + t) >> 10`` of 6: rounded to nearest, or t."""
    height, width = picture.shape[:2]
    table = np.tile(DITHER, (-(-height // 4), -(-width // 4)))[:height, :width]
    out = np.zeros((height, width), dtype=np.int32)
    for colour, bits in enumerate((5, 6, 5)):
        factor, shift, nearest = (249, 11, 1014) if bits == 5 else (253, 10, 505)
        offset = (2 * table + 1) << (shift - 5) if dither else nearest
        out = (out << bits) | ((picture[..., colour] * factor + offset) >> shift)
    return out
