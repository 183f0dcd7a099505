# SPDX-License-Identifier: MIT
"""How a picture shall look, as register values of the complete pipeline."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin_sim.devices.sensor import Sensor
from opsin_sim.golden import isp
from opsin_sw.errors import UserError
from opsin_sw.tuning import Look, Noise, Tuning, read_tuning, write_tuning
from opsin_sw.tuning.shading import Shading

TUNING = Tuning(
    width=64, height=48, bits=12, phase="RGGB", black=(256.0,) * 4, white=4095.0,
    white_balance=(1.9, 1.5),
)  # fmt: skip


@pytest.fixture(scope="module")
def raw() -> NDArray[np.uint16]:
    """Return a grey ramp with a red square, as a sensor sees it."""
    _, x = np.mgrid[0:48, 0:64]
    picture = np.repeat((4 * x)[..., None], 3, axis=2).astype(np.uint8)
    picture[16:32, 24:40] = (200, 30, 40)
    return Sensor().expose(picture) << np.uint16(4)


def picture(raw: NDArray[np.uint16], tuning: Tuning = TUNING) -> NDArray[np.int64]:
    return isp.develop(raw, tuning.settings(depth=16, chain="complete")).astype(np.int64)


def test_default_is_near_the_first_pipeline(raw: NDArray[np.uint16]) -> None:
    first = isp.develop(raw, TUNING.settings(depth=16)).astype(int)
    difference = np.abs(picture(raw) - first)
    assert np.median(difference) <= 2
    assert difference[:12].max() < 24


def test_what_the_viewer_turns(raw: NDArray[np.uint16]) -> None:
    def look(**values: float) -> NDArray[np.int64]:
        return picture(raw, replace(TUNING, look=Look(**values)))  # type: ignore[arg-type]

    plain = look()
    red = (slice(20, 28), slice(28, 36))
    assert np.ptp(look(saturation=0)[red], axis=-1).max() <= 1
    assert np.ptp(look(saturation=1.5)[red], axis=-1).mean() > np.ptp(plain[red], axis=-1).mean()
    assert look(brightness=0.1).mean() > plain.mean() + 15
    assert look(contrast=0.5).std() < 0.7 * plain.std()
    assert look(local_contrast=0.4)[:12, 4:12].mean() > plain[:12, 4:12].mean() + 5
    assert not np.array_equal(look(fringes=4.0), plain)
    assert np.array_equal(look(fringes=0.0), plain)
    assert np.abs(look(sharpness=3.0) - plain).max() > np.abs(look(sharpness=0.7) - plain).max()


def test_what_is_not_known_is_bypassed() -> None:
    settings = TUNING.settings(depth=16, chain="complete")
    bypassed = {name for name, block in settings.blocks() if getattr(block, "bypass", 0)}
    unknown = {"crop", "decompand", "green", "shading", "raw_nr", "overlay", "defringe"}
    assert bypassed == unknown | {"tone_map", "adjust"}
    nothing = Look(sharpness=0, chroma_noise=0, false_color=0)
    settings = replace(TUNING, look=nothing).settings(depth=16, chain="complete")
    assert [settings.sharpen.bypass, settings.chroma_nr.bypass, settings.false_color.bypass] == [
        1
    ] * 3


def test_calibration_reaches_the_blocks() -> None:
    shading = Shading(np.full((4, 5, 4), 20000, dtype=np.uint16), (16, 16))
    tuning = replace(
        TUNING, noise=Noise(9.0, 0.5), shading=shading, defects=((3, 5), (3, 6)), look=Look()
    )
    settings = tuning.settings(depth=16, chain="complete")
    expected = isp.noise_registers(gain=0.5 * 16, read_noise=3.0 * 16, depth=16)
    assert (settings.raw_nr.bypass, *expected) == tuple(settings.raw_nr.registers().values())
    assert settings.shading.cell_width == 16
    assert np.array_equal(settings.tables.mesh, shading.mesh)
    assert settings.tables.defects.tolist() == [[3, 1, 0b0110]]
    twice = replace(tuning, look=Look(raw_noise=2.0)).settings(depth=16, chain="complete")
    assert twice.raw_nr.slope == 4 * settings.raw_nr.slope
    none = replace(tuning, look=Look(raw_noise=0.0)).settings(depth=16, chain="complete")
    assert none.raw_nr.bypass == 1


def test_file(tmp_path: Path) -> None:
    look = Look(fringes=0.5, sharpness=1.5, limited=True, standard="bt601", hue=-12.5)
    write_tuning(tmp_path / "t.toml", replace(TUNING, look=look))
    assert read_tuning(tmp_path / "t.toml") == replace(TUNING, look=look)
    assert (
        len((tmp_path / "t.toml").read_text().split("[look]")[1].split("="))
        == len(fields(Look)) + 1
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sharpness = 5", r"sharpness must be in 0\.\.4, not 5"),
        ("fringes = 4.5", r"fringes must be in 0\.\.4, not 4\.5"),
        ("hue = true", "look.hue must be a number"),
        ("limited = 1", "look.limited must be true or false, not 1"),
        ('standard = "bt2020"', "standard must be bt601 or bt709, not bt2020"),
        ("gloss = 1", "keys of look must be among"),
    ],
)
def test_mistakes(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "t.toml").write_text(f"[look]\n{line}\n")
    with pytest.raises(UserError, match=message):
        read_tuning(tmp_path / "t.toml")
