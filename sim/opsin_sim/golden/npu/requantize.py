# SPDX-License-Identifier: MIT
"""Sums to activations, in binary32."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["requantize"]


def requantize(
    sums: NDArray[np.int32],
    scale: NDArray[np.float32],
    *,
    zero_point: int = 0,
    minimum: int = -128,
    maximum: int = 127,
) -> NDArray[np.int8]:
    """``min(max(rne(f32(sums) * scale) + zero_point, minimum), maximum)``, element-wise.

    Each step rounds to nearest even. NaN scales count as infinity and infinity times zero is zero.
    Flushing subnormals needs no step of its own: below 2⁻¹²⁶ every product rounds to zero.
    """
    infinite = np.copysign(np.float32(np.inf), scale)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        product = sums.astype(np.float32) * np.where(np.isnan(scale), infinite, scale)
    product[sums == 0] = 0
    # ±1024 is out of any clip's reach and fits every integer
    rounded = np.clip(np.rint(product), -1024, 1024).astype(np.int32) + zero_point
    return np.minimum(np.maximum(rounded, minimum), maximum).astype(np.int8)
