# SPDX-License-Identifier: MIT
"""Raw noise reduction: local linear minimum mean square error estimate.

References
----------
J.-S. Lee, "Digital image enhancement and noise filtering by use of local statistics", IEEE Trans.
Pattern Analysis and Machine Intelligence 2(2), 1980: the filter for additive noise.
A. Foi, M. Trimeche, V. Katkovnik, K. Egiazarian, "Practical Poissonian-Gaussian noise modeling
and fitting for single-image raw-data", IEEE Trans. Image Processing 17(10), 2008: the noise.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["RECIPROCAL", "noise_registers", "raw_noise_reduction"]

RECIPROCAL = np.rint(65536 / (128.5 + np.arange(128))).astype(np.int64)
"""``2¹⁶ / v`` for ``v`` of 8 bits whose first is set, in the middle of its interval."""

_MEAN = 41943  # 2²⁰ / 25, so that 25 times it is 2²⁰ - 1 and a flat area stays as it is


def noise_registers(
    *, gain: float, read_noise: float, black: float = 0.0, depth: int
) -> tuple[int, int]:
    """Return ``(constant, slope)`` for ``variance = gain · (sample − black) + read_noise²``.

    All are in samples of ``depth`` bits. A value that its register cannot hold becomes the nearest
    that it can.
    """
    constant = (read_noise**2 - gain * black) * 2.0 ** (28 - 2 * depth)
    slope = gain * 2.0 ** (21 - depth)
    limit = 1 << 23
    return min(max(round(constant), -limit), limit - 1), min(max(round(slope), 0), 65535)


def raw_noise_reduction(
    raw: NDArray[np.uint16], constant: int, slope: int, *, depth: int
) -> NDArray[np.uint16]:
    """Move every sample to the mean of its 5 × 5 neighbours of its colour, as noise explains.

    The share is the variance that the noise model expects at that mean, over the variance that is
    there, at most 1: flat areas become their mean, detail far above the noise stays. With the sums
    ``S`` and ``Q`` of the samples and of their squares::

        expected = 25 · max((slope · S >> (21 − depth)) + 25 · constant · 2**(2·depth − 28), 0)
        variance = 25 · Q − S²                                             (both times 625)
        share    = expected / variance in 1/256, from the first 8 bits and a table
        out      = x + ((share · ((41943 · S + 2¹⁹ >> 20) − x) + 128) >> 8)

    ``constant`` is signed, 24 bits, in 2**(2·depth − 28) samples²; ``slope`` unsigned, 16 bits, in
    2**(depth − 21) samples: both count the same shares of full scale at any depth.
    """
    x = raw.astype(np.int64)
    total, squares = _sum_of_25(x), _sum_of_25(x * x)
    scale = 2 * depth - 28
    scaled = 25 * constant << scale if scale >= 0 else 25 * constant >> -scale
    expected = 25 * np.maximum((slope * total >> (21 - depth)) + scaled, 0)
    variance = 25 * squares - total * total
    bits = np.frexp(variance.astype(np.float64))[1]  # of the variance, exact below 2⁵³
    mantissa, part = (_first_bits(value, bits) for value in (variance, expected))
    quotient = part * RECIPROCAL[mantissa & 127] + 128 >> 8
    share = np.where(expected >= variance, 256, quotient)
    mean = _MEAN * total + (1 << 19) >> 20
    out: NDArray[np.int64] = x + (share * (mean - x) + 128 >> 8)
    return out.astype(np.uint16)


def _sum_of_25(value: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add up, around every sample, the 5 × 5 in every second line and column."""
    height, width = value.shape
    padded = np.pad(value, 4, mode="reflect")
    columns = np.zeros_like(padded[:height])
    total = np.zeros_like(value)
    for k in range(0, 9, 2):
        columns += padded[k : k + height]
    for k in range(0, 9, 2):
        total += columns[:, k : k + width]
    return total


def _first_bits(value: NDArray[np.int64], bits: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return ``value`` shifted so that a number of so many bits would have 8."""
    shift = bits.astype(np.int64) - 8
    shifted: NDArray[np.int64] = (value >> np.maximum(shift, 0)) << np.maximum(-shift, 0)
    return shifted
