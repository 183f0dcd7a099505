# SPDX-License-Identifier: MIT
"""``opsin isp run``: every backend gives the bytes that the golden model of its blocks gives."""

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

from opsin_sim.devices.sensor import Sensor
from opsin_sim.golden import isp
from opsin_sim.harness import needs_cocotb, needs_icarus
from opsin_sw import cli
from opsin_sw.tuning import Look, Tuning

TUNING = """
[sensor]
bits = 12
black = 256
white = 4095
[white_balance]
red = 1.9
blue = 1.5
"""


@pytest.fixture
def frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directory with a raw frame and its tuning, to work in."""
    monkeypatch.chdir(tmp_path)
    y, x = np.mgrid[0:17, 0:22]
    picture = np.stack([8 * x, 12 * y, 255 - 8 * x], axis=-1).astype(np.uint8)
    np.save("frame_rggb.npy", Sensor().expose(picture))
    Path("camera.toml").write_text(TUNING)
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(["isp", "run", *arguments])
    assert isinstance(stop.value.code, int | None)
    return stop.value.code or 0


def developed(
    phase: str = "RGGB", *, chain: Literal["complete", "first_light"] = "first_light", **more: Any
) -> bool:
    """Whether ``out.png`` is what the golden model makes of the frame."""
    raw = np.load("frame_rggb.npy")
    tuning = Tuning(
        width=22, height=17, bits=12, phase=phase, black=(256,) * 4, white=4095,
        white_balance=(1.9, 1.5), **more,
    )  # fmt: skip
    wanted = isp.develop(raw << np.uint16(4), tuning.settings(depth=16, chain=chain))
    with Image.open("out.png") as picture:
        return np.array_equal(np.asarray(picture), wanted)


COMMON = ["frame_rggb.npy", "--tuning", "camera.toml", "--phase", "RGGB", "-o", "out.png"]


@pytest.mark.usefixtures("frame")
def test_golden(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*COMMON, "--backend", "golden") == 0
    assert developed(chain="complete")
    assert capsys.readouterr().out == "out.png: 22×17 pixels on golden\n"


@pytest.mark.usefixtures("frame")
def test_look() -> None:
    Path("camera.toml").write_text(TUNING + "[look]\nsaturation = 0\nsharpness = 1.5\n")
    assert run(*COMMON, "--backend", "golden") == 0
    assert developed(chain="complete", look=Look(saturation=0, sharpness=1.5))
    with Image.open("out.png") as picture:
        colors = np.asarray(picture).astype(int)
    assert np.ptp(colors, axis=2).max() == 0


@pytest.mark.usefixtures("frame")
def test_rtl(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*COMMON) == 0
    assert developed(chain="complete")
    said = capsys.readouterr().out
    assert re.fullmatch(r"out\.png: 22×17 pixels on rtl, [0-9,]+ clock cycles\n", said)
    assert run(*COMMON, "--idle", "0.3", "--stall", "0.3", "--seed", "7") == 0
    assert developed(chain="complete")


@pytest.mark.parametrize(
    "backend",
    ["golden", "rtl", pytest.param("icarus", marks=[needs_cocotb, needs_icarus])],
)
@pytest.mark.usefixtures("frame")
def test_first_light(backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    chain = [] if backend == "icarus" else ["--chain", "first_light"]
    assert run(*COMMON, "--backend", backend, *chain) == 0
    assert developed()
    assert f"22×17 pixels on {backend}, first_light" in capsys.readouterr().out


@pytest.mark.usefixtures("frame")
def test_wave() -> None:
    assert run(*COMMON, "--chain", "first_light", "--wave", "isp.fst") == 0
    assert developed()
    assert Path("isp.fst").stat().st_size > 1000


@pytest.mark.usefixtures("frame")
def test_options_go_first() -> None:
    """Options over the tuning file over what the picture says."""
    Path("camera.toml").write_text(TUNING + '\n[tone]\ncurve = "srgb"\n')
    arguments = [*COMMON, "--backend", "golden"]
    assert run(*arguments, "--phase", "grbg", "--wb", "1.9,1.5", "--black", "256,256,256,256") == 0
    assert developed("GRBG", chain="complete")


@pytest.mark.usefixtures("frame")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wide.npy", "--phase", "RGGB"], "takes lines of up to 4096 pixels, not 4097"),
        (["small.npy", "--phase", "RGGB"], "height must be in 5..65535, not 4"),
        (["frame_rggb.npy"], "phase is not known: give --phase or a tuning file"),
        (["frame_rggb.npy", "--phase", "RGGB", "--bits", "11"], "samples must be below 2048"),
        (
            ["frame_rggb.npy", "--phase", "RGGB", "--backend", "golden", "--wave", "f.fst"],
            "--wave needs --backend rtl or icarus",
        ),
        (["frame_rggb.npy", "--phase", "RGGB", "--wave", "none/f.fst"], "none does not exist"),
        (["frame_rggb.npy", "--phase", "RGGB", "--stall", "1"], "--stall"),
    ],
)
def test_mistakes(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("wide.npy", np.zeros((5, 4097), np.uint16))
    np.save("small.npy", np.zeros((4, 8), np.uint16))
    assert run(*arguments, "-o", "out.png") == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not Path("out.png").exists()


@pytest.mark.usefixtures("frame")
def test_output_must_be_writable(capsys: pytest.CaptureFixture[str]) -> None:
    Path("directory.png").mkdir()
    arguments = ["frame_rggb.npy", "--phase", "RGGB", "--backend", "golden"]
    assert run(*arguments, "-o", "directory.png") == 2
    assert "directory.png: is a directory" in capsys.readouterr().err
