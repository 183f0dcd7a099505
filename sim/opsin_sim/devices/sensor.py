# SPDX-License-Identifier: MIT
"""Image sensor behind a Bayer filter: from a finished picture back to what a sensor reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..golden.isp import PHASES, mosaic

__all__ = ["Sensor", "srgb_to_linear"]

Matrix = tuple[tuple[float, float, float], ...]


def srgb_to_linear(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Linear light 0..1 of an 8-bit sRGB picture (IEC 61966-2-1)."""
    value = picture / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@dataclass(frozen=True, kw_only=True)
class Sensor:
    """A linear sensor with shot and read noise.

    Per pixel, in digital numbers (DN)::

        light  = exposure · (ccm⁻¹ · linear sRGB)[colour] / balance[colour]
        charge ~ Poisson(max(light, 0) · (white − black) / gain)          electrons
        raw    = clip(round(black + gain · charge + Normal(0, read_noise)), 0, white)

    so the variance of a sample is ``gain · (mean − black) + read_noise²``. Developing with the same
    black and white level, white balance and colour matrix gives the picture back, ``exposure``
    times as bright, but for noise and demosaic.

    Parameters
    ----------
    bits : int
        Bits per sample, 8..16.
    phase : int
        Index into :data:`~opsin_sim.golden.isp.PHASES`.
    black, white : int
        Digital number in the dark and at saturation.
    balance : tuple of float
        White balance of red and blue that makes grey of what this sensor sees of grey.
    ccm : matrix or None
        Colour matrix from the sensor's balanced colours to linear sRGB; None: the identity.
    exposure : float
        Of white; 1 saturates green.
    gain : float
        Digital numbers per electron; 0 switches shot noise off.
    read_noise : float
        Standard deviation in digital numbers.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    EMVA Standard 1288, section 2 (linear camera model).
    A. Foi, M. Trimeche, V. Katkovnik, K. Egiazarian, "Practical Poissonian-Gaussian noise modeling
    and fitting for single-image raw-data", IEEE Trans. Image Processing 17(10), 2008.
    """

    bits: int = 12
    phase: int = 0
    black: int = 256
    white: int = 4095
    balance: tuple[float, float] = (1.9, 1.5)
    ccm: Matrix | None = None
    exposure: float = 0.9
    gain: float = 0.5
    read_noise: float = 2.0

    def __post_init__(self) -> None:
        if not 8 <= self.bits <= 16:
            raise ValueError(f"bits must be in 8..16, not {self.bits!r}")
        if self.phase not in range(len(PHASES)):
            raise ValueError(f"phase must be in 0..3, not {self.phase!r}")
        if not 0 <= self.black < self.white < 1 << self.bits:
            limits = f"0 <= black < white < {1 << self.bits}"
            raise ValueError(f"levels must be {limits}, not {self.black!r} and {self.white!r}")
        for name in ("gain", "read_noise"):
            if (value := getattr(self, name)) < 0:
                raise ValueError(f"{name} must not be negative, not {value!r}")
        for name, value in (("balance", min(self.balance)), ("exposure", self.exposure)):
            if value <= 0:
                raise ValueError(f"{name} must be positive, not {value!r}")

    def expose(self, picture: NDArray[np.uint8], *, seed: int = 1) -> NDArray[np.uint16]:
        """Return the raw frame of an sRGB picture (height, width, 3)."""
        return self.expose_light(srgb_to_linear(picture), seed=seed)

    def expose_light(self, light: NDArray[np.float64], *, seed: int = 1) -> NDArray[np.uint16]:
        """Return the raw frame of linear sRGB (height, width, 3), which may be out of gamut."""
        rng = np.random.default_rng(seed)
        if self.ccm is not None:
            light = light @ np.linalg.inv(np.array(self.ccm)).T
        light = light * self.exposure / np.array([self.balance[0], 1.0, self.balance[1]])
        signal = np.maximum(mosaic(light, self.phase).astype(np.float64), 0)
        signal *= self.white - self.black
        if self.gain:
            signal = self.gain * rng.poisson(signal / self.gain)
        signal = self.black + signal + rng.normal(0, self.read_noise, signal.shape)
        return np.clip(np.rint(signal), 0, self.white).astype(np.uint16)
