# SPDX-License-Identifier: MIT
"""Sums of columns' own data, among those of tiles."""

from typing import Any

import numpy as np
import pytest

from opsin.npu.elements import ELEMENTS
from opsin.npu.mesh import Mesh
from opsin_sim.devices import ecp5
from opsin_sim.harness import Model
from opsin_sim.npu.mesh import MeshBehindStreams, multiply
from opsin_sim.npu.sliding import schedule_turns


def check(mesh: Mesh, platform: Any, seed: int, turns: int) -> None:
    rng = np.random.default_rng(seed)
    top = MeshBehindStreams(mesh)
    with Model(top, platform=platform) as model:
        for extreme in False, True:
            fields, sums = schedule_turns(mesh, turns, rng, extreme=extreme)
            assert np.array_equal(multiply(model, top, fields, len(sums)), sums)


@pytest.mark.parametrize(
    ("kind", "platform"),
    [("plain", None), ("pair", None), ("pair", ecp5.PLATFORM), ("dsp", ecp5.PLATFORM)],
    ids=lambda case: getattr(case, "family", None),
)
def test_turns(kind: str, platform: Any) -> None:
    """Tiles, packed tiles and taps take turns without a gap."""
    mesh = Mesh(rows=4, cols=4, packed=True, sliding=True, element=ELEMENTS[kind])
    check(mesh, platform, seed=4, turns=60)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "platform"), [(16, None), (16, ecp5.PLATFORM), (32, None)])
def test_turns_at_size(rows: int, platform: Any) -> None:
    """With two rows more, with pairs, and where the rows suffice."""
    mesh = Mesh(rows=rows, cols=rows, packed=True, sliding=True)
    check(mesh, platform, seed=rows, turns=30)


def test_rejects() -> None:
    for options in (
        {"rows": 4, "cols": 3},
        {"rows": 5, "cols": 4},
        {"rows": 4, "cols": 4, "weight_bits": 4},
        {"rows": 4, "cols": 4, "element": ELEMENTS["mac16_pair"]},
    ):
        with pytest.raises(ValueError, match="sliding must be False if rows or cols is odd"):
            Mesh(sliding=True, **options)
