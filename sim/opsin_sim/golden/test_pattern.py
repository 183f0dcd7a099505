# SPDX-License-Identifier: MIT
"""Reference of the Bayer test picture (see :class:`opsin.isp.test_pattern.TestPattern`)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["frame"]

# lit bars of eight, left to right: white, yellow, cyan, green, magenta, red, blue, black
_LIT = {
    "R": np.array([1, 1, 0, 0, 1, 1, 0, 0], bool),
    "G": np.array([1, 1, 1, 1, 0, 0, 0, 0], bool),
    "B": np.array([1, 0, 1, 0, 1, 0, 1, 0], bool),
}


def frame(width: int, height: int, *, depth: int, phase: str = "RGGB") -> NDArray[np.uint16]:
    """Return the raw frame; ``phase`` names the colours of the first two pixels of two lines."""
    if width < 8 or height < 4:
        raise ValueError(f"size must be at least 8×4, not {width}×{height}")
    if phase not in ("RGGB", "GRBG", "GBRG", "BGGR"):
        raise ValueError(f"phase must be RGGB, GRBG, GBRG or BGGR, not {phase!r}")
    x, y = np.arange(width)[None, :], np.arange(height)[:, None]
    bar, zone = 8 * x // width, 4 * y // height
    on, off = 3 << (depth - 2), 1 << (depth - 6)

    lit = np.zeros((height, width), bool)
    for site, colour in enumerate(phase):
        here = (x % 2 == site % 2) & (y % 2 == site // 2)
        lit |= here & _LIT[colour][bar]
    checkerboard = (x // 4 + y // 4) % 2 == 1
    stripes = (x + 2 * y) // 8 % 2 == 1
    edge = np.where(bar < 4, checkerboard, stripes)
    ramp = ((x << (depth - 8)) + y) % (1 << depth)
    noise = _noise()[(y * width + x) % 65535] & ((1 << depth) - 1)
    choices = [np.where(lit, on, off), ramp, np.where(edge, on, off), noise]
    return np.choose(np.broadcast_to(zone, (height, width)), choices).astype(np.uint16)


@cache
def _noise() -> NDArray[np.uint16]:
    """One period of the 16-bit Galois shift register."""
    states, state = [], 0xACE1
    for _ in range(65535):
        states.append(state)
        state = (state >> 1) ^ (0xB400 if state & 1 else 0)
    return np.array(states, np.uint16)
