# SPDX-License-Identifier: MIT
"""Raw pictures from every kind of file."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from opsin_sw.errors import UserError
from opsin_sw.images import read_raw, write_png
from opsin_sw.tuning import Tuning

NIKON = [[0.9020, -0.2890, -0.0715], [-0.4535, 1.2436, 0.2348], [-0.0934, 0.1919, 0.7086]]


@pytest.fixture
def samples() -> NDArray[np.uint16]:
    frame = np.random.default_rng(1).integers(0, 4096, (36, 50)).astype(np.uint16)
    frame[0, 0] = 4095
    return frame


def write_dng(path: Path, samples: NDArray[np.uint16], pattern: bytes = b"\1\0\2\1") -> None:
    """Write the least that LibRaw takes for a DNG; ``pattern`` has 0, 1, 2 for red, green, blue."""
    matrix = [(round(v * 10000), 10000) for row in NIKON for v in row]
    tags: list[Any] = [
        (33421, "H", 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, "B", 4, pattern, True),  # CFAPattern
        (50706, "B", 4, b"\1\4\0\0", True),  # DNGVersion
        (50708, "s", 0, "Opsin test", True),  # UniqueCameraModel
        (50714, "H", 1, 64, True),  # BlackLevel
        (50717, "H", 1, 4000, True),  # WhiteLevel
        (50721, "2i", 9, [n for pair in matrix for n in pair], True),  # ColorMatrix1
        (50728, "2I", 3, [1, 2, 1, 1, 2, 3], True),  # AsShotNeutral
        (50778, "H", 1, 21, True),  # CalibrationIlluminant1: D65
        (271, "s", 0, "Opsin", True),
        (272, "s", 0, "test", True),
    ]
    tifffile.imwrite(path, samples, photometric=32803, extratags=tags, metadata=None)


def write_pgm(path: Path, samples: NDArray[np.uint16]) -> None:
    height, width = samples.shape
    path.write_bytes(
        f"P5\n# a comment\n{width} {height}\n4095\n".encode() + samples.astype(">u2").tobytes()
    )


def write_plain_pgm(path: Path, samples: NDArray[np.uint16]) -> None:
    height, width = samples.shape
    path.write_text(f"P2 {width} {height} 4095\n" + "\n".join(map(str, samples.ravel().tolist())))


WRITERS: dict[str, tuple[str, int, Callable[[Path, NDArray[np.uint16]], object]]] = {
    "npy": ("f.npy", 16, np.save),
    "png": ("f.png", 16, lambda path, x: Image.fromarray(x).save(path)),
    "tiff": ("f.tiff", 16, tifffile.imwrite),
    "tif with bits in its name": ("f_50x36_grbg12.tif", 12, tifffile.imwrite),
    "pgm": ("f.pgm", 12, write_pgm),
    "plain pgm": ("f.PGM", 12, write_plain_pgm),
    "raw": ("f_50x36_grbg12.raw", 12, lambda path, x: x.astype("<u2").tofile(path)),
    "raw with text after": ("f_50x36_grbg12_2.raw", 12, lambda path, x: x.tofile(path)),
    "dng": ("f.dng", 12, write_dng),
}


@pytest.mark.parametrize(("name", "bits", "write"), WRITERS.values(), ids=WRITERS)
def test_reads(
    tmp_path: Path, samples: NDArray[np.uint16], name: str, bits: int, write: Callable[..., object]
) -> None:
    write(tmp_path / name, samples)
    picture = read_raw(tmp_path / name, Tuning())
    assert np.array_equal(picture.samples, samples)
    assert picture.samples.dtype == np.uint16
    assert (picture.tuning.width, picture.tuning.height, picture.tuning.bits) == (50, 36, bits)
    phase = "GRBG" if "grbg" in name or "dng" in name else None
    assert picture.tuning.phase == phase


@pytest.mark.parametrize("name", ["f.npy", "f.png", "f.tif", "f.pgm"])
def test_reads_8_bits(tmp_path: Path, samples: NDArray[np.uint16], name: str) -> None:
    small = samples.astype(np.uint8)
    path = tmp_path / name
    if name == "f.npy":
        np.save(path, small)
    elif name == "f.tif":
        tifffile.imwrite(path, small)
    else:
        Image.fromarray(small).save(path)
    picture = read_raw(path, Tuning())
    assert np.array_equal(picture.samples, small)
    assert picture.tuning.bits == 8


def test_dng_says_everything(tmp_path: Path, samples: NDArray[np.uint16]) -> None:
    write_dng(tmp_path / "f.dng", samples)
    tuning = read_raw(tmp_path / "f.dng", Tuning()).tuning
    assert tuning.phase == "GRBG"
    assert tuning.black == (64, 64, 64, 64)
    assert tuning.white == 4000
    assert tuning.white_balance == pytest.approx((2.0, 1.5), rel=1e-3)
    assert np.allclose(np.diag(np.array(tuning.ccm)), [1.6468, 1.5973, 1.4260], atol=1e-3)


def test_options_size_a_raw_file(tmp_path: Path, samples: NDArray[np.uint16]) -> None:
    samples.tofile(tmp_path / "f.raw")
    picture = read_raw(tmp_path / "f.raw", Tuning(width=50, height=36, bits=12))
    assert np.array_equal(picture.samples, samples)


def test_mistakes(tmp_path: Path, samples: NDArray[np.uint16]) -> None:
    def refused(name: str, message: str, **options: Any) -> None:
        with pytest.raises(UserError, match=message) as raised:
            read_raw(tmp_path / name, Tuning(**options))
        assert "\n" not in str(raised.value)
        assert name in str(raised.value)

    for suffix in ("raw", "npy", "png", "tif", "pgm", "dng"):
        refused(f"none.{suffix}", "No such file or directory")
        (tmp_path / f"text.{suffix}").write_text("This is no picture.")
        if suffix != "raw":
            refused(f"text.{suffix}", "not a")
        (tmp_path / f"empty.{suffix}").touch()
        refused(f"empty.{suffix}", f"empty.{suffix}: .")
        (tmp_path / f"directory.{suffix}").mkdir()
        refused(f"directory.{suffix}", f"directory.{suffix}: .")
    refused("text.raw", "needs --width and --height, or a name with _WIDTHxHEIGHT")
    (tmp_path / "f.jpg").touch()
    refused("f.jpg", r"suffix must be one of .*, not '\.jpg'")

    samples.tofile(tmp_path / "f.raw")
    size = "50×37 samples of 16 bits are 3700 bytes, but the file has 3600"
    refused("f.raw", size, width=50, height=37)
    refused("f.raw", "0×36 samples", width=0, height=36)
    limit = r"samples must be below 2048 \(11 bits\), but the greatest is 4095"
    refused("f.raw", limit, width=50, height=36, bits=11)
    np.save(tmp_path / "f.npy", samples)
    refused("f.npy", "size must be 50×36 as in the file, not 51×any", width=51)

    np.save(tmp_path / "signed.npy", samples.astype(np.int16))
    refused("signed.npy", "samples must be of 8 or 16 bits without sign, not int16")
    np.save(tmp_path / "cube.npy", samples[None])
    refused("cube.npy", r"must have one channel \(a Bayer picture\), not shape \(1, 36, 50\)")
    np.save(tmp_path / "objects.npy", np.array([None, 1]), allow_pickle=True)
    refused("objects.npy", "not a NumPy array file")
    rgb = np.zeros((4, 4, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / "rgb.png")
    refused("rgb.png", r"one channel of 8 or 16 bits \(a Bayer picture\), not PNG RGB")
    Image.fromarray(rgb).save(tmp_path / "jpeg.png", format="JPEG")
    refused("jpeg.png", "not JPEG RGB")
    tifffile.imwrite(tmp_path / "rgb.tif", rgb)
    refused("rgb.tif", "must have one channel")
    (tmp_path / "short.pgm").write_bytes(b"P5 4 4 255\n123")
    refused("short.pgm", "4×4 needs 16 samples, not 3")
    (tmp_path / "odd.pgm").write_bytes(b"P5 4 4 65536\n")
    refused("odd.pgm", r"greatest value must be in 1\.\.65535, not 65536")
    (tmp_path / "text2.pgm").write_text("P2 1 1 255\nx")
    refused("text2.pgm", "not a PGM file")
    whole = (tmp_path / "f.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:-1])
    refused("cut.npy", "not a NumPy array file")


def test_no_bayer_dng(tmp_path: Path, samples: NDArray[np.uint16]) -> None:
    write_dng(tmp_path / "f.dng", samples, pattern=b"\0\1\0\1")
    with pytest.raises(UserError, match=r"must have a Bayer filter|not a raw file"):
        read_raw(tmp_path / "f.dng", Tuning())


def test_cut_files(tmp_path: Path, samples: NDArray[np.uint16]) -> None:
    """A file that ends early is refused, or LibRaw fills it; it is never a traceback."""
    for name, _, write in WRITERS.values():
        write(tmp_path / name, samples)
        whole = (tmp_path / name).read_bytes()
        for length in (1, 7, len(whole) // 3, len(whole) - 2):
            (tmp_path / name).write_bytes(whole[:length])
            with suppress(UserError):
                assert read_raw(tmp_path / name, Tuning()).samples.ndim == 2


def test_write_png(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    write_png(tmp_path / "f.png", picture)
    with Image.open(tmp_path / "f.png") as image:
        assert np.array_equal(np.asarray(image), picture)
    with pytest.raises(UserError, match="No such file or directory"):
        write_png(tmp_path / "none" / "f.png", picture)
