# SPDX-License-Identifier: MIT
"""What the statistics blocks tell of a frame, computed as the hardware does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import ae_histogram, ae_zones, awb_statistics

from .metering import ZONES, ExposureStatistics
from .white_balance import ZoneMeans, zone_means

__all__ = ["exposure_statistics", "white_zones"]

_DARK, _SATURATION = 0.01, 0.97  # gates of white balance, as shares of white
_LARGEST = (1 << 18) - 1  # of the hardware's results


def white_zones(
    linear: NDArray[np.uint16], *, depth: int, phase: int, white: int | None = None
) -> ZoneMeans:
    """Return 32 × 32 zones for white balance of a frame, black at 0."""
    height, width = linear.shape
    full = (1 << depth) - 1 if white is None else white
    across, down = max(width // 64 * 2, 4), max(height // 64 * 2, 2)
    zones = awb_statistics(
        linear,
        phase=phase,
        zone_width=across,
        zone_height=down,
        dark=round(_DARK * full),
        saturation=round(_SATURATION * full),
        scale=_scale(across * down // 2 * full),
    )
    return zone_means(zones)


def exposure_statistics(
    linear: NDArray[np.uint16],
    *,
    depth: int,
    phase: int,
    white: int | None = None,
    balance: tuple[float, float] = (1.0, 1.0),
) -> ExposureStatistics:
    """Return the histogram of the greens, and the zones' means, of a frame, black at 0.

    ``white`` is the sample at saturation, default the greatest. The zones' sums are of all colours;
    ``balance``, gains of red and blue that make grey of grey, says how much brighter green is.
    """
    height, width = linear.shape
    full = (1 << depth) - 1 if white is None else white
    skip = max((linear.size // 2 // _LARGEST).bit_length(), 0)
    counts = ae_histogram(linear, depth=depth, phase=phase, green_only=True, skip=skip)
    step = 2.0 ** (depth - 10)
    middles = np.arange(1024) * step + (step - 1) / 2
    across, down = max(width // (2 * ZONES) * 2, 4), max(height // (2 * ZONES) * 2, 2)
    scale = _scale(across * down * full)
    zones = ae_zones(
        linear, zone_width=across, zone_height=down, bright=(1 << depth) - 1, scale=scale
    )
    green = (1 / balance[0] + 2 + 1 / balance[1]) / 4
    mean = zones.luma * float(16**scale) / (across * down) / green
    # of a small frame the last zones do not exist
    rows, columns = min(height // down, ZONES), min(width // across, ZONES)
    mean[rows:], mean[:, columns:] = mean[:rows, :columns].mean(), mean[:rows, :columns].mean()
    return ExposureStatistics(np.maximum(middles, 0.0) / full, counts, mean / full)


def _scale(largest: int) -> int:
    """Return by which power of 16 sums must be divided to fit."""
    scale = 0
    while largest >> 4 * scale > _LARGEST:
        scale += 1
    return scale
