# SPDX-License-Identifier: MIT
"""Noise of a sensor: variance against mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opsin_sim.golden.isp import channels, noise_registers

from ..errors import UserError

__all__ = ["Noise", "block_noise", "fit_noise"]

_BLOCK = 32  # lines and columns of a colour
_MOST = 400  # blocks of a frame


@dataclass(frozen=True)
class Noise:
    """``variance = constant + slope · (sample − black)``, in samples of the sensor's bits.

    ``constant`` is the variance in the dark (read noise and quantisation), ``slope`` the digital
    numbers per electron.
    """

    constant: float
    slope: float

    def registers(self, *, bits: int, black: float, depth: int) -> tuple[int, int]:
        """Return the constant and the slope of :class:`opsin.isp.RawNoiseReduction`.

        For samples aligned to the top of ``depth`` bits; ``black`` is what is still in them.
        """
        unit = 2.0 ** (depth - bits)
        read = unit * float(np.sqrt(self.constant))
        return noise_registers(
            gain=unit * self.slope, read_noise=read, black=unit * black, depth=depth
        )


def block_noise(
    raw: NDArray[np.uint16], *, phase: int, black: Sequence[float], white: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean without black, and variance, of blocks of one colour of an even frame.

    A plane is fitted to each block and taken away; then the variance comes from the quartiles, as
    of a normal distribution, so that defects do not count. Blocks near white are left out.
    """
    channel = channels(raw.shape, phase)
    means, variances = [], []
    y, x = np.mgrid[0:_BLOCK, 0:_BLOCK]
    plane = np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=1)
    project = np.eye(x.size) - plane @ np.linalg.pinv(plane)
    for index in range(4):
        top, left = np.argwhere(channel == index)[0]
        samples = raw[top::2, left::2].astype(np.float64)
        down, across = (size // _BLOCK for size in samples.shape)
        blocks = samples[: down * _BLOCK, : across * _BLOCK]
        blocks = blocks.reshape(down, _BLOCK, across, _BLOCK).swapaxes(1, 2)
        flat = blocks.reshape(-1, _BLOCK**2)
        flat = flat[:: max(1, -(-len(flat) * 4 // _MOST))]
        flat = flat[np.percentile(flat, 99, axis=1) < white]
        rest = flat @ project
        # winsorised at four sigma as the quartiles show it, at least one step of the converter
        sigma = np.maximum(np.subtract(*np.percentile(rest, [75, 25], axis=1)) / 1.349, 1.0)
        kept = np.clip(rest, -4 * sigma[:, None], 4 * sigma[:, None])
        variances.append((kept**2).sum(axis=1) / (_BLOCK**2 - 3))
        means.append(np.median(flat, axis=1) - black[index])
    return np.concatenate(means), np.concatenate(variances)


def fit_noise(mean: NDArray[np.float64], variance: NDArray[np.float64]) -> Noise:
    """Fit the model to points of all channels.

    A variance's own error is in proportion to it, so deviations count relative to the model; those
    beyond 30 % count less and less (texture of the surface, clipped samples). The constant is at
    least that of rounding to whole samples, 1/12.

    Raises
    ------
    UserError
        If there are too few points.
    """
    from scipy.optimize import least_squares

    good = np.isfinite(mean) & np.isfinite(variance) & (variance > 0)
    if good.sum() < 8:
        raise UserError("noise needs 8 or more even surfaces that are neither black nor clipped")
    level, seen = np.maximum(mean[good], 0), variance[good]
    span = max(float(level.max()), 1.0)

    def deviation(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        constant, slope = np.exp(logs)
        model = constant + slope * level
        return (seen - model) / np.sqrt(seen * model)

    start = np.log([max(float(seen.min()), 1e-3), max(float(np.median(seen)), 1e-3) / span])
    found = least_squares(deviation, start, loss="soft_l1", f_scale=0.3)
    constant, slope = np.exp(found.x)
    return Noise(max(float(constant), 1 / 12), float(slope))
