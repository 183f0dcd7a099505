# SPDX-License-Identifier: MIT
"""Gradient-corrected linear interpolation of missing colours.

References
----------
H. Malvar, L. He, R. Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned
color images", ICASSP 2004, figure 2; the coefficients are the paper's, times sixteen.
"""

import numpy as np
from numpy.typing import NDArray

from .bayer import channels
from .window import windows

__all__ = ["malvar"]

# Coefficients in sixteenths; each set adds up to sixteen.
_KERNELS = {
    "green": [  # green at red or blue
        [0, 0, -2, 0, 0],
        [0, 0, 4, 0, 0],
        [-2, 4, 8, 4, -2],
        [0, 0, 4, 0, 0],
        [0, 0, -2, 0, 0],
    ],
    "row": [  # the colour that shares the line with this green
        [0, 0, 1, 0, 0],
        [0, -2, 0, -2, 0],
        [-2, 8, 10, 8, -2],
        [0, -2, 0, -2, 0],
        [0, 0, 1, 0, 0],
    ],
    "column": [  # the colour that shares the column with this green
        [0, 0, -2, 0, 0],
        [0, -2, 8, -2, 0],
        [1, 0, 10, 0, 1],
        [0, -2, 8, -2, 0],
        [0, 0, -2, 0, 0],
    ],
    "diagonal": [  # red at blue, blue at red
        [0, 0, -3, 0, 0],
        [0, 4, 0, 4, 0],
        [-3, 0, 12, 0, -3],
        [0, 4, 0, 4, 0],
        [0, 0, -3, 0, 0],
    ],
    "same": [[0] * 5, [0] * 5, [0, 0, 16, 0, 0], [0] * 5, [0] * 5],
}

# Kernel of red, green and blue at each channel.
_AT = (
    ("same", "green", "diagonal"),  # R
    ("row", "same", "column"),  # Gr: red to the left and right
    ("column", "same", "row"),  # Gb
    ("diagonal", "green", "same"),  # B
)


def malvar(raw: NDArray[np.uint16], *, phase: int, depth: int) -> NDArray[np.uint16]:
    """``clip((Σ kernel · neighbourhood + 8) >> 4)``, three colours at every pixel."""
    neighbours = windows(raw.astype(np.int32), 5, 5)
    estimate = {name: _correlate(neighbours, kernel) for name, kernel in _KERNELS.items()}
    channel = channels(raw.shape, phase)
    rgb = np.empty((*raw.shape, 3), dtype=np.int32)
    for index, names in enumerate(_AT):
        here = channel == index
        for colour, name in enumerate(names):
            rgb[here, colour] = estimate[name][here]
    return np.clip((rgb + 8) >> 4, 0, (1 << depth) - 1).astype(np.uint16)


def _correlate(neighbours: NDArray[np.generic], kernel: list[list[int]]) -> NDArray[np.int32]:
    total = np.zeros(neighbours.shape[:2], dtype=np.int32)
    for row, column in np.argwhere(np.array(kernel)):
        total += neighbours[:, :, row, column] * kernel[row][column]
    return total
