# SPDX-License-Identifier: MIT
"""How many defects are found, and how many good pixels are taken for one.

A defect counts as found if it is replaced, or if it reads within 1/128 of full scale of what it
would have read: a dead pixel where the picture is black is no defect to anyone.

The thresholds were chosen on the four pictures of :func:`embedded`, Kodak's and the real frame
``DSC_1339``. The pictures of :func:`held_out`, and the real frames of :data:`OTHERS`, played no
part in that.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import get_data_path
from numpy.typing import NDArray
from PIL import Image
from skimage import data as pictures
from sklearn.datasets import load_sample_image

from opsin_sim.devices.sensor import Sensor
from opsin_sim.golden import isp

DATA = Path(os.environ.get("OPSIN_DATA", Path(__file__).parents[3] / "shared" / "data"))
KODAK = sorted((DATA / "kodak").glob("*.png"))
RAW = DATA / "raw" / "DSC_1339_768x512_rggb.raw"
OTHERS = [
    DATA / "raw" / f"{name}_2592x1536_8bit_GRBG.png"  # of 8 bits, black 12.5
    for name in ("Indoor1", "Outdoor1")
]
WHITE = 4095 - 256


@dataclass
class Figures:
    """Shares in percent: defects replaced, found (see above), and good pixels replaced."""

    replaced: float
    found: float
    false: float


def expose(picture: NDArray[np.uint8], phase: int, **sensor: float) -> NDArray[np.uint16]:
    """Return a raw frame of 12 bits with the black level subtracted."""
    camera: Any = Sensor(bits=12, phase=phase, black=256, **sensor)
    return isp.black_level(camera.expose(picture), (256,) * 4, phase=phase)


def inject(
    raw: NDArray[np.uint16], seed: int = 1, white: int = WHITE
) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """Make 0.5 % of the pixels dead or hot, of 5 × 5 pixels one at most."""
    rng = np.random.default_rng(seed)
    mask = np.zeros(raw.shape, dtype=np.bool_)
    taken = np.zeros((raw.shape[0] + 4, raw.shape[1] + 4), dtype=np.bool_)
    left = raw.size // 200
    for place in rng.permutation(raw.size).tolist():
        y, x = divmod(place, raw.shape[1])
        if left and not taken[y : y + 5, x : x + 5].any():
            mask[y, x] = taken[y + 2, x + 2] = True
            left -= 1
    assert left == 0
    stuck = np.where(rng.random(raw.shape) < 0.5, white, 0)
    return np.where(mask, stuck, raw).astype(np.uint16), mask


def figures(
    raw: NDArray[np.uint16],
    broken: NDArray[np.uint16],
    mask: NDArray[np.bool_],
    registers: isp.DefectRegisters,
    full: int,
) -> Figures:
    hit = isp.defects(broken, registers)[mask]
    fits = np.abs(broken.astype(int) - raw)[mask] <= full // 128
    false = isp.defects(raw, registers)
    return Figures(*(100 * float(share.mean()) for share in (hit, hit | fits, false)))


def mean(many: list[Figures]) -> Figures:
    columns = [[f.replaced for f in many], [f.found for f in many], [f.false for f in many]]
    return Figures(*(float(np.mean(column)) for column in columns))


def judge(
    frames: list[NDArray[np.uint16]], registers: isp.DefectRegisters, *, found: float = 0
) -> Figures:
    """Return the mean; of no frame less than ``found`` percent may be found."""
    each = [figures(raw, *inject(raw), registers, WHITE) for raw in frames]
    assert min(one.found for one in each) >= found
    return mean(each)


def embedded() -> list[NDArray[np.uint8]]:
    return [pictures.astronaut(), pictures.coffee(), pictures.chelsea(), pictures.rocket()]


def held_out() -> dict[str, NDArray[np.uint8]]:
    """Pictures of packages that are here anyway; three have been JPEG files."""
    paths = [
        Path(pictures.__file__).parent / "ihc.png",
        Path(pictures.__file__).parent / "motorcycle_left.png",
        Path(get_data_path()) / "sample_data" / "grace_hopper.jpg",
    ]
    found = {path.stem: np.array(Image.open(path).convert("RGB")) for path in paths}
    found |= {name: load_sample_image(f"{name}.jpg") for name in ("china", "flower")}
    return {name: p[: len(p) // 4 * 4, : p.shape[1] // 4 * 4] for name, p in found.items()}


def test_pictures() -> None:
    """In the mean what is wanted; astronaut alone has 98.5 %."""
    frames = [expose(picture, k) for k, picture in enumerate(embedded())]
    got = judge(frames, isp.DefectRegisters.for_depth(12), found=98.4)
    print(got)
    assert got.found >= 99
    assert got.false <= 0.01


def test_held_out_pictures() -> None:
    """Worse than where the thresholds were chosen: dead pixels in shadow are missed.

    Found and false, in percent: ihc 100, 0.002; flower 99.2, 0.008; motorcycle_left 98.9, 0.002;
    grace_hopper 97.3, 0.062; china 96.5, 0.124. The last three miss what is wanted, 99 and 0.01.
    """
    one_by_one = []
    for k, (name, picture) in enumerate(held_out().items()):
        one_by_one.append(judge([expose(picture, k % 4)], isp.DefectRegisters.for_depth(12)))
        print(name, one_by_one[-1])
    got = mean(one_by_one)
    assert got.found >= 98.2
    assert got.false <= 0.045
    assert sum(one.found >= 99 and one.false <= 0.01 for one in one_by_one) >= 2


@pytest.mark.skipif(not OTHERS[0].exists(), reason="the real frames are not here")
@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem.split("_")[0])
def test_held_out_frames(path: Path) -> None:
    samples = np.array(Image.open(path)).astype(np.uint16) * np.uint16(16)
    raw = isp.black_level(samples, (200,) * 4, phase=1)
    white = 4080 - 200
    got = figures(raw, *inject(raw, white=white), isp.DefectRegisters.for_depth(12), white)
    print(got)
    assert got.found >= 99
    assert got.false <= 0.01


@pytest.mark.skipif(not KODAK, reason="the Kodak pictures are not here")
def test_kodak() -> None:
    """In the mean what is wanted; kodim18 alone has 98.3 %, and 0.039 % false."""
    frames = [expose(np.array(Image.open(path)), k % 4) for k, path in enumerate(KODAK)]
    got = judge(frames, isp.DefectRegisters.for_depth(12), found=98.2)
    print(got)
    assert got.found >= 99
    assert got.replaced >= 98
    assert got.false <= 0.01


def test_noise_is_not_taken_for_defects() -> None:
    """At eight times the gain, and four times the read noise, of the others."""
    frames = [expose(picture, k, gain=4, read_noise=8) for k, picture in enumerate(embedded())]
    got = judge(frames, isp.DefectRegisters.for_depth(12, read_noise=8))
    print(got)
    assert got.found >= 93
    assert got.false <= 0.02


def test_repairs_are_close() -> None:
    """What is replaced comes within a few percent of full scale, 20 times closer than it was."""
    for k, picture in enumerate(embedded()):
        raw = expose(picture, k)
        broken, mask = inject(raw)
        out = isp.defect_correction(broken, isp.DefectRegisters.for_depth(12))
        before, after = (np.abs(frame.astype(int) - raw)[mask] for frame in (broken, out))
        assert np.median(after) < WHITE / 100
        assert after.mean() < before.mean() / 20


def test_listed_defects_are_repaired_where_nothing_else_finds_them() -> None:
    raw = expose(pictures.coffee(), 0)
    broken, mask = inject(raw)
    broken = np.where(mask, raw // 2 + 300, raw).astype(np.uint16)  # half as sensitive, lighter
    entries = isp.defect_entries([(int(y), int(x)) for y, x in np.argwhere(mask)[:1000]])
    listed = mask & (np.cumsum(mask).reshape(mask.shape) <= 1000)
    registers = isp.DefectRegisters.for_depth(12)
    assert isp.defects(broken, registers)[listed].mean() < 0.2
    out = isp.defect_correction(broken, registers, entries)
    before, after = (np.abs(frame.astype(int) - raw)[listed] for frame in (broken, out))
    assert after.mean() < before.mean() / 4


@pytest.mark.skipif(not RAW.exists(), reason="the real frame is not here")
def test_real_frame() -> None:
    """A frame and the same with 400 dead and hot pixels, from another project."""
    good, broken = (
        np.fromfile(path, dtype="<u2").reshape(512, 768)
        for path in (RAW, RAW.with_name(RAW.stem + "_bpc_test.raw"))
    )
    frames = [
        isp.black_level(np.minimum(frame, 16383), (600,) * 4, phase=0) for frame in (good, broken)
    ]
    got = figures(*frames, good != broken, isp.DefectRegisters.for_depth(14), 15783)
    print(got)
    assert got.found >= 99
    assert got.false <= 0.01
