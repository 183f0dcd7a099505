# SPDX-License-Identifier: MIT
"""Overlay: a picture of palette colours over the video."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["overlay", "overlay_words"]


def overlay_words(indices: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Pack palette indices (height, width) as the memory holds them: 8 a word, lines from words."""
    height, width = indices.shape
    padded = np.pad(indices, ((0, 0), (0, -width % 8))).astype(np.uint32)
    groups = padded.reshape(height, -1, 8) << (4 * np.arange(8, dtype=np.uint32))
    return np.bitwise_or.reduce(groups, axis=-1).astype(np.uint32).ravel()


def overlay(
    picture: NDArray[Any],
    words: NDArray[np.uint32],
    palette: NDArray[np.uint8],
    *,
    x: int,
    y: int,
    width: int,
    height: int,
    base: int = 0,
    depth: int,
) -> NDArray[np.uint16]:
    """Blend: ``p + (((c − p) · a + 128) >> 8)`` with ``a`` = alpha + (alpha >> 7).

    ``words`` is the whole memory, whose length is a power of two; ``palette`` (16, 4) holds red,
    green, blue, alpha. Colours are widened to ``depth`` by repeating their uppermost bits.
    """
    out = picture.astype(np.int64)
    rows = np.arange(y, min(y + height, picture.shape[0]))
    columns = np.arange(x, min(x + width, picture.shape[1]))
    if not (rows.size and columns.size):
        return picture.astype(np.uint16)
    column = columns - x
    address = base + (rows - y)[:, None] * -(-width // 8) + (column // 8)[None, :]
    index = words[address % len(words)] >> (4 * (column % 8)).astype(np.uint32)[None, :] & 15
    colour = palette.astype(np.int64)[index]
    alpha = colour[..., 3:] + (colour[..., 3:] >> 7)
    wide = (colour[..., :3] << (depth - 8)) | (colour[..., :3] >> (16 - depth))
    under = out[rows[:, None], columns[None, :]]
    out[rows[:, None], columns[None, :]] = under + (((wide - under) * alpha + 128) >> 8)
    return out.astype(np.uint16)
