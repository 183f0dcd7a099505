# SPDX-License-Identifier: MIT
"""Automatic exposure: the split, the metering, and the closed loop with a camera."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from opsin_sim.devices.camera import Camera, CameraSettings
from opsin_sim.devices.sensor import srgb_to_linear
from opsin_sim.golden import isp
from opsin_sw.tuning.auto import (
    CENTRE,
    Exposure,
    ExposureControl,
    ExposureLimits,
    ExposureStatistics,
    Metering,
    exposure_statistics,
)

LIMITS = ExposureLimits(mains=50)
Scene = NDArray[np.float64]


def scenes() -> dict[str, Scene]:
    halves = np.zeros((96, 128, 3))
    halves[:, :64], halves[:, 64:] = 0.02, 8.0
    rng = np.random.default_rng(1)
    patches = np.exp(rng.normal(0, 1.5, (12, 16, 1))).repeat(8, axis=0).repeat(8, axis=1)
    pictures = {n: getattr(data, n)()[:384:4, :512:4] for n in ("astronaut", "coffee")}
    return {
        "flat": np.full((96, 128, 3), 0.4),
        "halves": halves,
        "patches": 0.1 * patches * np.ones(3),
        **{name: srgb_to_linear(picture) for name, picture in pictures.items()},
    }


SCENES = scenes()


class Loop:
    """A camera and its exposure control."""

    def __init__(self, scene: Scene, brightness: float, start: float, delay: int, **more: Any):
        self.control = ExposureControl(LIMITS, delay=delay, start=LIMITS.split(start), **more)
        now = self.control.effective
        self.camera = Camera(delay=delay, settings=CameraSettings(now.time, now.analogue))
        self.camera.brightness = brightness
        self.scene = scene

    def frame(self) -> float:
        """Take a frame; return its level relative to the target."""
        now, taken = self.control.effective, self.camera.effective
        assert (now.time, now.analogue) == (taken.time, taken.gain)
        camera = self.camera
        raw = isp.black_level(camera.capture(self.scene), (camera.black,) * 4, phase=camera.phase)
        red, blue = camera.light
        seen = exposure_statistics(
            raw,
            depth=camera.bits,
            phase=camera.phase,
            white=camera.white - camera.black,
            balance=(1 / red, 1 / blue),
        )
        request = self.control.update(seen)
        camera.request(CameraSettings(request.time, request.analogue))
        return self.control.metering.level(seen, now.digital) / self.control.metering.target


@pytest.mark.parametrize("delay", [1, 2])
@pytest.mark.parametrize("scene", SCENES)
def test_within_5_percent_after_6_frames(scene: str, delay: int) -> None:
    """From the shortest, a middle and the longest exposure, 11 stops of light; then it stands."""
    low, high = LIMITS.range
    for brightness, start in itertools.product((0.04, 0.5, 6.0, 60.0), (low, 2e-3, high)):
        loop = Loop(SCENES[scene], brightness, start, delay)
        levels = [loop.frame() for _ in range(12)]
        at = f"brightness {brightness}, start {start:g}: {np.round(levels, 3)}"
        asked = loop.control.requested.total
        if (asked > 0.999 * high and levels[-1] < 1) or (asked < 1.001 * low and levels[-1] > 1):
            continue  # the sensor can no more
        assert np.abs(np.array(levels[6:]) - 1).max() <= 0.05, at
        settled = [loop.control.requested, loop.control.effective]
        assert settled[0] == settled[1], at


def test_no_oscillation_in_steady_light() -> None:
    """Not one change in 40 frames with noise."""
    loop = Loop(SCENES["astronaut"], 0.2, 1e-3, 2)
    for _ in range(8):
        loop.frame()
    asked = set()
    for _ in range(40):
        loop.frame()
        asked.add(loop.control.requested)
    assert len(asked) == 1


def test_follows_a_change_of_light_without_overshoot() -> None:
    loop = Loop(SCENES["coffee"], 1.0, 2e-3, 2, speed=0.5)
    for _ in range(12):
        loop.frame()
    loop.camera.brightness = 1.6
    levels = np.array([loop.frame() for _ in range(16)])
    assert levels[0] > 1.3
    assert levels.min() > 0.96
    assert np.abs(levels[-4:] - 1).max() <= 0.05


def test_split_prefers_time_then_analogue_gain() -> None:
    for total in np.geomspace(LIMITS.range[0], LIMITS.range[1], 400):
        part = LIMITS.split(float(total))
        assert part.total == pytest.approx(total, rel=1e-9)
        assert LIMITS.time[0] <= part.time <= LIMITS.time[1]
        assert 1 <= part.analogue <= 16
        # digital gain only makes up for steps, until the sensor is at its end
        if part.analogue < 16 and part.time >= 1e-3:
            assert part.digital < 1.1
        if part.time >= 0.01:
            assert part.time * 100 == pytest.approx(round(part.time * 100))
    assert LIMITS.split(0.0) == Exposure(LIMITS.time[0], 1.0, 1.0)
    assert LIMITS.split(math.inf) == Exposure(0.03, 16.0, 4.0)
    assert LIMITS.split(0.019).time == pytest.approx(0.01)
    assert ExposureLimits(mains=60).split(0.019).time == pytest.approx(2 / 120)
    assert ExposureLimits().split(0.019).time == pytest.approx(0.019)


def statistics(values: NDArray[np.float64]) -> ExposureStatistics:
    counts = np.bincount((values * 1023).astype(int).ravel(), minlength=1024)
    return ExposureStatistics(
        (np.arange(1024) + 0.5) / 1024, counts, np.full((16, 16), values.mean())
    )


def test_factor_foresees_what_will_clip() -> None:
    """Half the frame is at 0.02, half at 0.4: four times as much light clips the bright half."""
    values = np.repeat([0.02, 0.4], 500)
    factor = Metering(target=0.6).factor(statistics(values))
    assert np.minimum(values * factor, 1).mean() == pytest.approx(0.6, rel=0.03)
    assert factor > 0.6 / values.mean()


def test_highlights_limit_the_factor() -> None:
    values = np.append(np.full(950, 0.02), np.full(50, 0.5))
    bright = Metering(target=0.18).factor(statistics(values))
    limited = Metering(target=0.18, highlights=(0.98, 0.9)).factor(statistics(values))
    assert limited == pytest.approx(0.9 / 0.5, rel=0.02)
    assert bright > 3


def test_extremes_leap() -> None:
    assert Metering().factor(statistics(np.ones(1000))) == 2.0**-10
    assert Metering().factor(statistics(np.zeros(1000))) > 100


def test_centre_weights() -> None:
    zones = np.zeros((16, 16))
    zones[6:10, 6:10] = 1.0
    seen = ExposureStatistics(np.arange(1.0), np.ones(1, dtype=np.int64), zones)
    assert Metering(weights=CENTRE).level(seen) > 1.5 * Metering().level(seen)


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_statistics_of_a_grey_frame(depth: int) -> None:
    level = 1 << (depth - 2)
    raw = np.full((70, 134), level, dtype=np.uint16)
    seen = exposure_statistics(raw, depth=depth, phase=2)
    assert seen.zones == pytest.approx(np.full((16, 16), 0.25), rel=0.02)
    assert seen.levels[seen.counts.argmax()] == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Metering(target=1.0), r"target must be in 0\.\.1, not 1\.0"),
        (lambda: Metering(highlights=(0.9, 2.0)), "highlights must be in"),
        (lambda: Metering(sacrifice=2), r"sacrifice must be in 0\.\.1, not 2"),
        (lambda: ExposureLimits(time=(1.0, 0.5)), "time must be positive and rising"),
        (lambda: ExposureLimits(line=0.0), r"line must be positive, not 0\.0"),
        (lambda: ExposureLimits(digital=0.5), r"digital must be at least 1, not 0\.5"),
        (lambda: ExposureLimits(mains=55), "mains must be None, 50 or 60, not 55"),
        (lambda: ExposureControl(LIMITS, delay=0), "delay must be at least 1, not 0"),
        (lambda: ExposureControl(LIMITS, speed=0), r"speed must be in 0\.\.1, not 0"),
        (lambda: ExposureControl(LIMITS, dead_band=-1), "dead_band must not be negative, not -1"),
    ],
)
def test_rejects(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
