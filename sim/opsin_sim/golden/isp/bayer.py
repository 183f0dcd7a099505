# SPDX-License-Identifier: MIT
"""Colour filter arrays: which colour stands where."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANNELS", "PHASES", "channels", "mosaic"]

PHASES = ("RGGB", "GRBG", "GBRG", "BGGR")
"""Colours of the first two pixels of the first two lines; the index is the phase's number."""

CHANNELS = ("R", "Gr", "Gb", "B")
"""Colour channels in the order of per-channel settings; Gr stands in the lines with red."""

_COLOUR = np.array([0, 1, 1, 2], dtype=np.uint8)


def channels(shape: tuple[int, ...], phase: int) -> NDArray[np.uint8]:
    """Index into :data:`CHANNELS` of every pixel of a frame of ``shape`` (height, width)."""
    height, width = shape
    rows = (np.arange(height)[:, None] + (phase >> 1)) % 2
    columns = (np.arange(width)[None, :] + (phase & 1)) % 2
    return (2 * rows + columns).astype(np.uint8)


def mosaic(rgb: NDArray[np.generic], phase: int) -> NDArray[np.generic]:
    """Keep of every pixel the colour its filter lets through."""
    colour = _COLOUR[channels(rgb.shape[:2], phase)]
    picked: NDArray[np.generic] = np.take_along_axis(rgb, colour[..., None], axis=2)[..., 0]
    return picked
