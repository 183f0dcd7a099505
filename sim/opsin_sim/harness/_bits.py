# SPDX-License-Identifier: MIT
"""Bits of payloads in NumPy arrays: containers, and numbers of any width at any place in them."""

from typing import Any

import numpy as np
from amaranth.hdl import Shape, ShapeCastable, ShapeLike
from amaranth.lib import data
from numpy.typing import NDArray

__all__ = ["container", "extract", "insert", "integers", "resolve"]


def container(width: int) -> tuple[np.dtype, int]:
    """Element type of a packed array and number of elements per payload of ``width`` bits."""
    for bits in (8, 16, 32, 64):
        if width <= bits:
            return np.dtype(f"uint{bits}"), 1
    return np.dtype(np.uint32), -(-width // 32)


def resolve(shape: ShapeLike) -> data.Layout | Shape:
    """Layout behind a shape, or its plain number."""
    while isinstance(shape, ShapeCastable) and not isinstance(shape, data.Layout):
        shape = shape.as_shape()
    return shape if isinstance(shape, data.Layout) else Shape.cast(shape)


def integers(name: str, shape: Shape, values: NDArray[Any]) -> NDArray[Any]:
    """Return ``values`` if they are integers that fit ``shape``; raise if they are not."""
    if values.dtype == np.bool_:
        values = values.astype(np.uint8)
    if not np.issubdtype(values.dtype, np.integer):
        raise TypeError(f"{name} must be integers, not {values.dtype}")
    if shape.width > 64:
        words = container(shape.width)[1]
        if values.dtype != np.uint32 or values.shape[-1:] != (words,):
            raise ValueError(f"{name} must be (…, {words}) of uint32, not {values.shape}")
        return values
    low = -(1 << (shape.width - 1)) if shape.signed else 0
    high = low + (1 << shape.width) - 1
    if values.size and (values.min() < low or values.max() > high):
        bad = int(values.min()) if values.min() < low else int(values.max())
        raise ValueError(f"{name} must be in {low}..{high}, not {bad}")
    return values


def insert(words: NDArray[np.uint64], values: NDArray[Any], offset: int, width: int) -> None:
    """Put the low ``width`` bits of ``values``, at most 64, at bit ``offset`` of cleared rows."""
    mask = np.uint64((1 << width) - 1)
    bits = values.astype(np.uint64) & mask
    word, shift = divmod(offset, 64)
    words[:, word] |= bits << np.uint64(shift)
    if shift + width > 64:
        words[:, word + 1] |= bits >> np.uint64(64 - shift)


def extract(words: NDArray[np.uint64], offset: int, width: int) -> NDArray[np.uint64]:
    """Take ``width`` bits, at most 64, from bit ``offset`` of each row."""
    word, shift = divmod(offset, 64)
    bits = words[:, word] >> np.uint64(shift)
    if shift + width > 64:
        bits = bits | (words[:, word + 1] << np.uint64(64 - shift))
    return bits & np.uint64((1 << width) - 1)
