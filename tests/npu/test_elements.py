# SPDX-License-Identifier: MIT
"""All kinds of processing elements make the same sums, on the devices they are for."""

from typing import Any

import numpy as np
import pytest

from opsin.npu.elements import ELEMENTS, element_for
from opsin.npu.mesh import Mesh
from opsin_sim.devices import ecp5, ice40
from opsin_sim.harness import Model
from opsin_sim.npu.mesh import MeshBehindStreams, multiply, schedule

KINDS = [
    ("plain", 8, None),
    ("plain", 4, None),
    ("dsp", 8, ecp5.PLATFORM),
    ("dsp", 4, ecp5.PLATFORM),
    ("carry", 8, None),
    ("carry", 8, ecp5.PLATFORM),
    ("pair", 8, None),
    ("pair", 8, ecp5.PLATFORM),
    ("nibble_pair", 4, None),
    ("nibble_pair", 4, ecp5.PLATFORM),
    ("mac16_pair", 8, None),
    ("mac16_pair", 8, ice40.PLATFORM),
]
"""Name, bits of a weight, platform: ``None`` is the portable twin of a device's cells."""


def name(case: Any) -> str | None:
    return getattr(case, "family", None)


def check(mesh: Mesh, platform: Any, seed: int, tiles: int) -> None:
    """Random tiles and times, each as early as can be, extreme values, idle cycles between."""
    rng = np.random.default_rng(seed)
    rows, cols, half = mesh.rows, mesh.cols, 1 << mesh.weight_bits - 1
    top = MeshBehindStreams(mesh)
    with Model(top, platform=platform) as model:
        for slack, extreme, idle in (7, 0, 0.0), (0, 0, 0.0), (3, 1, 0.0), (2, 0, 0.4):
            lengths = rng.integers(1, 2 * rows + 2, tiles)
            lengths[1:4] = 1, rows, rows
            weights = rng.integers(-half, half, (tiles, rows, cols))
            vectors = [rng.integers(-128, 128, (int(n), rows)) for n in lengths]
            if extreme:
                weights = rng.choice([-half, half - 1], weights.shape)
                vectors = [rng.choice([-128, 127], v.shape) for v in vectors]
                weights[0], vectors[0][0] = -half, -128
                weights[1], vectors[1][0] = -half, 127
                weights[2], vectors[2][0] = half - 1, -128
            packed = None
            if mesh.packed:
                packed = rng.random(tiles) < 0.6
                weights[packed] >>= 4
            fields, sums = schedule(
                weights.astype(np.int8), [v.astype(np.int8) for v in vectors], rng, slack, packed
            )
            made = multiply(model, top, fields, len(sums), idle=idle)
            assert np.array_equal(made, sums)


@pytest.mark.parametrize(("kind", "bits", "platform"), KINDS, ids=name)
def test_sums(kind: str, bits: int, platform: Any) -> None:
    """Three columns leave half of the last pair empty."""
    rows, cols = (2, 2) if kind == "carry" else (4, 3)
    mesh = Mesh(rows=rows, cols=cols, weight_bits=bits, element=ELEMENTS[kind])
    check(mesh, platform, seed=rows, tiles=40)


@pytest.mark.parametrize(
    ("kind", "platform"),
    [("plain", None), ("pair", None), ("pair", ecp5.PLATFORM), ("mac16_pair", ice40.PLATFORM)],
    ids=name,
)
def test_packed_rows(kind: str, platform: Any) -> None:
    """Tiles of four bits in half the time, among those of eight."""
    mesh = Mesh(rows=6, cols=3, packed=True, element=ELEMENTS[kind])
    check(mesh, platform, seed=6, tiles=40)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "cols", "bits", "platform"),
    [
        *((size, size, 8, None) for size in (8, 16, 32)),
        *((size, size, 8, ecp5.PLATFORM) for size in (4, 8, 16)),
        *((size, size, 4, ecp5.PLATFORM) for size in (8, 16)),
        (4, 4, 8, ice40.PLATFORM),
        (3, 7, 8, ecp5.PLATFORM),
        (7, 4, 8, ecp5.PLATFORM),
    ],
    ids=name,
)
def test_sums_at_size(rows: int, cols: int, bits: int, platform: Any) -> None:
    check(Mesh(rows=rows, cols=cols, weight_bits=bits), platform, seed=rows, tiles=20)


def test_platforms_choose() -> None:
    chosen = {
        (family, bits): element_for(platform, bits)
        for family, platform in {"": None, "ecp5": ecp5.PLATFORM, "ice40": ice40.PLATFORM}.items()
        for bits in (4, 8)
    }
    names = {case: next(n for n, k in ELEMENTS.items() if k is v) for case, v in chosen.items()}
    assert names == {
        ("", 4): "plain",
        ("", 8): "plain",
        ("ecp5", 4): "nibble_pair",
        ("ecp5", 8): "pair",
        ("ice40", 4): "plain",
        ("ice40", 8): "mac16_pair",
    }


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"weight_bits must be one of \(8,\), not 4"):
        Mesh(rows=4, cols=4, weight_bits=4, element=ELEMENTS["pair"])
    with pytest.raises(ValueError, match=r"weight_bits must be one of \(4, 8\), not 5"):
        Mesh(rows=4, cols=4, weight_bits=5)
    for options in {"rows": 3, "cols": 4}, {"rows": 4, "cols": 4, "weight_bits": 4}:
        with pytest.raises(ValueError, match="packed must be False if rows is odd"):
            Mesh(packed=True, **options)
    with pytest.raises(ValueError, match=r"weight_bits must be one of \(4,\), not 8"):
        ELEMENTS["nibble_pair"](row=0, weight_bits=8)
