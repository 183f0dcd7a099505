# SPDX-License-Identifier: MIT
"""The sensor model: its levels, its noise, and that developing undoes it."""

from typing import Any

import numpy as np
import pytest
from skimage import data
from skimage.filters import gaussian
from skimage.metrics import peak_signal_noise_ratio

from opsin_sim.devices.sensor import Sensor, srgb_to_linear
from opsin_sim.golden import isp
from opsin_sw.tuning import Tuning

CCM = ((1.62, -0.44, -0.18), (-0.24, 1.52, -0.28), (0.03, -0.56, 1.53))
CLEAN = Sensor(gain=0.0, read_noise=0.0)


def test_levels() -> None:
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert np.all(CLEAN.expose(black) == CLEAN.black)
    span = 0.9 * (CLEAN.white - CLEAN.black)
    red, green, blue = (CLEAN.black + span / gain for gain in (1.9, 1.0, 1.5))
    raw = CLEAN.expose(white)
    assert np.abs(raw[:2, :2] - [[red, green], [green, blue]]).max() <= 0.5
    saturated = Sensor(exposure=4.0, gain=0.0, read_noise=0.0).expose(white)
    assert np.all(saturated == CLEAN.white)


@pytest.mark.parametrize("phase", range(4))
def test_phase(phase: int) -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[..., 2] = 255
    lit = Sensor(phase=phase, gain=0.0, read_noise=0.0).expose(picture) > CLEAN.black
    assert np.array_equal(lit, isp.channels((4, 4), phase) == isp.CHANNELS.index("B"))


def test_srgb() -> None:
    assert np.allclose(srgb_to_linear(np.array([0, 10, 255], np.uint8)), [0, 10 / 255 / 12.92, 1])


def test_noise_follows_the_formula() -> None:
    """Variance is gain · signal + read noise² (and 1/12 for rounding)."""
    sensor = Sensor(gain=4.0, read_noise=6.0, balance=(1.0, 1.0))
    for level in (0, 100, 200):
        raw = sensor.expose(np.full((400, 400, 3), level, np.uint8), seed=level).astype(float)
        light = srgb_to_linear(np.uint8([level]))[0] * sensor.exposure  # type: ignore[arg-type]
        signal = light * (sensor.white - sensor.black)
        assert abs(raw.mean() - sensor.black - signal) < 0.5
        assert raw.var() == pytest.approx(sensor.gain * signal + 36 + 1 / 12, rel=0.03)


def test_seed() -> None:
    picture = np.full((8, 8, 3), 128, np.uint8)
    assert np.array_equal(Sensor().expose(picture, seed=3), Sensor().expose(picture, seed=3))
    assert not np.array_equal(Sensor().expose(picture, seed=3), Sensor().expose(picture, seed=4))


@pytest.mark.parametrize("phase", range(4))
def test_developing_undoes_the_sensor(phase: int) -> None:
    smooth = gaussian(data.chelsea()[:200, :240], 2, channel_axis=2)  # no edges for the demosaic
    picture = np.rint(smooth * 255).astype(np.uint8)
    sensor = Sensor(ccm=CCM, exposure=1.0, gain=0.0, read_noise=0.0, phase=phase)
    raw = sensor.expose(picture)
    tuning = Tuning(
        width=240,
        height=200,
        bits=sensor.bits,
        phase=isp.PHASES[phase],
        black=(float(sensor.black),) * 4,
        white=sensor.white,
        white_balance=sensor.balance,
        ccm=CCM,
    )
    out = isp.develop(raw << np.uint16(4), tuning.settings(depth=16))
    assert peak_signal_noise_ratio(picture, out) > 44


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bits": 7}, r"bits must be in 8\.\.16, not 7"),
        ({"phase": 4}, r"phase must be in 0\.\.3, not 4"),
        ({"black": 4095}, "levels must be 0 <= black < white < 4096, not 4095 and 4095"),
        ({"white": 4096}, "levels must be 0 <= black < white < 4096, not 256 and 4096"),
        ({"gain": -1.0}, r"gain must not be negative, not -1\.0"),
        ({"balance": (0.0, 1.0)}, r"balance must be positive, not 0\.0"),
        ({"exposure": 0.0}, r"exposure must be positive, not 0\.0"),
    ],
)
def test_rejects(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sensor(**wrong)
