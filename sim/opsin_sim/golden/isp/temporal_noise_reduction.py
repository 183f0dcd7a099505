# SPDX-License-Identifier: MIT
"""Temporal noise reduction: recursive mean of frames, where nothing moves.

References
----------
A. Bosco, A. Bruna, S. Battiato, G. Bella, G. Puglisi, "Noise reduction for CFA image sensors
exploiting HVS behaviour", Sensors 9(3), 2009, and E. Dubois, S. Sabri, "Noise reduction in image
sequences using motion-compensated temporal filtering", IEEE Trans. Communications 32(7), 1984: the
recursive filter with a motion detector.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .motion import motion_ratio
from .raw_noise_reduction import noise_registers

__all__ = [
    "AGE_WEIGHTS",
    "TemporalNoiseRegisters",
    "temporal_noise_reduction",
    "temporal_noise_registers",
]

AGE_WEIGHTS = np.rint(256 * np.arange(1, 9) / np.arange(2, 10)).astype(np.int64)
"""Weight, in 1/256, of a mean of 1..8 frames beside the next: ``n / (n + 1)``."""


class TemporalNoiseRegisters(NamedTuple):
    """Registers, in the formats of :func:`temporal_noise_reduction`."""

    constant: int
    slope: int
    threshold: int = 24
    motion_slope: int = 3
    max_weight: int = 255


def temporal_noise_registers(
    *,
    gain: float,
    read_noise: float,
    depth: int,
    black: float = 0.0,
    threshold: float = 1.7,
    end: float = 3.4,
    max_weight: float = 1.0,
) -> TemporalNoiseRegisters:
    """Return registers for noise of ``variance = gain · (sample − black) + read_noise²``.

    History loses weight from where the mean difference is ``threshold`` times the noise's standard
    deviation, and has none from about ``end`` times on; ``max_weight`` is its share at most.
    """
    constant, slope = noise_registers(gain=gain, read_noise=read_noise, black=black, depth=depth)
    octaves = max(np.log2(end / threshold), 1e-3)  # of the difference; two of its square
    shift = int(np.clip(np.rint(np.log2(256 / (32 * octaves))), 0, 7))
    level = int(np.clip(np.rint(32 * np.log2(threshold)), -128, 127))
    return TemporalNoiseRegisters(
        constant, slope, level, shift, int(np.clip(round(256 * max_weight), 0, 255))
    )


def temporal_noise_reduction(
    raw: NDArray[np.uint16],
    history: NDArray[np.int64] | None,
    registers: TemporalNoiseRegisters,
    *,
    depth: int,
    fraction: int = 1,
) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Blend a frame with ``history``; return the frame, and what memory holds from now on.

    History holds, of every pixel, the mean in 2**-fraction samples and, above it, in 3 bits, how
    many frames it is of, less one. With a mean of ``n`` frames ``h`` and the motion ratio ``R``
    (:func:`motion_ratio`) of ``|x − h|``::

        drop   = max(R − threshold, 0) << motion_slope
        weight = max(min(256 · n / (n + 1), max_weight) − drop, 0)
        h'     = x + ((weight · (h − x) + 128) >> 8)
        n'     = the frames of a mean whose newest has the share that x has in h', at most 8
    """
    full = (1 << depth) - 1
    x = raw.astype(np.int64) << fraction
    if history is None:
        return raw, x
    h = history & ((1 << depth + fraction) - 1)
    age = history >> depth + fraction
    ratio = motion_ratio(
        np.abs(x - h), raw, registers.constant, registers.slope, depth=depth, fraction=fraction
    )
    drop = np.maximum(ratio - registers.threshold, 0) << registers.motion_slope
    weight = np.maximum(np.minimum(AGE_WEIGHTS[age], registers.max_weight) - drop, 0)
    mean = x + ((weight * (h - x) + 128) >> 8)
    older = (weight[..., None] >= AGE_WEIGHTS[:7]).sum(axis=-1)
    out = np.minimum((mean + ((1 << fraction) >> 1)) >> fraction, full)
    return out.astype(np.uint16), older << depth + fraction | mean
