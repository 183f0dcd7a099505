# SPDX-License-Identifier: MIT
"""The complete camera pipeline against its golden model: bytes of both outputs, statistics."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.config import IspConfig
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of
from opsin_sim.harness import SimulationTimeout
from opsin_sim.isp import Developed, IspModel, bypassable, outputs, random_settings
from opsin_sim.video import to_beats

DEPTH, WIDTH = 12, 64
SIZES = [(16, 8), (20, 13), (36, 21), (64, 33)]
SLOW = pytest.mark.slow  # models that take minutes to build


@pytest.fixture(
    scope="module", params=[1, pytest.param(2, marks=SLOW), pytest.param(4, marks=SLOW)], ids=str
)
def model(request: pytest.FixtureRequest) -> Iterator[IspModel]:
    config = IspConfig(depth=DEPTH, max_width=WIDTH, second_width=WIDTH, ppc=request.param)
    with IspModel(config) as model:
        yield model


def random_frame(width: int, height: int, *, seed: int) -> NDArray[np.uint16]:
    return random_frames(DEPTH, sizes=[(width, height)], seed=seed)[0]


def case(
    model: IspModel, width: int, height: int, *, seed: int, phase: int | None = None
) -> tuple[NDArray[np.uint16], isp.IspSettings]:
    """Noise, and settings with every block at work."""
    settings = random_settings(width, height, config=model.config, seed=seed, phase=phase)
    return random_frame(width, height, seed=seed), settings


def is_golden(done: Developed, raw: NDArray[np.uint16], settings: isp.IspSettings) -> bool:
    golden = isp.develop_all(raw, settings)
    pairs = [(done.bytes, golden.bytes), (done.second_bytes, golden.second_bytes)]
    enabled = [settings.output.enable, settings.second.enable]
    return done.status == 0 and all(
        seen is not None and np.array_equal(seen, wanted) if on else seen is None
        for (seen, wanted), on in zip(pairs, enabled, strict=True)
    )


def all_bypassed(settings: isp.IspSettings) -> isp.IspSettings:
    blocks = {name: type(getattr(settings, name))(bypass=1) for name in bypassable(settings)}
    return replace(
        settings, **blocks, output=of.OutputSettings(), second=of.OutputSettings(format=2)
    )


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_all_blocks(model: IspModel, pauses: dict[str, Any], phase: int) -> None:
    """Every frame has another size, other settings and other tables."""
    for k, (width, height) in enumerate(SIZES):
        raw, settings = case(model, width, height, seed=4 * k + phase, phase=phase)
        assert is_golden(model.develop(raw, settings, seed=k, **pauses), raw, settings)


def test_smallest(model: IspModel) -> None:
    for seed in range(8):
        raw, settings = case(model, 8, 8, seed=seed)
        assert is_golden(model.develop(raw, settings), raw, settings)


def test_bypass(model: IspModel) -> None:
    """No block, each alone, and all but one."""
    raw, settings = case(model, 36, 21, seed=1)
    plain = all_bypassed(settings)
    assert is_golden(model.develop(raw, plain), raw, plain)
    for name in bypassable(settings):
        block = getattr(settings, name)
        alone: Any = {name: block}
        without: Any = {name: type(block)(bypass=1)}
        for one in (replace(plain, **alone), replace(settings, **without)):
            assert is_golden(model.develop(raw, one), raw, one), name


def test_outputs(model: IspModel) -> None:
    """Every format with every chroma subsampling, of either output or both, scaled and not."""
    raw, settings = case(model, 36, 21, seed=2)
    for number in range(21):
        form, chroma = number % 7, number // 7
        plain = of.OutputSettings(
            format=form, chroma=of.ChromaSettings(format=chroma, centred=form & 1)
        )
        scaled = replace(settings.output, format=6 - form, dither=chroma & 1)
        off = of.OutputSettings(enable=0)
        first, second = ((plain, scaled), (scaled, off), (off, plain))[number % 3]
        one = replace(settings, output=first, second=second)
        assert is_golden(model.develop(raw, one, idle=0.1, stall=0.1), raw, one), number


def test_one_output_stalls(model: IspModel) -> None:
    """An output that nobody takes stops the other, and nothing is lost."""
    raw, settings = case(model, 64, 33, seed=3)
    settings = replace(settings, output=of.OutputSettings(), second=of.OutputSettings(format=4))
    model.configure(settings)
    counts = {name: output.total for name, output in outputs(settings, model.config).items()}
    beats = to_beats(raw, DEPTH, model.config.ppc)
    with pytest.raises(SimulationTimeout):
        model.model.run({"i": beats}, {"o": counts["o"]}, timeout=20_000)
    model.reset()
    assert is_golden(model.develop(raw, settings), raw, settings)


def zone_is_there(settings: isp.IspSettings, name: str, side: int) -> NDArray[np.bool_]:
    """Whether the frame has each zone; results of others are undefined."""
    height, width = settings.frame
    zones, unit = getattr(settings, name), max(2, settings.ppc)
    rows = (height - zones.top // 2 * 2) // (zones.zone_height // 2 * 2)
    columns = (width - zones.left // unit * unit) // (zones.zone_width // unit * unit)
    row, column = np.indices((side, side))
    there: NDArray[np.bool_] = (row < rows) & (column < columns)
    return there


def test_statistics(model: IspModel) -> None:
    model.reset()
    for seed, (width, height) in enumerate(SIZES[1:]):
        raw, settings = case(model, width, height, seed=seed)
        model.model.run(cycles=1100)  # while the histogram is cleared
        model.develop(raw, settings)
        seen, golden = model.statistics(), isp.develop_all(raw, settings)
        assert np.array_equal(seen.ae, golden.ae)
        assert np.array_equal(seen.flicker[: len(golden.flicker)], golden.flicker)
        for name, side in (("awb", 32), ("ae_zones", 16), ("af", 8)):
            there = zone_is_there(settings, name, side)
            for field in getattr(seen, name)._fields:
                if field != "scale":
                    found = getattr(getattr(seen, name), field)
                    wanted = getattr(getattr(golden, name), field)
                    assert np.array_equal(found[there], wanted[there]), (name, field)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_no_frame_mixes_settings(model: IspModel, pauses: dict[str, Any]) -> None:
    """All settings, and tables that no frame uses, change after a frame's first beat."""
    dut = model.model
    model.reset()
    options: Any = {**pauses, "timeout": 200_000}
    sizes = [(20, 13), (8, 8), (8, 8), (64, 9), (12, 8), (36, 21)]
    cases = [case(model, *size, seed=k) for k, size in enumerate(sizes)]
    for k, (raw, settings) in enumerate(cases):
        if k == 0:
            model.configure(settings)
        beats = to_beats(raw, DEPTH, model.config.ppc)
        dut.run({"i": beats[:1]}, **options)
        model.tables.began()
        following = cases[(k + 1) % len(cases)][1]
        loading = model.tables.load(following)
        dut.set("settings", loading.before)
        banked = {name: data for name, data in loading.writes.items() if name not in AT_REST}
        dut.run(banked, **options)
        dut.set("settings", loading.settings)
        sinks = {name: output.total for name, output in outputs(settings, model.config).items()}
        run = dut.run({"i": beats[1:]}, sinks, **options)
        assert is_golden(model.developed(run.outputs, settings, run.cycles), raw, settings)
        dut.set("settings", loading.before)
        dut.run(
            {name: loading.writes[name] for name in AT_REST if name in loading.writes}, cycles=3000
        )
        dut.set("settings", loading.settings)
    model.reset()


AT_REST = ("defect", "overlay")  # tables that every frame uses


def test_reset_in_mid_frame(model: IspModel) -> None:
    raw, settings = case(model, 36, 21, seed=5)
    for beats in (1, 8, 9, 40, 180):
        model.configure(settings)
        model.model.run({"i": to_beats(raw, DEPTH, model.config.ppc)[:beats]}, {"o": None})
        model.reset()
        assert is_golden(model.develop(raw, settings), raw, settings)


def test_rejects_settings_of_another_pipeline(model: IspModel) -> None:
    settings = isp.IspSettings(width=16, height=8, depth=DEPTH, ppc=model.config.ppc)
    with pytest.raises(ValueError, match="demosaic must be directional, not 'malvar'"):
        model.configure(settings)
    with pytest.raises(ValueError, match="chain must be complete, not 'first_light'"):
        model.configure(replace(settings, demosaic="directional"))
    with pytest.raises(ValueError, match="depth must be 12, not 16"):
        model.configure(replace(settings, depth=16))
