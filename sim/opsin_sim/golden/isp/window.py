# SPDX-License-Identifier: MIT
"""Neighbourhoods with mirrored borders."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["windows"]


def windows(frame: NDArray[np.generic], rows: int, columns: int) -> NDArray[np.generic]:
    """Return every pixel's neighbourhood, (height, width, ``rows``, ``columns``).

    Borders are mirrored at the outermost pixel, which is not repeated (NumPy's ``reflect``).
    """
    margins = ((rows // 2, rows // 2), (columns // 2, columns // 2))
    padded = np.pad(frame, margins, mode="reflect")
    view: NDArray[np.generic] = np.lib.stride_tricks.sliding_window_view(padded, (rows, columns))
    return view
