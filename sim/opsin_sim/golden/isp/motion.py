# SPDX-License-Identifier: MIT
"""How much more two frames differ than their noise explains."""

import numpy as np
from numpy.typing import NDArray

from .window import windows

__all__ = ["WEIGHTS", "log2_sixteenths", "motion_ratio"]

WEIGHTS = np.array([1, 2, 2, 2, 1])
"""Of the pixels of a row, around the one in the middle; even and odd columns weigh the same."""


def log2_sixteenths(value: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 16 times the logarithm to base 2, linear between powers of two; of 0 it is 0."""
    value = np.maximum(value, 1)
    exponent = np.frexp(value.astype(np.float64))[1].astype(np.int64) - 1
    below = (value << np.maximum(4 - exponent, 0)) >> np.maximum(exponent - 4, 0)
    return 16 * exponent + (below & 15)


def motion_ratio(
    difference: NDArray[np.int64],
    sample: NDArray[np.integer],
    constant: int,
    slope: int,
    *,
    depth: int,
    fraction: int = 0,
) -> NDArray[np.int64]:
    """Return ``16 · log2(d² / variance)``, ``d`` the mean difference of five pixels of a row.

    ``difference`` is not negative, in 2**-fraction samples. The variance is what the noise model
    expects of a sample at the mean of the five samples, ``constant + slope · mean``, in
    2**(2·depth − 28) samples² (:func:`opsin_sim.golden.isp.noise_registers`), at least 1.
    """
    row = windows(difference, 1, 5)[:, :, 0, :].astype(np.int64)
    total = row @ WEIGHTS
    mean = windows(sample.astype(np.int64), 1, 5)[:, :, 0, :].astype(np.int64) @ WEIGHTS >> 3
    variance = np.maximum(constant + (slope * mean >> (depth - 7)), 1)
    unit = 16 * (22 - 2 * depth - 2 * fraction)
    ratio: NDArray[np.int64] = 2 * log2_sixteenths(total) - log2_sixteenths(variance) + unit
    return ratio
