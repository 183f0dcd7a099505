# SPDX-License-Identifier: MIT
"""The camera model: exposure, noise, delay of settings, blur."""

from typing import Any

import numpy as np
import pytest

from opsin_sim.devices.camera import Camera, CameraSettings
from opsin_sim.golden import isp

GREY = np.full((40, 48, 3), 0.5)
QUIET: dict[str, Any] = {
    "full_well": 1e6,
    "read_noise": 0.0,
    "adc_noise": 0.0,
}  # electrons: shot noise is small


def greens(camera: Camera, scene: np.ndarray[Any, Any] = GREY) -> float:
    raw = camera.capture(scene)
    green = np.isin(isp.channels(raw.shape, camera.phase), (1, 2))
    return float((raw[green].astype(float) - camera.black).mean() / (camera.white - camera.black))


def test_light_is_in_proportion_to_time_and_gain() -> None:
    camera = Camera(**QUIET, delay=1)
    assert greens(camera) == pytest.approx(0.5 * 30 * 0.01, rel=0.01)
    camera.request(CameraSettings(time=0.005, gain=4.0))
    assert greens(camera) == pytest.approx(0.5 * 30 * 0.02, rel=0.01)
    camera.brightness = 1000.0
    assert greens(camera) == 1.0


@pytest.mark.parametrize("delay", [1, 2, 3])
def test_settings_come_later(delay: int) -> None:
    """A request before frame k is seen in frame k + delay - 1 at the earliest, and stays."""
    camera = Camera(**QUIET, delay=delay)
    first = greens(camera)
    camera.request(CameraSettings(time=0.02))
    seen = [greens(camera) / first for _ in range(delay + 2)]
    assert seen == pytest.approx([1.0] * (delay - 1) + [2.0] * 3, rel=0.01)


def test_colour_of_light() -> None:
    camera = Camera(**QUIET, phase=1)
    camera.light = (0.8, 0.4)
    raw = camera.capture(GREY).astype(float) - camera.black
    mean = [raw[isp.channels(raw.shape, 1) == c].mean() for c in range(4)]
    assert np.array(mean) / mean[1] == pytest.approx([0.8, 1.0, 1.0, 0.4], rel=0.01)


def test_noise() -> None:
    """Variance is gain · unit · signal + (gain · unit · read)² + adc² + 1/12."""
    camera = Camera(delay=1, settings=CameraSettings(0.004, 4.0))
    camera.light = (1.0, 1.0)
    raw = camera.capture(np.full((400, 400, 3), 0.5)).astype(float)
    unit = 4.0 * (camera.white - camera.black) / camera.full_well
    signal = raw.mean() - camera.black
    wanted = unit * signal + (unit * camera.read_noise) ** 2 + camera.adc_noise**2 + 1 / 12
    assert raw.var() == pytest.approx(wanted, rel=0.03)


def test_blur_grows_away_from_the_focus() -> None:
    y, x = np.indices((40, 48))
    scene = np.where(((x // 4 + y // 4) % 2)[..., None], 0.9, 0.1) * np.ones(3)
    contrast = []
    for lens in (100.0, 120.0, 60.0):
        settings = CameraSettings(lens=lens)
        raw = Camera(**QUIET, focus=100.0, blur=0.05, settings=settings).capture(scene)
        contrast.append(raw[1::2, ::2].std())
    assert contrast[0] > 1.1 * contrast[1] > 1.1 * contrast[2]


def test_seed() -> None:
    first, same, other = (Camera(seed=s).capture(GREY) for s in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bits": 17}, r"bits must be in 8\.\.16, not 17"),
        ({"phase": 4}, r"phase must be in 0\.\.3, not 4"),
        ({"white": 4096}, "levels must be 0 <= black < white < 4096"),
        ({"full_well": 0.0}, "full_well and sensitivity must be positive"),
        ({"adc_noise": -1.0}, "must not be negative"),
        ({"delay": 0}, "delay must be at least 1, not 0"),
    ],
)
def test_rejects(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Camera(**wrong)


def test_rejects_settings() -> None:
    with pytest.raises(ValueError, match=r"time and gain must be positive, not 0\.0, 1\.0"):
        CameraSettings(time=0.0)
