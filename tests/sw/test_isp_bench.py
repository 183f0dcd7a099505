# SPDX-License-Identifier: MIT
"""The camera pipeline's benchmark."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from opsin_sw import bench
from opsin_sw.bench.gallery import GALLERY
from opsin_sw.bench.sharpness import CHART
from opsin_sw.cli.isp_bench import bench as command
from opsin_sw.errors import UserError

Pictures = dict[str, NDArray[np.uint8]]


@pytest.fixture(scope="module")
def small() -> Pictures:
    return {name: picture[100:260, 60:220] for name, picture in bench.pictures().items()}


def save(folder: Path, pictures: Pictures) -> None:
    for name, picture in pictures.items():
        Image.fromarray(picture).save(folder / f"{name}.png")


def test_cpsnr_by_hand() -> None:
    wanted = np.full((40, 50, 3), 100, dtype=np.uint8)
    got = wanted.astype(float)
    got[..., 0] += 4.6  # rounds to 5
    got[:10] = 0  # border
    assert bench.cpsnr(got, wanted) == pytest.approx(10 * np.log10(255**2 / (25 / 3)))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("width", [2.0, 3.0, 4.0])
def test_mtf50_of_a_known_edge(width: float, mirrored: bool) -> None:
    """An edge blurred by a box of ``width`` pixels has sin(π f w) / (π f w): half at 0.603 / w."""
    y, x = np.mgrid[0:200, 0:80]
    place = (x - 40) * np.cos(np.radians(5)) - (y - 100) * np.sin(np.radians(5))
    edge = 100 + 800 * np.clip(place / width + 0.5, 0, 1)
    if mirrored:
        edge = edge[:, ::-1]
    assert bench.mtf50(edge) == pytest.approx(0.603 / width, rel=0.04)


def test_raw_noise_reduction_gains(small: Pictures) -> None:
    rows = {row.name: row for row in bench.noise_rows(small, reach=True)}
    assert len(rows) == 6
    for row in rows.values():
        assert row.unit == "dB"
        assert row.reached in (True, None), row


def test_sharpness_is_kept() -> None:
    (row,) = bench.sharpness_rows()
    assert 97 <= row.value <= 102


def test_sharpness_of_the_chart(tmp_path: Path) -> None:
    y, x = np.mgrid[0:1080, 0:1920]
    across, along = (x - 922) + 0.12 * (y - 552), (y - 552) - 0.12 * (x - 922)
    outside = np.clip((np.maximum(np.abs(across), np.abs(along)) - 88) / 3 + 0.5, 0, 1)
    light = 300 + 500 * outside
    noise = np.random.default_rng(1).normal(0, 4, light.shape)
    np.rint(light + noise).astype("<u2").tofile(tmp_path / CHART)
    rows = bench.sharpness_rows(tmp_path)
    assert [row.name.rsplit(", ")[1] for row in rows] == ["computed edge", "chart"]
    assert 95 < rows[1].value < 105


def test_command(tmp_path: Path, small: Pictures, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path, dict(list(small.items())[:1]))
    command(json=tmp_path / "f.json", data=tmp_path)
    report = json.loads((tmp_path / "f.json").read_text())
    assert report["command"] == "opsin isp bench"
    assert set(report) == {"command", "versions", "rows"}
    assert {"opsin", "numpy", "scikit-image"} <= set(report["versions"])
    rows: dict[str, Any] = {row["name"]: row for row in report["rows"]}
    assert all(set(row) == {"name", "value", "unit", "reach", "better"} for row in rows.values())
    assert rows["demosaic CPSNR, Opsin"]["reach"] == 39.2
    assert rows["raw noise reduction (1, 2), Opsin"]["reach"] == 0.7
    out = capsys.readouterr()
    assert all(unit in out.out for unit in ("dB", "%"))
    assert (bench.MISSING.split(":")[0] in out.err) == (not bench.judges())


def test_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(pictures=tmp_path / "new")
    written = {path.stem for path in (tmp_path / "new").iterdir()}
    assert written <= set(GALLERY)
    assert written >= set(GALLERY) - {"color"}  # which needs colour-science
    assert len(capsys.readouterr().out.split()) == len(written)
    for path in (tmp_path / "new").iterdir():
        assert np.asarray(Image.open(path)).std() > 20
        assert path.stat().st_size < 61_440
    with pytest.raises(UserError, match="exists"):
        command(pictures=tmp_path / "new" / "noise.png")


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such directory"):
        command(data=tmp_path / "none")
    with pytest.raises(UserError, match="no colour picture"):
        command(data=tmp_path)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"broken\.png: not a picture"):
        command(data=tmp_path)
    save(tmp_path, {"broken": np.zeros((8, 8, 3), np.uint8)})
    with pytest.raises(UserError, match="at least 32 × 32"):
        command(data=tmp_path)
    (tmp_path / CHART).write_bytes(bytes(10))
    with pytest.raises(UserError, match="1920 × 1080 samples, not 5"):
        bench.sharpness_rows(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        command(json=tmp_path / "none" / "f.json")


def test_rows() -> None:
    less = bench.Row(name="x", value=4.0, unit="°", reach=5.0, better="lower")
    assert less.reached is True
    assert bench.Row(name="x", value=6.0, unit="°", reach=5.0, better="lower").reached is False
    assert bench.Row(name="x", value=6.0, unit="dB").reached is None
