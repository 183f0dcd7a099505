# SPDX-License-Identifier: MIT
"""White balance from statistics, on what the sensor model sees."""

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin_sim.devices.sensor import Sensor, srgb_to_linear
from opsin_sim.golden import isp
from opsin_sw.errors import UserError
from opsin_sw.tuning.awb import grey_world


def grey_on_average(seed: int) -> NDArray[np.uint8]:
    """Patches of random colours, each with its opposite: linear light averages to grey."""
    rng = np.random.default_rng(seed)
    light = rng.uniform(0.1, 0.7, (12, 8, 3))
    light = np.concatenate([light, 0.8 - light], axis=1)
    light = rng.permutation(light.reshape(-1, 3)).reshape(12, 16, 3)
    ramp = np.arange(256, dtype=np.uint8)
    code = np.searchsorted(srgb_to_linear(ramp), light).astype(np.uint8)
    return code.repeat(16, axis=0).repeat(16, axis=1)


def statistics(raw: NDArray[np.uint16], phase: int, dark: int = 0) -> isp.AwbZones:
    return isp.awb_statistics(
        raw,
        phase=phase,
        zone_width=16,
        zone_height=16,
        dark=dark,
        saturation=4094,
        scale=isp.awb_scale(12, 16, 16),
    )


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("balance", [(1.9, 1.5), (1.0, 1.0), (1.3, 2.6), (2.8, 1.1)])
def test_finds_the_sensor_s_balance(phase: int, balance: tuple[float, float]) -> None:
    """Within 3 %, with shot and read noise and the black level still in."""
    sensor = Sensor(phase=phase, balance=balance)
    zones = statistics(sensor.expose(grey_on_average(phase)), phase)
    # Patches are coloured by up to 7 : 1, more than light is: all may ask for what they like.
    assert grey_world(zones, black=256, ratios=(0.01, 100)) == pytest.approx(balance, rel=0.03)


def test_gates_keep_a_coloured_wall_out() -> None:
    """A red wall over a third of the picture, dark corner and clipped lamp in it: grey decides."""
    picture = np.full((192, 256, 3), 150, dtype=np.uint8)
    picture[:64] = (230, 20, 20)
    picture[64:96, :64] = 0
    picture[64:96, 64:96] = 255
    sensor = Sensor(exposure=2.0)
    zones = statistics(sensor.expose(picture), 0, dark=300)
    assert grey_world(zones, black=256, quads=32) == pytest.approx((1.9, 1.5), rel=0.03)
    red, _ = grey_world(zones, black=256, ratios=(0.001, 1000))
    assert red < 1.9 * 0.9


def test_refuses_a_frame_without_grey() -> None:
    zones = statistics(np.zeros((32, 32), dtype=np.uint16), 0, dark=1)
    with pytest.raises(UserError, match="white balance must have a zone"):
        grey_world(zones)
