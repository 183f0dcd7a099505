# SPDX-License-Identifier: MIT
"""Flicker in frames of a rolling shutter, measured and found."""

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin_sim.golden import isp
from opsin_sw.tuning import flicker_frequency

LINES, WIDTH = 1080, 64


def light(time: NDArray[np.floating], mains: float, exposure: float) -> NDArray[np.floating]:
    """Lamp with half of its light steady, averaged over each line's exposure; mean 1."""
    steps = np.linspace(0, exposure, 64)
    wave = np.sin(2 * np.pi * mains * (time[:, None] + steps)) ** 2
    return 0.5 + wave.mean(axis=1)


def frame(
    mains: float | None, *, start: float, line_time: float, exposure: float, scene: str, seed: int
) -> NDArray[np.uint16]:
    """Raw frame, 12 bits, with noise."""
    rng = np.random.default_rng(seed)
    y = np.linspace(-1, 1, LINES)[:, None]
    brightness = {
        "flat": np.ones((LINES, 1)),
        "sky": 1 - 0.5 * y,
        "horizon": np.where(y < 0.2, 1.4, 0.5),
        "stripes": 1 + 0.3 * np.sign(np.sin(y * 40)),
    }[scene]
    texture = np.random.default_rng(5).uniform(0.5, 1.5, (LINES, WIDTH))
    lamp: NDArray[np.floating] = np.ones(LINES)
    if mains is not None:
        lamp = light(start + np.arange(LINES) * line_time, mains, exposure)
    clean = 900 * brightness * texture * lamp[:, None]
    return np.clip(rng.normal(clean, np.sqrt(clean) / 2 + 4), 0, 4095).astype(np.uint16)


def rows(mains: float | None, frames: int, rate: float, **scene: str) -> NDArray[np.int64]:
    """Return the sums of pairs of lines of successive frames."""
    shots = [
        frame(
            mains,
            start=0.0031 + k / rate,
            line_time=1 / rate / 1125,
            exposure=0.004,
            seed=k,
            **{"scene": "flat", **scene},
        )
        for k in range(frames)
    ]
    return np.stack([isp.flicker_statistics(shot, scale=0) for shot in shots])


@pytest.mark.parametrize("rate", [24.0, 30.0, 50.0, 60.0])
@pytest.mark.parametrize("mains", [50.0, 60.0, None])
@pytest.mark.parametrize("scene", ["flat", "sky"])
def test_one_frame_of_a_smooth_scene(mains: float | None, rate: float, scene: str) -> None:
    found = flicker_frequency(rows(mains, 1, rate, scene=scene)[0], 1 / rate / 1125, lines=2)
    assert found == (2 * mains if mains else None)


@pytest.mark.parametrize("scene", ["flat", "sky", "horizon", "stripes"])
@pytest.mark.parametrize(
    ("mains", "rate"), [(50.0, 30.0), (60.0, 25.0), (50.0, 60.0), (60.0, 50.0)]
)
def test_frames_in_which_bands_move(mains: float, rate: float, scene: str) -> None:
    """Whatever the scene is."""
    found = flicker_frequency(rows(mains, 4, rate, scene=scene), 1 / rate / 1125, lines=2)
    assert found == 2 * mains


@pytest.mark.parametrize("scene", ["flat", "sky", "horizon", "stripes"])
def test_steady_light(scene: str) -> None:
    assert flicker_frequency(rows(None, 4, 30.0, scene=scene), 1 / 30 / 1125, lines=2) is None


def test_exposure_of_whole_periods_has_no_bands() -> None:
    shot = frame(50.0, start=0, line_time=1 / 30 / 1125, exposure=0.02, scene="flat", seed=1)
    assert flicker_frequency(isp.flicker_statistics(shot), 1 / 30 / 1125, lines=2) is None


def test_black_and_too_short() -> None:
    assert flicker_frequency(np.zeros(500), 5e-5) is None
    with pytest.raises(ValueError, match=r"rows must take 12\.5 ms or more, not 5 ms"):
        flicker_frequency(np.ones(500), 1e-5)
