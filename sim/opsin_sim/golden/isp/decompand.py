# SPDX-License-Identifier: MIT
"""Decompanding: from a sensor's piecewise linear code back to linear samples."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["DECOMPAND_LINEAR", "decompand", "decompand_points", "decompand_writes"]

DECOMPAND_LINEAR: NDArray[np.int32] = np.arange(65, dtype=np.int32) << 10
"""The straight line, which stands in the hardware after power-up; its end is 2**16."""


def decompand_points(knees: Sequence[tuple[int, int]], *, depth: int) -> NDArray[np.int32]:
    """65 points from the knees (code, linear sample of 16 bits) of a sensor's data sheet.

    Exact where every knee lies at a multiple of ``2**(depth − 6)``.
    """
    codes, values = zip(*knees, strict=True)
    where = np.arange(65) << (depth - 6)
    return np.floor(np.interp(where, codes, values) + 0.5).astype(np.int32)


def decompand_writes(points: NDArray[np.int32]) -> dict[str, NDArray[np.int32]]:
    """Return what is written to load ``points``: the first 64 in 0..65535, rises of 17 bits."""
    return {
        "index": np.arange(64, dtype=np.int32),
        "start": points[:-1],
        "slope": np.diff(points).astype(np.int32),
    }


def decompand(
    raw: NDArray[np.uint16], points: NDArray[np.int32], *, depth: int, depth_out: int
) -> NDArray[np.uint16]:
    """Interpolate between ``points``, round half up, clip to ``depth_out`` bits.

    ``points[k]`` is the linear value, of 16 bits, at code ``k · 2**(depth − 6)``.
    """
    fraction = depth - 6
    code = raw.astype(np.int64)
    segment, position = code >> fraction, code & ((1 << fraction) - 1)
    wide = points.astype(np.int64)
    value = (wide[segment] << fraction) + (wide[segment + 1] - wide[segment]) * position
    shift = fraction + 16 - depth_out
    return np.clip((value + (1 << (shift - 1))) >> shift, 0, (1 << depth_out) - 1).astype(np.uint16)
