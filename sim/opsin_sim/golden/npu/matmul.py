# SPDX-License-Identifier: MIT
"""MATMUL on arrays."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["grid", "matmul"]


def grid(start: int, *loops: tuple[int, int]) -> NDArray[np.int64]:
    """``start + Σ i·stride`` over loops of (count, stride), the first fastest, flattened."""
    places = np.array([start])
    for count, stride in loops:
        places = np.add.outer(np.arange(count) * stride, places).ravel()
    return places


def matmul(
    scratchpad: NDArray[np.int8], accumulator: NDArray[np.int32], fields: dict[str, int]
) -> None:
    """Carry out MATMUL: ``scratchpad`` of words × rows, ``accumulator`` changed in place."""
    f = fields
    rows = scratchpad.shape[1]
    vectors = grid(f["local"], *((f[n], f[f"{n}_stride"]) for n in ("n0", "n1", "n2")))
    tiles = grid(0, *((f[k], f[f"{k}_stride"]) for k in ("k0", "k1", "k2")))
    read = scratchpad[np.add.outer(vectors, tiles)].astype(np.int64)
    if f["offset"]:
        read = (read & 255) - 128
    read = read.reshape(len(vectors), -1)
    weights = scratchpad[f["weights"] :][: len(tiles) * rows].astype(np.int64)
    target = accumulator[f["accumulator"] :][: len(vectors)]
    before = target.astype(np.int64) if f["accumulate"] else np.zeros_like(target, np.int64)
    target[:] = (before + read @ weights).astype(np.int32)  # wraps
