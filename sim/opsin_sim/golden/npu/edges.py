# SPDX-License-Identifier: MIT
"""Where the plane of a DEPTHWISE ends, and padding begins."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Edges", "edges_of", "kept", "padded", "square"]


class Edges(NamedTuple):
    """Sides, 1 or 0, on which there is padding; MATMUL has none."""

    left: int
    right: int
    top: int
    bottom: int


def edges_of(f: Mapping[str, int]) -> Edges:
    """Return the edges of a descriptor."""
    bits = f.get("edges", 0)
    return Edges(bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1)


def square(f: Mapping[str, int]) -> bool:
    """Whether a descriptor may have edges."""
    return (f["k0"], f["k1"], f["k2"], f["n2"]) == (3, 3, 1, 1)


def kept(f: Mapping[str, int]) -> Mapping[str, int]:
    """Return fields of the nest whose words a descriptor is checked for."""
    if not f.get("edges", 0):
        return f
    left, right, top, bottom = edges_of(f)
    local = f["local"] + left * f["k0_stride"] + top * f["k1_stride"]
    inside = {"local": local % 2**32, "k0": 3 - left - right, "k1": 3 - top - bottom}
    return {**f, **inside}


def padded(f: Mapping[str, int]) -> NDArray[np.bool]:
    """Return for every output, and every k of it, whether padding takes the word's place."""
    left, right, top, bottom = edges_of(f)
    found = np.zeros((f["n1"], f["n0"], 3, 3), np.bool)  # n1, n0, k1, k0
    found[:, 0, :, 0] |= bool(left)
    found[:, -1, :, 2] |= bool(right)
    found[0, :, 0, :] |= bool(top)
    found[-1, :, 2, :] |= bool(bottom)
    return found.reshape(-1, 9)
