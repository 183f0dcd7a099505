# SPDX-License-Identifier: MIT
"""Raw noise reduction: how much closer to the frame without noise."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from opsin_sim.devices.sensor import Sensor
from opsin_sim.golden import isp

from .report import Row

__all__ = ["NOISE", "noise_rows", "noise_sensor"]

NOISE = {(1.0, 2.0): 0.7, (4.0, 6.0): 2.0, (12.0, 15.0): 3.1}
"""Gain and read noise in samples of 10 bits, and the gain of raw PSNR in dB that is wanted."""

_BITS, _BLACK = 10, 64
_WHITE = (1 << _BITS) - 1


def noise_sensor(gain: float, read_noise: float) -> Sensor:
    """Return the sensor: 10 bits, black 64, RGGB, white saturates all colours."""
    return Sensor(
        bits=_BITS,
        black=_BLACK,
        white=_WHITE,
        balance=(1.0, 1.0),
        exposure=1.0,
        gain=gain,
        read_noise=read_noise,
    )


def noise_rows(
    pictures: Mapping[str, NDArray[np.uint8]],
    *,
    reach: bool = False,
    step: Callable[[], None] = lambda: None,
    seed: int = 1,
) -> list[Row]:
    """Return, for each noise, the mean gain of raw PSNR: of ours, and of non-local means.

    Non-local means (scikit-image) gets each colour plane of the stabilised frame in real numbers.
    """
    rows = []
    for (gain, read_noise), wanted in NOISE.items():
        constant, slope = isp.noise_registers(
            gain=gain, read_noise=read_noise, black=_BLACK, depth=_BITS
        )
        ours, others = [], []
        for picture in pictures.values():
            clean = noise_sensor(0, 0).expose(picture)
            noisy = noise_sensor(gain, read_noise).expose(picture, seed=seed)
            reduced = isp.raw_noise_reduction(noisy, constant, slope, depth=_BITS)
            other = _non_local_means(noisy, gain, read_noise)
            ours.append(_psnr(reduced, clean) - _psnr(noisy, clean))
            others.append(_psnr(other, clean) - _psnr(noisy, clean))
            step()
        at = f"({gain:g}, {read_noise:g})"
        rows += [
            Row(
                name=f"raw noise reduction {at}, Opsin",
                value=float(np.mean(ours)),
                unit="dB",
                reach=wanted if reach else None,
            ),
            Row(
                name=f"raw noise reduction {at}, non-local means",
                value=float(np.mean(others)),
                unit="dB",
            ),
        ]
    return rows


def _psnr(got: NDArray[np.generic], wanted: NDArray[np.uint16]) -> float:
    error = np.mean((got.astype(np.float64) - wanted.astype(np.float64)) ** 2)
    return float(10 * np.log10(_WHITE**2 / max(float(error), 1e-12)))


def _non_local_means(raw: NDArray[np.uint16], gain: float, read: float) -> NDArray[np.float64]:
    """Anscombe's transform for Poisson and normal noise, non-local means, and back."""
    from skimage.restoration import denoise_nl_means

    floor = 3 / 8 * gain**2 + read**2
    stable = 2 / gain * np.sqrt(np.maximum(gain * (raw - float(_BLACK)) + floor, 0))
    out = np.empty(raw.shape)
    for y in range(2):
        for x in range(2):
            plane = stable[y::2, x::2]
            out[y::2, x::2] = denoise_nl_means(
                plane, patch_size=3, patch_distance=4, h=0.7, sigma=1.0, fast_mode=True
            )
    back = _BLACK + (out**2 * gain / 4 - 1 / 8 * gain - read**2 / gain)
    return np.clip(np.rint(back), 0, _WHITE)
