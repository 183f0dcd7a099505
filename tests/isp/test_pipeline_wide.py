# SPDX-License-Identifier: MIT
"""The complete camera pipeline on the longest lines that are allowed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from opsin.config import IspConfig
from opsin_sim.blocks import random_frames
from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of
from opsin_sim.isp import IspModel, random_settings

pytestmark = pytest.mark.slow  # compiles the pipeline with lines of 8192 pixels

DEPTH, WIDTH = 12, 8192


@pytest.fixture(scope="module", params=[1], ids="ppc{}".format)
def model(request: pytest.FixtureRequest) -> Iterator[IspModel]:
    config = IspConfig(depth=DEPTH, max_width=WIDTH, second_width=WIDTH, ppc=request.param)
    with IspModel(config) as model:
        yield model


@pytest.mark.parametrize("height", [10, 19])
@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "scaled"])
def test_frame(model: IspModel, height: int, scaled: bool) -> None:
    """All blocks at work, both outputs; of 19 lines a part is cut out; a tiny frame between."""
    for width, lines in ((WIDTH, height), (16, 8), (WIDTH, 10)):
        seed = width + lines + int(scaled)
        settings = random_settings(width, lines, config=model.config, seed=seed)
        if not scaled:
            outputs = of.OutputSettings(), of.OutputSettings(format=2)
            settings = replace(settings, output=outputs[0], second=outputs[1])
        raw = random_frames(DEPTH, sizes=[(width, lines)], seed=seed)[0]
        done, golden = model.develop(raw, settings), isp.develop_all(raw, settings)
        assert done.status == 0
        for seen, wanted in ((done.bytes, golden.bytes), (done.second_bytes, golden.second_bytes)):
            assert seen is not None
            assert np.array_equal(seen, wanted)
        shape: Any = golden.picture.shape
        assert scaled or shape[1] == settings.frame[1]
