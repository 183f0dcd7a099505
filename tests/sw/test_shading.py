# SPDX-License-Identifier: MIT
"""Lens shading from a flat field."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import MeshWrite
from opsin_sim.golden import isp
from opsin_sim.harness import pack
from opsin_sw.errors import UserError
from opsin_sw.images import read_raw
from opsin_sw.tuning import Tuning
from opsin_sw.tuning.shading import Shading, shading_from_flat_field

DATA = Path(os.environ.get("OPSIN_DATA", Path(__file__).parents[3] / "shared" / "data"))
FLAT = DATA / "raw" / "DSC_1339_768x512_rggb_flat_field_image.png"
LEVELS = (9000, 14000, 14200, 7000)


def vignette(width: int, height: int, phase: int, seed: int = 1) -> NDArray[np.uint16]:
    """Return a frame of 14 bits that darkens with cos⁴, off centre, with noise."""
    y, x = np.mgrid[0:height, 0:width]
    channel = isp.channels((height, width), phase)
    strength = np.array([0.9, 0.7, 0.72, 0.6])[channel]
    radius = ((x / width - 0.53) ** 2 + (y / height - 0.46) ** 2 * (height / width) ** 2) * strength
    light = np.array(LEVELS)[channel] / (1 + 1.5 * radius) ** 2
    noise = np.random.default_rng(seed).normal(0, 0.01, light.shape)
    return np.clip(np.rint(light * (1 + noise)), 0, 16383).astype(np.uint16)


def residual(raw: NDArray[np.uint16], shading: Shading, phase: int) -> float:
    """Greatest deviation of means of 16 × 16 pixels (of a colour) from their channel's mean."""
    even = isp.lens_shading(raw, shading.mesh, cell=shading.cell, phase=phase, depth=16)
    channel, worst = isp.channels(raw.shape, phase), 0.0
    for index in range(4):
        top, left = np.argwhere(channel == index)[0]
        plane = even[top::2, left::2].astype(float)
        rows, columns = plane.shape[0] // 16, plane.shape[1] // 16
        blocks = plane[: 16 * rows, : 16 * columns].reshape(rows, 16, columns, 16).mean((1, 3))
        worst = max(worst, float(np.abs(blocks / plane.mean() - 1).max()))
    return worst


@pytest.mark.parametrize("phase", range(4))
def test_vignette(phase: int) -> None:
    raw = vignette(490, 310, phase)
    shading = shading_from_flat_field(raw, phase=phase)
    assert shading.mesh.shape == (13, 17, 4)
    assert shading.cell == (32, 26)
    assert residual(raw, Shading(np.full_like(shading.mesh, 1 << 14), shading.cell), phase) > 0.2
    assert residual(raw, shading, phase) < 0.01
    # another frame of the same scene: it is the lens that was learned, not the noise
    assert residual(vignette(490, 310, phase, seed=2), shading, phase) < 0.01


def test_keeps_the_brightest_place() -> None:
    """Gains are 1 there, so that the white balance stays, and nowhere less."""
    shading = shading_from_flat_field(vignette(320, 240, 0), phase=0)
    gain = isp.shading_gain((240, 320), shading.mesh, cell=shading.cell, phase=0)
    channel = isp.channels((240, 320), 0)
    for index in range(4):
        assert 1.0 <= gain[channel == index].min() / isp.MESH_ONE < 1.01


def test_defects_and_dust_do_not_count() -> None:
    raw = vignette(320, 240, 1)
    dirty = raw.copy()
    dirty.reshape(-1)[np.random.default_rng(1).permutation(raw.size)[:800]] = 16383
    assert residual(raw, shading_from_flat_field(dirty, phase=1), 1) < 0.01


def test_registers_and_writes() -> None:
    shading = shading_from_flat_field(vignette(320, 240, 0), phase=0, nodes=(16, 32))
    assert shading.registers() == {
        "cell_width": 12,
        "cell_height": 16,
        "step_x": (1 << 20) // 12,
        "step_y": 1 << 16,
    }
    fields: Any = shading.writes()
    packed = pack(MeshWrite(), fields)
    assert len(packed) == 16 * 32 * 2
    assert np.array_equal(fields["gain"].reshape(16, 32, 4), shading.mesh)


@pytest.mark.skipif(not FLAT.exists(), reason="the flat field is not here")
@pytest.mark.parametrize("nodes", [(13, 17), (16, 32)])
def test_real_flat_field(nodes: tuple[int, int]) -> None:
    raw = read_raw(FLAT, Tuning(bits=16, phase="RGGB")).samples
    shading = shading_from_flat_field(raw, phase=0, nodes=nodes)
    assert residual(raw, shading, 0) < 0.01


def test_user_errors() -> None:
    flat = vignette(80, 64, 0)
    with pytest.raises(UserError, match=r"2\.\.16 rows and 2\.\.32 columns, not \(17, 17\)"):
        shading_from_flat_field(flat, phase=0, nodes=(17, 17))
    with pytest.raises(UserError, match=r"64x64 pixels or more, not 80x8"):
        shading_from_flat_field(flat[:8], phase=0)
    with pytest.raises(UserError, match="must not be black anywhere, as R is"):
        shading_from_flat_field(flat, phase=0, black=(20000, 0, 0, 0))
    dark = flat.copy()
    dark[:, :16] //= 16
    with pytest.raises(UserError, match="darker than a quarter"):
        shading_from_flat_field(dark, phase=0)
