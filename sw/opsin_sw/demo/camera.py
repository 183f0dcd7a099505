# SPDX-License-Identifier: MIT
"""A picture through a virtual sensor and back through the camera pipeline."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opsin.config import ISP
from opsin_sim.devices.sensor import Sensor
from opsin_sim.golden.isp import develop
from opsin_sim.harness import Progress
from opsin_sim.isp import IspModel

from ..tuning import Tuning
from .page import CameraPart, Fact, Picture, Wave
from .pictures import bayer_colors, save, wave_picture

__all__ = ["CCM", "PICTURE", "camera_part", "camera_wave", "tuning_of"]

PICTURE = "chelsea"
"""Picture of scikit-image that ships in its wheel: a cat, 451 × 300, public domain (CC0)."""

CCM = ((1.62, -0.44, -0.18), (-0.24, 1.52, -0.28), (0.03, -0.56, 1.53))
"""Colour matrix of the virtual sensor, of the size that real sensors need."""

_DETAIL = (slice(88, 152), slice(126, 214))  # an eye
_FACTOR = 4
_CONFIG = replace(ISP, chain="first_light")  # a model that is built in seconds
_WAVE_CONFIG = replace(_CONFIG, max_width=64)


def tuning_of(sensor: Sensor, raw: NDArray[np.uint16]) -> Tuning:
    """Return the settings that undo the sensor."""
    height, width = raw.shape
    black = float(sensor.black)
    return Tuning(
        width=width,
        height=height,
        bits=sensor.bits,
        phase="RGGB",
        black=(black, black, black, black),
        white=float(sensor.white),
        white_balance=sensor.balance,
        ccm=sensor.ccm,
    )


def _aligned(raw: NDArray[np.uint16], sensor: Sensor) -> NDArray[np.uint16]:
    """Move the samples to the top of the pipeline's sample width."""
    return raw * np.uint16(1 << (_CONFIG.depth - sensor.bits))


def _exposed(seed: int) -> tuple[Sensor, NDArray[np.uint8], NDArray[np.uint16]]:
    from skimage import data

    picture = getattr(data, PICTURE)()
    sensor = Sensor(ccm=CCM, exposure=1.0)
    return sensor, picture, sensor.expose(picture, seed=seed)


def camera_wave(output: Path, *, seed: int) -> Wave:
    """Develop one small detail with every signal recorded."""
    sensor, _, raw = _exposed(seed)
    detail = np.ascontiguousarray(raw[100:112, 150:174])
    tuning = tuning_of(sensor, detail)
    settings = tuning.settings(depth=_CONFIG.depth, demosaic=_CONFIG.demosaic)
    fst = output / "isp.fst"
    with IspModel(_WAVE_CONFIG, wave=fst) as model:
        model.develop(_aligned(detail, sensor), settings)
    size = f"{detail.shape[1]} × {detail.shape[0]}"
    text = f"The first pixels of a frame of {size} leave the camera pipeline while others enter."
    return Wave(text, fst.name, wave_picture(fst, signals=["i", "o"], first_of="o"))


def camera_part(
    output: Path, *, seed: int, progress: Callable[[Progress], None] | None = None
) -> CameraPart:
    """Develop the picture on the RTL, compare it, and write its files to ``output``."""
    from skimage.metrics import peak_signal_noise_ratio

    sensor, original, raw = _exposed(seed)
    settings = tuning_of(sensor, raw).settings(depth=_CONFIG.depth, demosaic=_CONFIG.demosaic)
    aligned = _aligned(raw, sensor)
    with IspModel(_CONFIG) as model:
        done = model.develop(aligned, settings, progress=progress)
    assert done.picture is not None  # this pipeline always gives one
    exact = np.array_equal(done.picture, develop(aligned, settings))
    noiseless = replace(sensor, gain=0.0, read_noise=0.0).expose(original, seed=seed)
    clean = develop(_aligned(noiseless, sensor), settings)

    def picture(title: str, text: str, pixels: NDArray[np.uint8], name: str) -> Picture:
        zoom = save(pixels[_DETAIL], output / f"{name}_zoom.png", factor=_FACTOR)
        return Picture(title, text, save(pixels, output / f"{name}.png"), zoom)

    height, width = raw.shape
    mosaic = bayer_colors(raw, black=sensor.black, white=sensor.white)
    psnr = peak_signal_noise_ratio(original, done.picture)
    psnr_clean = peak_signal_noise_ratio(original, clean)
    return CameraPart(
        picture=PICTURE,
        black=sensor.black,
        bits=sensor.bits,
        width=width,
        height=height,
        zoom_factor=_FACTOR,
        exact=exact,
        pictures=[
            picture("RAW", "What the sensor reads, in its filters’ colours.", mosaic, "raw"),
            picture("Developed", "What the pipeline makes of it.", done.picture, "developed"),
            picture("Original", "What was in front of the sensor.", original, "original"),
        ],
        facts=[
            Fact(f"{psnr:.2f} dB", "PSNR of the developed picture against the original"),
            Fact(f"{psnr_clean:.2f} dB", "the same without the sensor’s noise (golden model)"),
            Fact(f"{done.cycles:,}", f"clock cycles for {width} × {height} pixels"),
            Fact(f"{raw.size / done.cycles:.4f}", "pixels per cycle"),
            Fact("yes" if exact else "NO", "every byte equal to the golden model’s"),
        ],
        wave=camera_wave(output, seed=seed),
    )
