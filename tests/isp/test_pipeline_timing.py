# SPDX-License-Identifier: MIT
"""Cycles of a frame in the complete pipeline."""

from collections.abc import Iterator

import numpy as np
import pytest

from opsin.config import IspConfig
from opsin.isp import Pipeline
from opsin_sim.golden import isp
from opsin_sim.isp import IspModel, outputs
from opsin_sim.video import to_beats

SLOW = pytest.mark.slow  # models that take minutes to build

LINES = 17  # that line windows hold back in all, of 24 that are allowed
OTHERS = {1: 105, 2: 86}  # cycles: pixels that windows hold back, the ways in and out


@pytest.fixture(scope="module", params=[1, pytest.param(2, marks=SLOW)], ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[IspModel]:
    config = IspConfig(depth=12, max_width=64, second_width=64, ppc=request.param)
    with IspModel(config) as model:
        yield model


@pytest.mark.parametrize(("width", "height"), [(16, 8), (16, 20), (48, 24), (64, 8)])
@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
def test_cycles(model: IspModel, width: int, height: int) -> None:
    """The time from frame to frame when they come without a pause."""
    ppc = model.config.ppc
    settings = isp.IspSettings(
        width=width, height=height, depth=12, ppc=ppc, chain="complete", demosaic="directional"
    )
    raw = np.zeros((height, width), np.uint16)
    one = model.develop(raw, settings)
    words = outputs(settings, model.config)["o"].total
    beats = np.tile(to_beats(raw, 12, ppc), 4)
    four = model.model.run({"i": beats}, {"o": 4 * words}, timeout=100_000)
    line = width // ppc
    frame = line * (height + LINES) + Pipeline(model.config).latency + OTHERS[ppc]
    assert four.cycles - one.cycles == 3 * frame
