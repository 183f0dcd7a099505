# SPDX-License-Identifier: MIT
"""Noise of a sensor, from any frame.

References
----------
J. Immerkær, "Fast noise variance estimation", Computer Vision and Image Understanding 64(2), 1996.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import channels

from ...errors import UserError
from ..noise import Noise, fit_noise

__all__ = ["estimate_noise"]

_BLOCK = 16  # lines and columns of a colour
_BINS = 12  # of brightness
_LEAST = 20  # blocks of a bin
_QUIET = 0.1  # share of the blocks that are taken for even
_BIAS = 0.78  # of the variance that so many are below, of 64 numbers of a normal distribution


def estimate_noise(
    raw: NDArray[np.uint16], *, phase: int, black: Sequence[float], white: float
) -> Noise | None:
    """Return variance against mean, from the most even blocks at each brightness; None if few are.

    The variance is that of diagonal differences, which are blind to slopes and straight edges
    along lines and columns. Texture that fills the frame still counts as noise.
    """
    means, variances = [], []
    channel = channels((2, 2), phase)
    for y, x in np.ndindex(2, 2):
        plane = raw[y::2, x::2].astype(np.float64)
        down, across = (n // _BLOCK for n in plane.shape)
        if not down or not across:
            continue
        whole_blocks = plane[: down * _BLOCK, : across * _BLOCK]
        grid = whole_blocks.reshape(down, _BLOCK, across, _BLOCK)
        blocks = grid.swapaxes(1, 2).reshape(-1, _BLOCK, _BLOCK)
        whole = (blocks.max(axis=(1, 2)) < white) & (blocks.min(axis=(1, 2)) > 0)
        blocks = blocks[whole]
        cross = blocks[:, ::2, ::2] - blocks[:, ::2, 1::2] - blocks[:, 1::2, ::2]
        cross = (cross + blocks[:, 1::2, 1::2]) / 2
        means.append(blocks.mean(axis=(1, 2)) - black[int(channel[y, x])])
        variances.append((cross**2).mean(axis=(1, 2)))
    if not means:
        return None
    points = _quiet(np.concatenate(means), np.concatenate(variances))
    try:
        return fit_noise(*points)
    except UserError:
        return None


def _quiet(
    mean: NDArray[np.float64], variance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a point for each bin of brightness with enough blocks."""
    order = np.argsort(mean)
    groups = np.array_split(order, min(_BINS, max(len(order) // _LEAST, 1)))
    found = [
        (mean[group].mean(), np.quantile(variance[group], _QUIET) / _BIAS)
        for group in groups
        if len(group) >= _LEAST
    ]
    place, height = np.array(found).reshape(-1, 2).T
    return place, height
