# SPDX-License-Identifier: MIT
"""Focus search: on curves with noise, and with the camera's blur."""

from typing import Any

import numpy as np
import pytest

from opsin_sim.devices.camera import Camera, CameraSettings
from opsin_sw.tuning.auto import FocusSearch


def search(**more: Any) -> FocusSearch:
    return FocusSearch(**{"low": 0, "high": 1023, "coarse": 64, "fine": 16, **more})


@pytest.mark.parametrize(
    ("noise", "samples", "within"), [(0.0, 1, 6), (0.02, 1, 16), (0.05, 3, 24)]
)
def test_finds_the_peak(noise: float, samples: int, within: float) -> None:
    """Wherever the lens stands and the peak is."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        focus, start = rng.uniform(20, 1000, 2)
        lens = search(start=start, samples=samples, drop=max(0.1, 4 * noise))
        while not lens.done:
            sharp = 0.05 + 1 / (1 + ((lens.position - focus) / 100) ** 2)
            lens.update(sharp * (1 + rng.normal(0, noise)))
        assert abs(lens.position - focus) < within
        assert lens.frames <= 26 * samples


def test_at_the_ends_and_on_nothing() -> None:
    for focus in (-50, 0, 1023, 1100):
        lens = search(start=500)
        while not lens.done:
            lens.update(1 / (1 + ((lens.position - focus) / 150) ** 2))
        assert abs(lens.position - np.clip(focus, 0, 1023)) < 64
    lens = search()
    for _ in range(100):
        lens.update(0.0)
    assert lens.done
    assert 0 <= lens.position <= 1023
    assert lens.update(1.0) == lens.position


@pytest.mark.parametrize("delay", [1, 2])
@pytest.mark.parametrize(("focus", "start"), [(300.0, 900.0), (640.0, 600.0), (80.0, 20.0)])
def test_with_a_camera(focus: float, start: float, delay: int) -> None:
    y, x = np.indices((48, 64))
    scene = np.where(((x // 8 + y // 8) % 2)[..., None], 0.9, 0.1) * np.ones(3)
    settings = CameraSettings(lens=start)
    camera = Camera(focus=focus, blur=0.02, delay=delay, settings=settings)
    lens = search(start=start)
    while not lens.done:
        camera.request(CameraSettings(lens=lens.position))
        for _ in range(delay):
            raw = camera.capture(scene).astype(float)
        green = raw[:, 1::2][::2]
        lens.update(float((np.diff(green, axis=1) ** 2).sum()))
    assert abs(lens.position - focus) < 20


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"low": 2000}, r"range must be rising, not 2000\.\.1023"),
        ({"fine": 64}, "steps must be 0 < fine < coarse <= 1023, not 64 and 64"),
        ({"samples": 0}, "samples and patience must be from 1, not 0, 2"),
        ({"drop": 1.0}, r"drop must be in 0\.\.1, not 1\.0"),
    ],
)
def test_rejects(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        search(**wrong)
