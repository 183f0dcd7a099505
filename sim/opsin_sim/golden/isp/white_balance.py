# SPDX-License-Identifier: MIT
"""White balance."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .bayer import channels

__all__ = ["white_balance"]


def white_balance(
    raw: NDArray[np.uint16], gain: Sequence[int], *, phase: int, depth: int
) -> NDArray[np.uint16]:
    """``min((raw · gain + 2¹¹) >> 12, 2**depth − 1)``, ``gain`` per channel R, Gr, Gb, B, Q4.12."""
    factor = np.array(gain, dtype=np.int64)[channels(raw.shape, phase)]
    scaled = (raw.astype(np.int64) * factor + (1 << 11)) >> 12
    return np.minimum(scaled, (1 << depth) - 1).astype(np.uint16)
