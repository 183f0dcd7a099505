# SPDX-License-Identifier: MIT
"""Black level."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .bayer import channels

__all__ = ["black_level"]


def black_level(raw: NDArray[np.uint16], black: Sequence[int], *, phase: int) -> NDArray[np.uint16]:
    """``max(raw − black, 0)``, ``black`` per channel R, Gr, Gb, B."""
    level = np.array(black, dtype=np.int32)[channels(raw.shape, phase)]
    return np.maximum(raw.astype(np.int32) - level, 0).astype(np.uint16)
