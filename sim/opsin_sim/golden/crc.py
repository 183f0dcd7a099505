# SPDX-License-Identifier: MIT
"""Checksum of a picture."""

import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["frame_crc"]


def frame_crc(picture: NDArray[np.uint8]) -> int:
    """CRC-32 (IEEE 802.3) of the samples in raster order, channels in their order in the array.

    A picture is an array of bytes, (height, width) or (height, width, channels).
    """
    if picture.dtype != np.uint8:
        raise TypeError(f"picture must be of uint8, not {picture.dtype!r}")
    return zlib.crc32(np.ascontiguousarray(picture).tobytes())
