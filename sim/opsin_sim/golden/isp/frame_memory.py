# SPDX-License-Identifier: MIT
"""How frames lie in memory."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["frame_bytes"]


def frame_bytes(
    stored: NDArray[np.integer], *, bits: int, ppc: int, word_bytes: int
) -> NDArray[np.uint8]:
    """Return the bytes of every line, (height, bytes).

    ``ppc`` values of ``bits`` bits make a beat; a word holds as many whole beats as fit, the first
    lowest, little-endian; the bits above, and what the last word of a line has not, are 0.
    """
    height, width = stored.shape
    per_word = 8 * word_bytes // (bits * ppc) * ppc
    words = -(-width // per_word)
    padded = np.zeros((height, words * per_word), dtype=np.int64)
    padded[:, :width] = stored
    planes = padded.reshape(height, words, per_word, 1) >> np.arange(bits) & 1
    filled = np.zeros((height, words, 8 * word_bytes), dtype=np.uint8)
    filled[:, :, : per_word * bits] = planes.reshape(height, words, per_word * bits)
    return np.packbits(filled, axis=-1, bitorder="little").reshape(height, -1)
