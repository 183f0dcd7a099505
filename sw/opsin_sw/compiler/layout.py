# SPDX-License-Identifier: MIT
"""How tensors, weights and parameters lie in memory.

A tensor is (batch, height, width, channel words), a channel word being ``rows`` neighbouring
channels; what is missing to a whole word is zero and meets zero weights.
"""

import numpy as np
from numpy.typing import NDArray

from .graph import Convolution, Tensor

__all__ = ["pack", "parameters", "tensor_bytes", "tile_words", "unpack", "weight_tiles", "words"]


def words(channels: int, rows: int) -> int:
    """Words that hold ``channels``."""
    return -(-channels // rows)


def tensor_bytes(tensor: Tensor, batch: int, rows: int) -> int:
    """Return the memory that ``batch`` samples take."""
    line = tensor.width * words(tensor.channels, rows) * rows
    return batch * tensor.height * (tensor.windows.line if tensor.windows else line)


def pack(stored: NDArray[np.int8], rows: int) -> NDArray[np.uint8]:
    """Lay (batch, height, width, channels) out as bytes."""
    missing = words(stored.shape[-1], rows) * rows - stored.shape[-1]
    padded = np.pad(stored, [(0, 0)] * (stored.ndim - 1) + [(0, missing)])
    return np.ascontiguousarray(padded).view(np.uint8).ravel()


def unpack(data: NDArray[np.uint8], shape: tuple[int, ...], rows: int) -> NDArray[np.int8]:
    """Inverse of :func:`pack`, for (batch, height, width, channels) = ``shape``."""
    whole = (*shape[:-1], words(shape[-1], rows) * rows)
    return data.view(np.int8).reshape(whole)[..., : shape[-1]]


def weight_tiles(layer: Convolution, column: int, *, rows: int, cols: int) -> NDArray[np.int8]:
    """Weights of column tile ``column``: (kernel height, kernel width, words, tile words, cols).

    Channel words are counted from the tensor's first; groups are expanded, with zeros.
    """
    size = layer.geometry
    first, last = column * cols, min((column + 1) * cols, size.outputs)
    dense = np.zeros((*size.kernel, words(size.channels, rows) * rows, cols), np.int8)
    inputs = size.channels // size.groups
    for output in range(first, last):
        start, _ = size.channel_span(output, output)
        dense[:, :, start : start + inputs, output - first] = layer.weights[output]
    tiles = dense.reshape(*size.kernel, -1, rows, cols)
    if size.depthwise:
        return tiles.sum(axis=-2, dtype=np.int8, keepdims=True)
    if layer.packed:
        return tiles[..., : rows // 2, :] & 15 | tiles[..., rows // 2 :, :] << 4
    return tiles


def tile_words(layer: Convolution, rows: int) -> int:
    """Words of a weight tile: of a depthwise convolution only its diagonal."""
    if layer.geometry.depthwise:
        return 1
    return rows // 2 if layer.packed else rows


def parameters(layer: Convolution, column: int, *, cols: int) -> bytes:
    """Biases and scales of column tile ``column``."""
    bias, scale = np.zeros(cols, "<i4"), np.ones(cols, "<f4")
    part = slice(column * cols, (column + 1) * cols)
    count = len(layer.bias[part])
    bias[:count] = layer.bias[part]
    # below the smallest normal number a scale counts as zero, and so does every product with it
    scale[:count] = np.maximum(layer.scale[part], np.finfo(np.float32).tiny)
    return bias.tobytes() + scale.tobytes()
