# SPDX-License-Identifier: MIT
"""Frames developed by themselves: ``opsin isp auto``, and its figures in ``opsin isp bench``."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from opsin_sim.devices.color_chart import chart_scene
from opsin_sim.devices.sensor import Sensor
from opsin_sim.golden import isp
from opsin_sw import cli
from opsin_sw.bench import has_pictures
from opsin_sw.bench.color import FRAMES, calibrated, color_rows, rows_of
from opsin_sw.errors import UserError
from opsin_sw.tuning import Illuminant, Look, Tuning, read_tuning
from opsin_sw.tuning.accuracy import reference_light
from opsin_sw.tuning.auto import angle, auto_tuning, estimate_noise, generic_matrix, judge_frame
from opsin_sw.tuning.auto.reference_camera import reference_white

LIGHT = 4000.0
RED, BLUE = (float(gain) for gain in np.exp(-reference_white(1e6 / LIGHT)))
SENSOR = Sensor(balance=(RED, BLUE), exposure=0.9, ccm=generic_matrix(LIGHT))
KNOWN = Tuning(width=256, height=192, bits=12, phase="RGGB", black=(256.0,) * 4, white=4095)
PICTURE = data.astronaut()[:384:2, :512:2]


def known_light() -> Illuminant:
    return Illuminant(
        name="lamp", temperature=LIGHT, white_balance=(RED, BLUE), ccm=generic_matrix(LIGHT)
    )


def test_frame_is_judged() -> None:
    raw = SENSOR.expose(PICTURE)
    judged = judge_frame(raw, replace(KNOWN, illuminants=(known_light(),)))
    assert judged.white is not None
    assert angle(-np.log([RED, BLUE]), judged.white.point) < 6
    tuning = judged.tuning
    assert tuning.white_balance == (judged.white.red, judged.white.blue)
    assert tuning.ccm is not None
    assert np.array(tuning.ccm) == pytest.approx(np.array(generic_matrix(LIGHT)), abs=0.1)
    assert tuning.noise is not None
    assert tuning == auto_tuning(raw, replace(KNOWN, illuminants=(known_light(),)))
    assert tuning.settings(depth=16).width == 256


def test_what_is_known_stays() -> None:
    raw = SENSOR.expose(PICTURE)
    ccm = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert auto_tuning(raw, replace(KNOWN, ccm=ccm)).ccm == ccm
    noise = judge_frame(raw, KNOWN).tuning.noise
    assert noise is not None
    other = replace(noise, slope=9.0)
    assert auto_tuning(raw, replace(KNOWN, noise=other)).noise == other
    dark = np.full_like(raw, 256)
    judged = judge_frame(dark, replace(KNOWN, white_balance=(1.7, 1.3)))
    assert judged.white is None
    assert judged.tuning.white_balance == (1.7, 1.3)
    judged.tuning.settings(depth=16)


def test_light_may_be_known() -> None:
    raw = SENSOR.expose(PICTURE)
    white = judge_frame(raw, KNOWN, lights=(5500.0, 7000.0)).white
    assert white is not None
    assert 5499 < white.temperature < 7001


def test_dark_frames_are_brightened_but_not_clipped() -> None:
    dim = replace(SENSOR, exposure=0.15).expose(PICTURE)
    judged = judge_frame(dim, KNOWN)
    assert 2 < judged.gain <= 4
    out = isp.develop(dim << np.uint16(4), judged.tuning.settings(depth=16))
    assert np.mean(out == 255) < 0.05
    assert judge_frame(SENSOR.expose(PICTURE), KNOWN).gain < 1.3
    bulb = np.full((192, 256, 3), 10, dtype=np.uint8)
    bulb[:40, :60] = 255
    assert judge_frame(SENSOR.expose(bulb), KNOWN).gain < 1.2


def test_noise_of_a_picture() -> None:
    raw = Sensor(gain=2.0, read_noise=5.0, balance=(1.5, 1.3)).expose(data.chelsea()[:296, :448])
    noise = estimate_noise(raw, phase=0, black=(256,) * 4, white=4095)
    assert noise is not None
    assert 1.7 < noise.slope < 3.0  # fur counts as noise, in part
    assert noise.constant < 400
    assert estimate_noise(raw[:32, :32], phase=0, black=(256,) * 4, white=4095) is None


def test_refuses() -> None:
    raw = SENSOR.expose(PICTURE)
    with pytest.raises(UserError, match="bits and phase must be known"):
        auto_tuning(raw, Tuning(bits=12))
    with pytest.raises(UserError, match="levels must be 0 <= black < white < 4096"):
        auto_tuning(raw, replace(KNOWN, white=100))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directory with a raw frame and a tuning, to work in."""
    monkeypatch.chdir(tmp_path)
    np.save("frame_rggb.npy", SENSOR.expose(PICTURE)[:48, :64])
    Path("camera.toml").write_text(
        "[sensor]\nbits = 12\nblack = 256\n"
        "[color]\nxyz_to_camera = [[0.9, -0.29, -0.07], [-0.45, 1.24, 0.23], [-0.09, 0.19, 0.71]]\n"
    )
    return tmp_path


RGGB = ["--phase", "rggb"]


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(["isp", "auto", *arguments])
    assert isinstance(stop.value.code, int | None)
    return stop.value.code or 0


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("backend", ["golden", "rtl"])
def test_command(backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("frame_rggb.npy", "--tuning", "camera.toml", *RGGB, "--backend", backend) == 0
    assert capsys.readouterr().out.startswith("frame_rggb.png: ")
    tuning = replace(read_tuning(Path("camera.toml")), width=64, height=48, phase="RGGB")
    assert tuning.illuminants is not None
    raw = np.load("frame_rggb.npy")
    tuned = replace(auto_tuning(raw, tuning), look=Look(fringes=1.0))
    wanted = isp.develop(raw << np.uint16(4), tuned.settings(depth=16, chain="complete"))
    with Image.open("frame_rggb.png") as picture:
        assert np.array_equal(np.asarray(picture), wanted)


@pytest.mark.usefixtures("folder")
def test_many_pictures_into_a_directory() -> None:
    Path("out").mkdir()
    np.save("other_rggb.npy", np.full((16, 16), 256, dtype=np.uint16))
    arguments = ["frame_rggb.npy", "other_rggb.npy", "--tuning", "camera.toml", *RGGB, "-o", "out"]
    assert run(*arguments, "--light", "daylight") == 0
    assert {path.name for path in Path("out").iterdir()} == {"frame_rggb.png", "other_rggb.png"}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frame_rggb.npy", "frame_rggb.npy", "-o", "x.png"], "x.png must be a directory"),
        (["frame_rggb.npy", "frame_rggb.npy"], "frame_rggb.png would be written more than once"),
        (["frame.png"], "frame.png would be overwritten: give --output"),
        (["frame_rggb.npy", "--wave", "w.fst"], "--wave needs --backend rtl or icarus"),
        (["frame_rggb.npy", "--phase", "RGBG"], "bits and phase must be known"),
        (["none.npy"], "none.npy: No such file"),
    ],
)
def test_mistakes(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_bench_rows(tmp_path: Path) -> None:
    """Two frames of a chart on grey and coloured walls, under two lights, of one camera."""
    corners = ((80.0, 60.0), (301.0, 70.0), (72.0, 200.0), (310.0, 197.0))
    scene = chart_scene(reference_light(), width=382, height=270, corners=corners)
    frames = []
    for kelvin in (3000.0, 6500.0):
        red, blue = np.exp(-(reference_white(1e6 / kelvin) + np.array([0.1, -0.2])))
        sensor = Sensor(balance=(red, blue), ccm=generic_matrix(kelvin), exposure=0.8)
        known = Tuning(bits=12, phase="RGGB", black=(256.0,) * 4, white=4095)
        frames.append(calibrated(sensor.expose_light(scene), corners, known, f"{kelvin:g}"))
    rows = {row.name.split(", ", 1)[1]: row for row in rows_of(frames) if "ΔE00" in row.name}
    assert set(rows) == {f"real frames, calibrated on {which}" for which in ("the other", "both")}
    assert all(row.reached is not False for row in rows_of(frames))
    assert color_rows(None) == []
    assert color_rows(tmp_path) == []
    assert len(FRAMES) == 2


def test_a_folder_of_raw_frames_has_no_pictures(tmp_path: Path) -> None:
    assert not has_pictures(tmp_path / "none")
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / next(iter(FRAMES)))
    assert not has_pictures(tmp_path)
    Image.fromarray(PICTURE).save(tmp_path / "picture.png")
    assert has_pictures(tmp_path)
