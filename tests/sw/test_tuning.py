# SPDX-License-Identifier: MIT
"""Tuning: from files and options to register values."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opsin_sw.errors import UserError
from opsin_sw.tuning import (
    Tuning,
    ccm_from_xyz_to_camera,
    curve_points,
    read_tuning,
    tuning_from_options,
)

NIKON = [[0.9020, -0.2890, -0.0715], [-0.4535, 1.2436, 0.2348], [-0.0934, 0.1919, 0.7086]]

FILE = """
[sensor]
width = 768
height = 512
bits = 14
phase = "rggb"
black = [600, 601, 602, 603]
white = 15520

[white_balance]
red = 1.94921875
blue = 1.34375

[color]
ccm = [[1.5, -0.5, 0], [0, 1, 0], [-0.25, -0.25, 1.5]]

[tone]
gamma = 2.0
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "camera.toml"
    path.write_text(FILE)
    return path


def test_file_to_registers(file: Path) -> None:
    settings = read_tuning(file).settings(depth=16)
    assert (settings.width, settings.height, settings.phase) == (768, 512, 0)
    assert settings.black == (2400, 2404, 2408, 2412)
    # 1.94921875 * 65535 / (4 * (15520 - 600)) * 4096
    assert settings.gain == (8767, 4498, 4498, 6045)
    assert settings.ccm == ((6144, -2048, 0), (0, 4096, 0), (-1024, -1024, 6144))
    assert settings.curve[64] == round(255 * 256 * 0.5)


def test_white_becomes_full_scale() -> None:
    """A saturated grey sample comes out of the white balance at full scale, in all channels."""
    tuning = Tuning(
        width=4, height=5, bits=10, phase="GBRG", black=(64,) * 4, white=1000,
        white_balance=(0.5, 2.0),
    )  # fmt: skip
    settings = tuning.settings(depth=12)
    for black, gain, balance in zip(settings.black, settings.gain, (0.5, 1, 1, 2), strict=True):
        signal = (1000 * 4 - black) * gain / 4096
        assert signal == pytest.approx(4095 * balance / 0.5, rel=1e-3)


def test_options_go_over_the_file(file: Path) -> None:
    options = tuning_from_options(bits=15, phase="bggr", black="7", white_balance="1.5,2.5")
    tuning = options.over(read_tuning(file))
    assert (tuning.bits, tuning.phase, tuning.black) == (15, "BGGR", (7,) * 4)
    assert (tuning.width, tuning.white, tuning.white_balance) == (768, 15520, (1.5, 2.5))


def test_options() -> None:
    options = tuning_from_options(black="1,2,3,4", white="1000", ccm="1,2,3,4,5,6,7,8,9")
    assert options == Tuning(black=(1, 2, 3, 4), white=1000, ccm=((1, 2, 3), (4, 5, 6), (7, 8, 9)))
    assert tuning_from_options() == Tuning()


def test_xyz_to_camera(file: Path) -> None:
    """Rows add up to one, and undoing the matrix gives what the camera sees of the primaries."""
    ccm = np.array(ccm_from_xyz_to_camera(NIKON))
    assert np.allclose(ccm.sum(axis=1), 1)
    assert np.allclose(np.diag(ccm), [1.6468, 1.5973, 1.4260], atol=1e-4)
    file.write_text(f"[color]\nxyz_to_camera = {NIKON}\n")
    assert np.allclose(read_tuning(file).ccm or 0, ccm)


def test_matrix_keeps_grey() -> None:
    ccm = ccm_from_xyz_to_camera(NIKON)
    settings = Tuning(width=4, height=5, bits=8, phase="RGGB", ccm=ccm).settings(depth=16)
    assert [sum(row) for row in settings.ccm] == [4096] * 3


def test_curves() -> None:
    srgb = curve_points("srgb")
    assert (srgb[0], srgb[256]) == (0, 255 * 256)
    assert srgb[55] == pytest.approx(128 * 256, abs=160)  # middle grey: 0.215 is 50 %
    assert np.array_equal(curve_points(1.0), np.arange(257) * 255)
    points = curve_points(((0.25, 0.0), (0.5, 1.0)))
    assert points[[0, 64, 96, 128, 256]].tolist() == [0, 0, 32640, 65280, 65280]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sensor", "not a TOML file"),
        ("[lens]", "tables must be among sensor, .*illuminant, not lens"),
        ("sensor = 1", "tables must be among .*, not sensor"),
        ("[sensor]\nwidht = 4", "keys of sensor must be among .*, not widht"),
        ("[sensor]\nwidth = 4.5", "sensor.width must be a whole number, not 4.5"),
        ("[sensor]\nphase = 1", "sensor.phase must be a text, not 1"),
        ("[sensor]\nwhite = nan", "sensor.white must be a number, not nan"),
        ("[sensor]\nblack = [1, 2]", "sensor.black must be 4 numbers"),
        ("[white_balance]\nred = 1", "white_balance.blue must be a number, not None"),
        ("[color]\nccm = [1, 2, 3]", "color.ccm must be 3 numbers, not 1"),
        ("[color]\nccm = [[1, 2, 3]]", "color.ccm must be 3 numbers"),
        ("[color]\nxyz_to_camera = [[0,0,0],[0,0,0],[0,0,0]]", "must give white a value"),
        ('[tone]\ncurve = "srgb"\ngamma = 2', "tone must have one of curve, gamma and points"),
        ("[tone]\ncurve = 2", "tone.curve must be a text, not 2"),
        ("[tone]\npoints = 2", "tone.points must be a list of pairs, not 2"),
        ("[tone]\npoints = [[0, 1, 2]]", "tone.points must be 2 numbers"),
    ],
)
def test_file_mistakes(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(UserError, match=message) as raised:
        read_tuning(file)
    assert str(raised.value).startswith(f"{file}: ")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory"):
        read_tuning(tmp_path / "none.toml")


GOOD: dict[str, Any] = {"width": 4, "height": 5, "bits": 10, "phase": "RGGB"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": None}, "width is not known: give --width or a tuning file"),
        ({"phase": None}, "phase is not known: give --phase or a tuning file"),
        ({"width": 3}, r"width must be in 4\.\.65535, not 3"),
        ({"bits": 17}, r"bits must be in 8\.\.16, not 17"),
        ({"phase": "RGB"}, "phase must be RGGB, GRBG, GBRG or BGGR, not RGB"),
        ({"black": (0, 0, 0, 1023)}, "levels must be 0 <= black < white < 1024, not 1023 and 1023"),
        ({"white": 1024}, "levels must be 0 <= black < white < 1024, not 0 and 1024"),
        ({"white_balance": (0.0, 1.0)}, "white balance must be positive, not 0,1"),
        ({"white_balance": (1.0, 17.0)}, r"gain of B must be in 0\.\.16, not 17"),
        ({"ccm": ((8.0, 0, 0),) * 3}, r"ccm must be in -8\.\.7\.9998, not 8"),
        ({"curve": "log"}, 'tone curve must be "srgb", a gamma or points, not "log"'),
        ({"curve": 99.0}, r"gamma must be in 0\.1\.\.10, not 99"),
        ({"curve": ((0.0, 0.0),)}, "tone curve points must be two or more"),
        ({"curve": ((0.0, 0.0), (1.0, 1.5))}, r"tone curve points must be in 0\.\.1"),
    ],
)
def test_settings_mistakes(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Tuning(**{**GOOD, **wrong}).settings(depth=16)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"white_balance": "1"}, r"--wb must be 2 numbers \(red,blue\), not '1'"),
        ({"white_balance": "1,x"}, "--wb must be 2 numbers"),
        ({"white_balance": "1,inf"}, "--wb must be 2 numbers"),
        ({"ccm": "1,2"}, "--ccm must be 9 numbers"),
        ({"black": "1,2"}, "--black must be 4 numbers"),
        ({"white": ""}, "--white must be a number"),
    ],
)
def test_option_mistakes(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        tuning_from_options(**wrong)
