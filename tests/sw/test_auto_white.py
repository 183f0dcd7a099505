# SPDX-License-Identifier: MIT
"""Automatic white balance: lights, estimates, matrices, and the loop with a camera."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from opsin_sim.devices.camera import Camera
from opsin_sim.devices.sensor import srgb_to_linear
from opsin_sim.golden import isp
from opsin_sw.errors import UserError
from opsin_sw.tuning import Illuminant, Tuning, ccm_from_xyz_to_camera
from opsin_sw.tuning.auto import (
    Locus,
    WhiteControl,
    ZoneMeans,
    angle,
    estimate_white,
    generic_matrix,
    grey_world_white,
    matrix_at,
)
from opsin_sw.tuning.auto.reference_camera import mired_of_ratio, reference_matrix, reference_white
from opsin_sw.tuning.auto.statistics import white_zones

NIKON = ((0.9020, -0.2890, -0.0715), (-0.4535, 1.2436, 0.2348), (-0.0934, 0.1919, 0.7086))
STEP = np.array([0.1, -0.2])  # of another camera than the reference


def light(kelvin: float) -> Illuminant:
    """Return a light as a camera sees it that differs from the reference by ``STEP``."""
    red, blue = np.exp(-(reference_white(1e6 / kelvin) + STEP))
    return Illuminant(
        name=f"{kelvin:g} K",
        temperature=kelvin,
        white_balance=(float(red), float(blue)),
        ccm=generic_matrix(kelvin),
    )


def camera_under(kelvin: float, **more: Any) -> Camera:
    camera = Camera(delay=1, **more)
    red, blue = light(kelvin).white_balance
    camera.light = (1 / red, 1 / blue)
    return camera


def zones_of(camera: Camera, scene: NDArray[np.float64]) -> ZoneMeans:
    raw = isp.black_level(camera.capture(scene), (camera.black,) * 4, phase=camera.phase)
    white = camera.white - camera.black
    return white_zones(raw, depth=camera.bits, phase=camera.phase, white=white)


def picture(name: str) -> NDArray[np.float64]:
    return srgb_to_linear(getattr(data, name)()[:384:2, :512:2]) * 3


@pytest.mark.parametrize("kelvin", [2700, 3500, 5000, 6500, 8000])
def test_one_calibrated_light_tells_of_the_others(kelvin: float) -> None:
    locus = Locus.through([light(4500)])
    point = -np.log(light(kelvin).white_balance)
    along, away = locus.project(point[None])
    assert 1e6 / along[0] == pytest.approx(kelvin, rel=0.01)
    assert away[0] < 0.005
    assert locus.at(1e6 / kelvin) == pytest.approx(point, abs=0.01)


def test_locus_meets_all_calibrated_lights() -> None:
    lights = [light(6500), light(2900)]
    odd = Illuminant(
        name="odd", temperature=4000, white_balance=(1.5, 2.5), ccm=generic_matrix(4e3)
    )
    locus = Locus.through([*lights, odd])
    for known in (*lights, odd):
        point = -np.log(known.white_balance)
        assert locus.at(1e6 / known.temperature) == pytest.approx(point, abs=0.02)


def test_locus_of_a_tuning() -> None:
    assert np.array_equal(Locus.of(Tuning()).whites, Locus.generic().whites)
    lights = (light(3000), light(6500))
    known = Locus.of(Tuning(illuminants=lights, white_balance=(9.0, 9.0)))
    assert np.array_equal(known.whites, Locus.through(lights).whites)
    # a white balance alone: the camera differs from the reference in green only
    red, blue = np.exp(-(reference_white(200.0) + 0.3))
    alone = Locus.of(Tuning(white_balance=(float(red), float(blue))))
    assert alone.at(200.0) == pytest.approx(reference_white(200.0) + 0.3, abs=0.005)


def test_part_of_a_locus() -> None:
    locus = Locus.generic().between(5000, 8000)
    assert (locus.mired[0], locus.mired[-1]) == pytest.approx((125, 200))
    assert locus.at(200) == pytest.approx(Locus.generic().at(200))
    with pytest.raises(UserError, match="a range of temperatures"):
        Locus.generic().between(8000, 5000)


def test_reference_camera() -> None:
    for mired in (110.0, 180.0, 250.0, 400.0):
        assert reference_matrix(mired).sum(axis=1) == pytest.approx([1, 1, 1])
        red, blue = reference_white(mired)
        assert mired_of_ratio(blue - red) == pytest.approx(mired, rel=0.01)


def test_matrices_are_carried_to_other_lights() -> None:
    """A camera like the reference, calibrated under one light, gets the right ones for others."""
    for kelvin in (2800, 4000, 7000):
        got = np.array(matrix_at([light(5000)], kelvin))
        assert got == pytest.approx(np.array(generic_matrix(kelvin)), abs=1e-6)
        assert got.sum(axis=1) == pytest.approx([1, 1, 1])
    ours = Illuminant(
        name="", temperature=4000, white_balance=(1, 1), ccm=ccm_from_xyz_to_camera(NIKON)
    )
    assert np.array(matrix_at([light(2500), ours, light(8000)], 4000)) == pytest.approx(
        np.array(ours.ccm)
    )
    with pytest.raises(UserError, match="at least one"):
        matrix_at([], 5000)


@pytest.mark.parametrize("kelvin", [2900, 5000, 7000])
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_better_than_grey_world(name: str, kelvin: float) -> None:
    """On pictures that are coffee, cat and skin all over; the pictures' own white is not exact."""
    locus = Locus.through([light(4500)])
    zones = zones_of(camera_under(kelvin), picture(name))
    truth = -np.log(light(kelvin).white_balance)
    ours, grey = estimate_white(zones, locus), grey_world_white(zones, locus)
    assert ours is not None
    assert grey is not None
    assert angle(truth, ours.point) < max(0.8 * angle(truth, grey.point), 4.0)
    assert angle(truth, ours.point) < 13  # of a cat, with nothing grey


@pytest.mark.parametrize("colour", [(0.1, 0.5, 0.1), (0.6, 0.08, 0.05)])
def test_a_coloured_wall_does_not_count(colour: tuple[float, float, float]) -> None:
    """Green or red over two thirds, grey patches beside it."""
    scene = np.empty((192, 256, 3))
    scene[...] = colour
    grey = np.random.default_rng(1).uniform(0.1, 0.8, (6, 16, 1)) * np.ones(3)
    scene[:64] = grey.repeat(11, axis=0)[:64].repeat(16, axis=1)
    zones = zones_of(camera_under(4000), scene)
    found = estimate_white(zones, Locus.through([light(6500)]))
    assert found is not None
    assert angle(-np.log(light(4000).white_balance), found.point) < 1.5
    assert found.temperature == pytest.approx(4000, rel=0.05)


def test_nothing_to_see() -> None:
    dark = ZoneMeans(np.zeros((4, 4, 3)), np.zeros((4, 4), dtype=bool))
    assert estimate_white(dark, Locus.generic()) is None
    assert grey_world_white(dark, Locus.generic()) is None
    control = WhiteControl(Locus.generic())
    assert control.update(dark).temperature == pytest.approx(5000, rel=0.01)


def test_angle() -> None:
    assert angle(np.zeros(2), np.zeros(2)) == 0
    seen = np.array([1.2, 1.0, 0.9])
    wanted = np.degrees(np.arccos(seen.sum() / np.sqrt(3) / np.linalg.norm(seen)))
    assert angle(np.log(seen[::2]), np.zeros(2)) == pytest.approx(wanted)


def shifted(camera: Camera, kelvin: float, degrees: float) -> None:
    """Turn the light, in blue, until a white balance for ``kelvin`` is so many degrees off."""
    white = -np.log(light(kelvin).white_balance)
    off = np.array([0.0, np.sign(degrees)])
    size = 0.0
    while angle(white + size * off, white) < abs(degrees):
        size += 1e-4
    camera.light = (float(np.exp(white[0])), float(np.exp((white + size * off)[1])))


def test_steady_under_drift_of_one_degree() -> None:
    """Light that wanders by ±1°, and noise: gains do not change at all."""
    camera, scene = camera_under(5000), picture("astronaut")
    control = WhiteControl(Locus.through([light(5000)]))
    whites = set()
    for frame in range(40):
        shifted(camera, 5000, float(np.sin(frame / 4)))
        if frame == 0:
            camera.light = tuple(1 / g for g in light(5000).white_balance)  # type: ignore[assignment]
        whites.add(control.update(zones_of(camera, scene)))
    assert len(whites) == 1


def test_follows_a_change_of_light_smoothly() -> None:
    camera, scene = camera_under(6500), picture("astronaut")
    control = WhiteControl(Locus.through([light(5000)]))
    for _ in range(3):
        control.update(zones_of(camera, scene))
    camera.light = camera_under(3000).light
    locus = Locus.through([light(5000)])
    goal = estimate_white(zones_of(camera, scene), locus)
    assert goal is not None
    points = [control.white.point]
    points += [control.update(zones_of(camera, scene)).point for _ in range(40)]
    away = [angle(goal.point, point) for point in points]
    assert away[0] > 10
    assert away[-1] < 1
    assert all(later <= earlier + 0.1 for earlier, later in pairwise(away))
    assert max(angle(a, b) for a, b in pairwise(points)) < away[0] / 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dead_band": -1.0}, r"dead_band must not be negative, not -1\.0"),
        ({"memory": 1.0}, r"memory must be in 0\.\.1, not 1\.0"),
        ({"speed": 0.0}, r"speed must be in 0\.\.1, not 0\.0"),
    ],
)
def test_rejects(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WhiteControl(Locus.generic(), **wrong)
    with pytest.raises(UserError, match="at least one"):
        Locus.through([])
