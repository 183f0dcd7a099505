# SPDX-License-Identifier: MIT
"""Camera: scene, lens, sensor with settings that come into force later."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..golden.isp import PHASES, mosaic

__all__ = ["Camera", "CameraSettings"]


@dataclass(frozen=True)
class CameraSettings:
    """Exposure time in seconds, analogue gain, and position of the lens."""

    time: float = 0.01
    gain: float = 1.0
    lens: float = 0.0

    def __post_init__(self) -> None:
        if self.time <= 0 or self.gain <= 0:
            raise ValueError(f"time and gain must be positive, not {self.time!r}, {self.gain!r}")


class Camera:
    """A sensor behind a lens and a Bayer filter, looking at a scene.

    Per pixel, with the scene's light as white-balanced camera colours or linear sRGB, where 1 is a
    white surface under light of brightness 1::

        seen     = blur(scene · ccm⁻¹) · light[colour]
        charge   ~ Poisson(seen · sensitivity · time · full_well)      electrons, at most full_well
        raw      = clip(round(black + gain · (charge + Normal(0, read)) · unit + Normal(0, adc)), 0,
                   2**bits − 1),   unit = (white − black) / full_well

    The blur is a Gaussian whose standard deviation is ``blur`` pixels for each unit between lens
    and focus.

    Parameters
    ----------
    bits, phase, black, white :
        Of samples, as for :class:`~opsin_sim.devices.sensor.Sensor`.
    full_well : float
        Electrons at white with gain 1.
    read_noise : float
        Electrons, before the gain.
    adc_noise : float
        Digital numbers, after the gain.
    sensitivity : float
        Share of the full well that white gives per second, in green.
    ccm : matrix or None
        From the camera's balanced colours to linear sRGB.
    focus : float
        Position of the lens at which the scene is sharp.
    blur : float
        Pixels of blur per unit of the lens.
    delay : int
        Frames from a request to the first one that is taken so, at least 1 (the next).
    settings : CameraSettings
        At first.
    seed : int
        Of the noise.

    Attributes
    ----------
    light : tuple of float
        Red and blue, relative to green, that the sensor sees of white; may be changed at any time.
    brightness : float
        Of the light; may be changed at any time.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    def __init__(
        self,
        *,
        bits: int = 12,
        phase: int = 0,
        black: int = 256,
        white: int = 4095,
        full_well: float = 8000.0,
        read_noise: float = 3.0,
        adc_noise: float = 0.7,
        sensitivity: float = 30.0,
        ccm: tuple[tuple[float, float, float], ...] | None = None,
        focus: float = 0.0,
        blur: float = 0.05,
        delay: int = 2,
        settings: CameraSettings | None = None,
        seed: int = 1,
    ) -> None:
        if not 8 <= bits <= 16:
            raise ValueError(f"bits must be in 8..16, not {bits!r}")
        if phase not in range(len(PHASES)):
            raise ValueError(f"phase must be in 0..3, not {phase!r}")
        if not 0 <= black < white < 1 << bits:
            limits = f"0 <= black < white < {1 << bits}"
            raise ValueError(f"levels must be {limits}, not {black!r} and {white!r}")
        if full_well <= 0 or sensitivity <= 0:
            both = f"{full_well!r}, {sensitivity!r}"
            raise ValueError(f"full_well and sensitivity must be positive, not {both}")
        if min(read_noise, adc_noise, blur) < 0:
            three = f"{read_noise!r}, {adc_noise!r}, {blur!r}"
            raise ValueError(f"read_noise, adc_noise and blur must not be negative, not {three}")
        if delay < 1:
            raise ValueError(f"delay must be at least 1, not {delay!r}")
        self.bits, self.phase, self.black, self.white = bits, phase, black, white
        self.full_well, self.read_noise, self.adc_noise = full_well, read_noise, adc_noise
        self.sensitivity, self.focus, self.blur = sensitivity, focus, blur
        self.light = (0.55, 0.65)
        self.brightness = 1.0
        self._from_srgb = np.eye(3) if ccm is None else np.linalg.inv(np.array(ccm))
        self._queue = deque([settings or CameraSettings()] * delay)
        self._rng = np.random.default_rng(seed)

    @property
    def effective(self) -> CameraSettings:
        """The settings of the next frame."""
        return self._queue[0]

    def request(self, settings: CameraSettings) -> None:
        """Ask for settings; the last request between two frames counts."""
        self._queue[-1] = settings

    def capture(self, scene: NDArray[np.float64]) -> NDArray[np.uint16]:
        """Take a frame of a scene, linear sRGB (height, width, 3)."""
        now = self._queue.popleft()
        # a queue of one: what is in force stays so until a request replaces it
        self._queue.append(self._queue[-1] if self._queue else now)
        width = self.blur * abs(now.lens - self.focus)
        seen = np.maximum(_blurred(scene, width) @ self._from_srgb.T, 0.0)
        seen = seen * np.array([self.light[0], 1.0, self.light[1]])
        rate = self.brightness * self.sensitivity * now.time * self.full_well
        electrons = mosaic(seen, self.phase).astype(np.float64) * rate
        electrons = np.minimum(electrons, 1e7)  # clipped anyway, and within what poisson takes
        charge = np.minimum(self._rng.poisson(electrons), self.full_well)
        charge = charge + self._rng.normal(0, self.read_noise, charge.shape)
        unit = (self.white - self.black) / self.full_well
        level = self.black + now.gain * charge * unit
        level += self._rng.normal(0, self.adc_noise, level.shape)
        return np.clip(np.rint(level), 0, self.white).astype(np.uint16)


def _blurred(scene: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Convolve with a Gaussian, borders mirrored."""
    if width < 0.05:
        return scene
    reach = min(int(np.ceil(3 * width)), min(scene.shape[:2]) - 1)
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    weight /= weight.sum()
    for axis in (0, 1):
        edge = [(0, 0)] * 3
        edge[axis] = (reach, reach)
        padded = np.pad(scene, edge, mode="reflect")
        scene = np.apply_along_axis(np.convolve, axis, padded, weight, "valid")
    return scene
