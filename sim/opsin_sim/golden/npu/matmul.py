# SPDX-License-Identifier: MIT
"""MATMUL and DEPTHWISE on arrays."""

import numpy as np
from numpy.typing import NDArray

from .edges import padded

__all__ = ["depthwise", "grid", "matmul", "places", "unpacked"]

_NS = ("n0", "n1", "n2")
_KS = ("k0", "k1", "k2")


def grid(start: int, *loops: tuple[int, int]) -> NDArray[np.int64]:
    """``start + Σ i·stride`` over loops of (count, stride), the first fastest, flattened."""
    places = np.array([start])
    for count, stride in loops:
        places = np.add.outer(np.arange(count) * stride, places).ravel()
    return places


def unpacked(words: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the weights of packed tiles, one row per input."""
    size = words.shape[1]
    halves = words.astype(np.int64).reshape(-1, size // 2, size)
    low, high = ((halves & 15) ^ 8) - 8, halves >> 4
    return np.concatenate([low, high], axis=1).reshape(-1, size)


def places(f: dict[str, int]) -> NDArray[np.int64]:
    """Words of every output and every k."""
    outputs = grid(f["local"], *((f[n], f[f"{n}_stride"]) for n in _NS))
    inputs = grid(0, *((f[k], f[f"{k}_stride"]) for k in _KS))
    return np.add.outer(outputs, inputs)


def _read(scratchpad: NDArray[np.int8], f: dict[str, int]) -> NDArray[np.int64]:
    """Activations of every output and every k."""
    if f.get("edges", 0):
        read = scratchpad[places(f) % len(scratchpad)].astype(np.int64)
        read[padded(f)] = (f["padding"] ^ 128) - 128
    else:
        read = scratchpad[places(f)].astype(np.int64)
    return (read & 255) - 128 if f["offset"] else read


def _write(accumulator: NDArray[np.int32], f: dict[str, int], sums: NDArray[np.int64]) -> None:
    """Add to the rows of the accumulator, or replace them; modulo 2³²."""
    target = accumulator[f["accumulator"] :][: len(sums)]
    target[:] = (sums + (target.astype(np.int64) if f["accumulate"] else 0)).astype(np.int32)


def matmul(
    scratchpad: NDArray[np.int8], accumulator: NDArray[np.int32], fields: dict[str, int]
) -> None:
    """Carry out MATMUL: ``scratchpad`` of words × rows, ``accumulator`` changed in place."""
    read = _read(scratchpad, fields)
    outputs, tiles, rows = read.shape
    stored = scratchpad[fields["weights"] :]
    if fields["packed"]:
        weights = unpacked(stored[: tiles * rows // 2])
    else:
        weights = stored[: tiles * rows].astype(np.int64)
    _write(accumulator, fields, read.reshape(outputs, -1) @ weights)


def depthwise(
    scratchpad: NDArray[np.int8], accumulator: NDArray[np.int32], fields: dict[str, int]
) -> None:
    """Carry out DEPTHWISE in the same way."""
    read = _read(scratchpad, fields)
    weights = scratchpad[fields["weights"] :][: read.shape[1]].astype(np.int64)
    _write(accumulator, fields, (read * weights).sum(axis=1))
