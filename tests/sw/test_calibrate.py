# SPDX-License-Identifier: MIT
"""Calibration: what a virtual camera was given is found again in its frames."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from opsin_sim.devices.color_chart import chart_scene
from opsin_sim.devices.sensor import Sensor
from opsin_sim.golden import isp
from opsin_sw import cli
from opsin_sw.errors import UserError
from opsin_sw.tuning import Tuning, ccm_under, delta_e, read_tuning, write_tuning
from opsin_sw.tuning.accuracy import reference_light
from opsin_sw.tuning.calibrate import Chart, calibrate
from opsin_sw.tuning.defect_map import defect_map, hot_pixels
from opsin_sw.tuning.find_chart import find_chart

WIDTH, HEIGHT = 382, 270
CORNERS = ((80.0, 60.0), (301.0, 70.0), (72.0, 200.0), (310.0, 197.0))
CCM = ((1.62, -0.51, -0.11), (-0.32, 1.69, -0.37), (0.04, -0.71, 1.67))
SENSOR = Sensor(bits=12, phase=1, black=240, white=4095, balance=(1.8, 1.6), ccm=CCM,
                exposure=0.8, gain=0.6, read_noise=3.0)  # fmt: skip
KNOWN = Tuning(width=WIDTH, height=HEIGHT, bits=12, phase="GRBG", white=4095)
HOT = ((3, 7), (60, 100), (61, 100), (HEIGHT - 1, WIDTH - 1))
DEAD = ((0, 0), (100, 151), (222, 13))


class Frames(NamedTuple):
    chart: NDArray[np.uint16]
    flat: NDArray[np.uint16]
    dark: NDArray[np.uint16]


def scene() -> NDArray[np.float64]:
    return chart_scene(reference_light(), width=WIDTH, height=HEIGHT, corners=CORNERS)


@pytest.fixture(scope="module")
def frames() -> Frames:
    """Return frames through a lens that darkens to 60 % in the corners, with defects."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    radius = ((x / WIDTH - 0.5) ** 2 + (y / HEIGHT - 0.5) ** 2)[..., None]
    lens = 1 / (1 + 1.3 * radius)
    even = np.full((HEIGHT, WIDTH, 3), 0.7)
    taken = [
        SENSOR.expose_light(light, seed=seed)
        for seed, light in enumerate((scene() * lens, even * lens, 0 * even))
    ]
    for frame in taken:
        for place in HOT:
            frame[place] = 3000
        for place in DEAD:
            frame[place] = 0
    return Frames(*taken)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: Frames) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, frame in frames._asdict().items():
        np.save(f"{name}_grbg.npy", frame)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(["isp", *arguments])
    assert isinstance(stop.value.code, int | None)
    return stop.value.code or 0


COMMON = ["calibrate", "chart_grbg.npy", "--bits", "12", "--phase", "GRBG", "-o", "t.toml"]
PLACES = ["--corners", ",".join(f"{v}" for corner in CORNERS for v in corner)]


def test_the_camera_is_found_again(frames: Frames) -> None:
    chart = Chart("here", frames.chart, CORNERS)
    found = calibrate([chart], KNOWN, flat=frames.flat, dark=frames.dark)
    tuning = found.tuning
    assert tuning.black == pytest.approx((240,) * 4, abs=0.5)
    assert tuning.white_balance == pytest.approx(SENSOR.balance, rel=0.005)
    assert tuning.noise is not None
    assert tuning.noise.slope == pytest.approx(0.6, rel=0.06)
    assert tuning.noise.constant == pytest.approx(3.0**2 + 1 / 12, rel=0.1)
    assert found.defects == (tuple(sorted(HOT + DEAD)), 0)
    (fit,) = found.charts
    assert fit.color.before.mean > 5
    assert fit.color.after.mean < 0.4
    assert np.abs(np.array(tuning.ccm) - CCM).max() < 0.1
    assert np.sum(tuning.ccm or (), axis=1) == pytest.approx(1)
    assert tuning.shading is not None
    assert tuning.shading.mesh[:12, :16].max() / (1 << 14) == pytest.approx(1.63, abs=0.1)


def test_noise_and_black_without_flat_field(frames: Frames) -> None:
    known = replace(KNOWN, black=(240.0,) * 4)
    sharp = SENSOR.expose_light(scene(), seed=9)
    noise = calibrate([Chart("here", sharp, CORNERS)], known).tuning.noise
    assert noise is not None
    assert noise.slope == pytest.approx(0.6, rel=0.1)
    assert noise.constant == pytest.approx(9, abs=4)
    with pytest.raises(UserError, match="black level is not known"):
        calibrate([Chart("here", sharp, CORNERS)], KNOWN)


def test_two_lights() -> None:
    """The matrix of each light comes back, and between them one that is between."""
    known = replace(KNOWN, black=(240.0,) * 4)
    warm_ccm = ((1.4, -0.2, -0.2), (-0.4, 1.6, -0.2), (0.1, -0.9, 1.8))
    warm = replace(SENSOR, balance=(1.2, 2.4), ccm=warm_ccm, phase=1)
    charts = [
        Chart(name, sensor.expose_light(scene(), seed=5), CORNERS, kelvin)
        for name, sensor, kelvin in (("day", SENSOR, 6500.0), ("lamp", warm, None))
    ]
    tuning = calibrate(charts, known).tuning
    assert tuning.illuminants is not None
    day, lamp = tuning.illuminants
    assert (day.name, day.temperature) == ("day", 6500)
    assert 2400 < lamp.temperature < 3400
    assert np.abs(np.array(lamp.ccm) - warm_ccm).max() < 0.1
    assert tuning.ccm == day.ccm
    assert ccm_under(tuning.illuminants, (3.0, 1.0)) == day.ccm
    assert ccm_under(tuning.illuminants, (1.0, 3.0)) == lamp.ccm
    ratio = np.sqrt(np.divide(*day.white_balance) * np.divide(*lamp.white_balance))
    middle = np.array(ccm_under(tuning.illuminants, (float(ratio), 1.0)))
    assert middle == pytest.approx((np.array(day.ccm) + lamp.ccm) / 2)


def test_command(files: Path, frames: Frames, capsys: pytest.CaptureFixture[str]) -> None:
    """What the command writes develops the chart to the right colours."""
    more = ["--flat", "flat_grbg.npy", "--dark", "dark_grbg.npy", "--picture", "p.png"]
    assert run(*COMMON, *PLACES, *more) == 0
    said = capsys.readouterr().out
    assert "ΔE00" in said
    assert "defective pixels: 7" in said
    with Image.open("p.png") as drawn:
        assert drawn.size[0] > 600
    tuning = read_tuning(Path("t.toml"))
    assert tuning.defects == tuple(sorted(HOT + DEAD))
    options = ["--tuning", "t.toml", "--backend", "golden", "-o", "out.png"]
    assert run("run", "chart_grbg.npy", *options) == 0
    with Image.open("out.png") as picture:
        assert delta_e(np.asarray(picture), CORNERS).mean < 0.8


def test_file_keeps_everything(tmp_path: Path, frames: Frames) -> None:
    chart = Chart('with "quotes"', frames.chart, CORNERS)
    tuning = calibrate([chart], KNOWN, flat=frames.flat, dark=frames.dark).tuning
    write_tuning(tmp_path / "t.toml", tuning, remarks=["one", "two\nthree"])
    again = read_tuning(tmp_path / "t.toml")
    assert again.shading is not None
    assert tuning.shading is not None
    assert np.array_equal(again.shading.mesh, tuning.shading.mesh)
    assert again.shading.cell == tuning.shading.cell
    assert again.defects == tuning.defects
    assert again.settings(depth=16).registers() == tuning.settings(depth=16).registers()
    write_tuning(tmp_path / "u.toml", again, remarks=["one", "two\nthree"])
    assert (tmp_path / "u.toml").read_text() == (tmp_path / "t.toml").read_text()


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--black", "240", "--corners", "1,2,3"], "--corners must be eight numbers"),
        (["--black", "240", *PLACES, *PLACES], "--corners must be given once per chart, 1, not 2"),
        (PLACES, "black level is not known: give --dark or --black"),
        (["--black", "240", "--corners", "72,200,310,197,80,60,301,70"], "in the wrong order"),
        (["--black", "240", "--corners", "9,9,40,9,9,30,40,30"], "no ColorChecker between these"),
        (["--black", "240", "--corners", "9,9,40,30,40,9,9,30"], "must be a convex quadrilateral"),
        (["--black", "240", "--corners", "9,9,900,9,9,30,900,30"], "must be within the picture"),
        (["--black", "240", "--white", "900", *PLACES], "the chart must not be clipped"),
        (["--black", "240", *PLACES, "--flat", "none.npy"], "none.npy: No such file"),
        (["--black", "240", *PLACES, "--picture", "none/p.png"], "does not exist"),
    ],
)
def test_mistakes(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*COMMON, *arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not Path("t.toml").exists()


@pytest.mark.parametrize(("turned", "phase"), [(0, 0), (1, 3), (2, 2), (3, 1)])
def test_chart_is_found(turned: int, phase: int) -> None:
    """Upright and on each side, all over the frame, the patches' middles within a tenth."""
    pytest.importorskip("colour_checker_detection")
    width, height = 1200, 800
    corners = np.array(((700.0, 230.0), (930.0, 245.0), (690.0, 362.0), (940.0, 380.0)))
    light = chart_scene(reference_light(), width=width, height=height, corners=corners.tolist())
    for _ in range(turned):
        light = np.rot90(light)
        corners = np.stack([corners[:, 1], width - 1 - corners[:, 0]], axis=1)
        width, height = height, width
    raw = replace(SENSOR, phase=phase).expose_light(light)
    found = find_chart(raw, phase=phase, black=(240,) * 4)
    assert np.abs(np.array(found) - corners).max() < 0.1 * 46


def test_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = SENSOR.expose_light(np.full((HEIGHT, WIDTH, 3), 0.5))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "colour_checker_detection", None)
        with pytest.raises(UserError, match=r"pip install 'opsin\[calibrate\]', or give --corners"):
            find_chart(raw, phase=1, black=(240,) * 4)


def test_full_defect_map_keeps_the_worst(frames: Frames) -> None:
    dark = frames.dark.copy()
    places = [(2 * (k // 40) + 1, 8 * (k % 40) + 2) for k in range(1500)]
    for k, place in enumerate(places):
        dark[place[0] % HEIGHT, place[1]] = 600 + k
    found = defect_map([hot_pixels(dark, phase=1, black=(240,) * 4, white=4095)])
    entries = isp.defect_entries(found.positions)
    assert len(entries) == 1024
    assert found.left_out == 1500 + 4 - 1024
    assert set(places[-900:]) <= set(found.positions)
