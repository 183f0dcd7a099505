# SPDX-License-Identifier: MIT
"""Whatever comes, the complete pipeline does not hang, and the next frame is right."""

from collections.abc import Iterator

import numpy as np
import pytest

from opsin.config import IspConfig
from opsin_sim.golden import isp
from opsin_sim.isp import IspModel, fuzz, fuzz_settings, random_settings
from opsin_sim.video import to_beats

SIZES = [(16, 8), (12, 8), (8, 13), (16, 5)]


@pytest.fixture(scope="module")
def model() -> Iterator[IspModel]:
    with IspModel(IspConfig(depth=12, max_width=64, second_width=64)) as model:
        yield model


@pytest.mark.parametrize(("idle", "stall"), [(0.0, 0.0), (0.4, 0.4)])
def test_malformed(model: IspModel, idle: float, stall: float) -> None:
    """Settings change in mid-frame, the source stops now and then, in the end comes a reset."""
    settings = fuzz_settings(model, SIZES)
    frames = sum(fuzz(model, settings, 1500, seed=k, idle=idle, stall=stall) for k in range(4))
    assert frames > 30


@pytest.mark.slow
def test_a_million_beats(model: IspModel) -> None:
    settings = fuzz_settings(model, SIZES)
    for k in range(25):
        pause = 0.1 * (k % 5)
        fuzz(model, settings, 40_000, seed=100 + k, idle=pause, stall=pause)


def test_source_that_stops(model: IspModel) -> None:
    """With a time-out the frame is completed with black, without one the pipeline waits."""
    config = model.config
    settings = fuzz_settings(model, [(16, 8)])[0]
    raw = np.full((8, 16), 3000, dtype=np.uint16)
    for sent in (1, 16, 17, 100, 127):
        model.configure(settings)
        cut = raw.copy().ravel()
        cut[sent:] = 0
        golden = isp.develop_all(cut.reshape(raw.shape), settings)
        beats = to_beats(raw, config.depth)[:sent]
        run = model.model.run({"i": beats}, {"o": golden.bytes.size // 4}, timeout=5000)
        model.tables.began()
        done = model.developed(run.outputs, settings, run.cycles)
        assert done.bytes is not None
        assert np.array_equal(done.bytes, golden.bytes), sent
        assert done.status == 1 << 4
        model.reset()
    whole = random_settings(16, 8, config=config, seed=1)
    assert model.develop(raw, whole).status == 0
