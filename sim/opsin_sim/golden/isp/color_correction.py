# SPDX-License-Identifier: MIT
"""Colour correction."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["color_correction"]


def color_correction(
    rgb: NDArray[np.uint16],
    ccm: Sequence[Sequence[int]],
    offset: Sequence[int] = (0, 0, 0),
    *,
    depth: int,
) -> NDArray[np.uint16]:
    """``clip(((ccm · rgb + 2¹¹) >> 12) + offset)``, ``ccm`` signed Q3.12, ``offset`` in samples."""
    products = rgb.astype(np.int64) @ np.array(ccm, dtype=np.int64).T
    corrected = ((products + (1 << 11)) >> 12) + np.array(offset, dtype=np.int64)
    return np.clip(corrected, 0, (1 << depth) - 1).astype(np.uint16)
