# SPDX-License-Identifier: MIT
"""The camera pipeline against its golden model."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.common.video import Beat
from opsin.config import IspConfig
from opsin.isp import FrameStatus
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.golden import isp
from opsin_sim.harness import SimulationTimeout, needs_cocotb, needs_icarus, pack
from opsin_sim.isp import BenchFrame, IspModel, curve_writes, run_bench, settings_bits
from opsin_sim.malformed import malformed
from opsin_sim.video import from_beats, to_beats

SIZES = [(4, 4), (5, 7), (17, 9), (64, 33)]

Method = Literal["directional", "malvar"]


@pytest.fixture(scope="module", params=[(10, "directional"), (16, "malvar")], ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[IspModel]:
    depth, method = request.param
    with IspModel(IspConfig(depth=depth, max_width=64, demosaic=method)) as model:
        yield model


def allowed(sizes: list[tuple[int, int]], method: Method) -> list[tuple[int, int]]:
    """Give the sizes at least 5 lines where the demosaic needs them."""
    return [(width, max(height, 5 if method == "directional" else 4)) for width, height in sizes]


def some_settings(
    width: int,
    height: int,
    depth: int,
    method: Method,
    *,
    seed: int,
    phase: int | None = None,
) -> isp.IspSettings:
    rng = np.random.default_rng(seed)

    def draw(low: int, high: int, count: int) -> Any:
        return tuple(rng.integers(low, high, count).tolist())

    unit = 1 << depth
    return isp.IspSettings(
        width=width,
        height=height,
        depth=depth,
        phase=seed % 4 if phase is None else phase,
        black=draw(0, unit // 8, 4),
        gain=draw(2000, 20000, 4),
        ccm=(draw(2000, 8000, 3), draw(-3000, 5000, 3), draw(-2000, 5000, 3)),
        offset=draw(-unit // 16, unit // 16, 3),
        curve=np.sort(rng.integers(0, 65281, 257)).astype(np.uint16),
        demosaic=method,
    )


@pytest.mark.parametrize("phase", range(4))
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: IspModel, pauses: dict[str, Any], phase: int) -> None:
    depth, method = model.config.depth, model.config.demosaic
    for k, raw in enumerate(random_frames(depth, sizes=allowed(SIZES, method), seed=phase)):
        settings = some_settings(raw.shape[1], raw.shape[0], depth, method, seed=k, phase=phase)
        done = model.develop(raw, settings, seed=k, **pauses)
        assert np.array_equal(done.picture, isp.develop(raw, settings))
        assert done.status == 0


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_no_frame_mixes_settings(model: IspModel, pauses: dict[str, Any]) -> None:
    """Settings change after a frame's first beat, and while its end is still in the pipeline."""
    dut, depth, method = model.model, model.config.depth, model.config.demosaic
    model.reset()
    options: Any = {**pauses, "timeout": 100_000}
    sizes = [(17, 9), (4, 4), (4, 4), (9, 5), (4, 4), (64, 4), (5, 7)] * 2
    cases = [
        (raw, some_settings(raw.shape[1], raw.shape[0], depth, method, seed=k))
        for k, raw in enumerate(random_frames(depth, sizes=allowed(sizes, method)))
    ]
    dut.set("settings", settings_bits(cases[0][1], curve_bank=0))
    bank, held, pieces = 0, 0, []
    for raw, settings in cases:
        # all but the last pixel of the frame before has come when the curve is written
        beats = to_beats(raw, depth)
        dut.run({"curve": curve_writes(settings)}, **options)
        bank = 1 - bank
        dut.set("settings", settings_bits(settings, curve_bank=bank))
        first = dut.run({"i": beats[:1]}, {"o": held}, **options)
        decoy = some_settings(4, 9, depth, method, seed=99)
        dut.set("settings", settings_bits(decoy, curve_bank=1 - bank))
        rest = dut.run({"i": beats[1:]}, {"o": len(beats) - 1}, **options)
        dut.set("settings", settings_bits(decoy, curve_bank=bank))
        held = 1
        pieces += [first.outputs["o"], rest.outputs["o"]]
    pieces.append(dut.run(sinks={"o": 1}, **options).outputs["o"])
    packed = np.concatenate(pieces)
    for raw, settings in cases:
        height, width = raw.shape
        picture = from_beats(packed[: raw.size], width, height, depth=8, channels=3)
        packed = packed[raw.size :]
        assert np.array_equal(picture, isp.develop(raw, settings))
    model.reset()


def test_curve_writes_wait(model: IspModel) -> None:
    """Once a table is selected, writes wait until a frame uses it: they would change it."""
    model.reset()
    depth = model.config.depth
    raw = np.zeros((5, 9), np.uint16)  # drawn with the first segment
    raw[2:] += np.arange(9, dtype=np.uint16) << (depth - 4)
    straight = isp.IspSettings(width=9, height=5, depth=depth, demosaic=model.config.demosaic)
    first, second = replace(straight, curve=65280 - isp.LINEAR), straight
    model.configure(first)
    with pytest.raises(SimulationTimeout, match="curve sent 0 of 256"):
        model.model.run({"curve": curve_writes(second)}, timeout=1000)
    for settings in (first, second, first):
        assert np.array_equal(model.develop(raw, settings).picture, isp.develop(raw, settings))


def test_height_is_clamped(model: IspModel) -> None:
    """A frame of fewer lines than the demosaic's borders need is completed with black ones."""
    depth, method = model.config.depth, model.config.demosaic
    (raw,) = random_frames(depth, sizes=allowed([(9, 4)], method))
    settings = some_settings(9, len(raw), depth, method, seed=1)
    model.reset()
    model.configure(settings)
    four = replace(settings, height=4, demosaic="malvar")
    model.model.set("settings", settings_bits(four, curve_bank=1))
    raw[4:] = 0
    beats = to_beats(raw, depth)
    run = model.model.run({"i": np.concatenate([beats[: 4 * 9], beats[:1]])}, {"o": raw.size})
    picture = from_beats(run.outputs["o"], 9, len(raw), depth=8, channels=3)
    assert np.array_equal(picture, isp.develop(raw, settings))
    model.reset()


def test_cycles(model: IspModel) -> None:
    """Cycles a frame, as documented, and cycles until the last pixel is out."""
    depth, method = model.config.depth, model.config.demosaic
    flush, drain = {"directional": (4 * 31 + 3, 31 + 64), "malvar": (2 * 31 + 2, 33)}[method]
    (raw,) = random_frames(depth, sizes=[(31, 9)])
    model.configure(some_settings(31, 9, depth, method, seed=1))
    beats = np.tile(to_beats(raw, depth), 4)
    run = model.model.run({"i": beats}, {"o": len(beats)})
    assert run.cycles == 4 * (31 * 9 + flush) + drain


def packed_beats(beats: isp.Beats, depth: int) -> NDArray[Any]:
    fields = {"pixel": beats.pixel[:, None], "sof": beats.sof, "eol": beats.eol}
    return pack(Beat(depth), fields)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_malformed_stream(model: IspModel, pauses: dict[str, Any]) -> None:
    """Every frame that begins comes out whole, repaired as documented; nothing hangs."""
    depth = model.config.depth
    settings = some_settings(9, 6, depth, model.config.demosaic, seed=5)
    stream = malformed(10_000, 9, 6, depth=depth, seed=7)
    wanted = isp.frame_guard(stream, [(9, 6)])
    model.reset()
    model.configure(settings)
    run = model.model.run(
        {"i": packed_beats(stream, depth)}, {"o": 54 * len(wanted.frames)}, **pauses
    )
    pictures = run.outputs["o"].reshape(-1, 54)
    for picture, frame in zip(pictures, wanted.frames, strict=True):
        seen = from_beats(picture, 9, 6, depth=8, channels=3)
        assert np.array_equal(seen, isp.develop(frame, settings))
    assert model.model.get("status") == FrameStatus().const(vars(wanted.flags)).as_bits()


def test_reset_in_mid_frame(model: IspModel) -> None:
    depth = model.config.depth
    (raw,) = random_frames(depth, sizes=[(17, 9)])
    settings = some_settings(17, 9, depth, model.config.demosaic, seed=3)
    for beats in (1, 16, 17, 40, 152):
        model.configure(settings)
        model.model.run({"i": to_beats(raw, depth)[:beats]}, {"o": None})
        model.reset()
        assert np.array_equal(model.develop(raw, settings).picture, isp.develop(raw, settings))


@needs_cocotb
@pytest.mark.parametrize("simulator", ["verilator", pytest.param("icarus", marks=needs_icarus)])
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Frames back to back with everything changed between them, in the end the curve too.

    The first are so small that the next begins while they are still in the pipeline.
    """
    frames = []
    for k, raw in enumerate(random_frames(10, sizes=[(4, 4), (5, 4), (4, 7), (11, 4), (6, 5)])):
        settings = some_settings(raw.shape[1], raw.shape[0], 10, "malvar", seed=k)
        if k < 4:
            settings = replace(settings, curve=isp.LINEAR)
        frames.append(BenchFrame(raw, settings, isp.develop(raw, settings)))
    config = IspConfig(depth=10, max_width=64)
    for case in run_bench(frames, config=config, simulator=simulator, build_dir=tmp_path):
        with subtests.test(case.name):
            assert case.failure is None, case.failure


@pytest.mark.parametrize(
    ("depth", "max_width", "message"),
    [(7, 64, r"depth must be in 8\.\.16, not 7"), (10, 3, "max_width must be .* in 4")],
)
def test_rejects(depth: int, max_width: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        IspModel(IspConfig(depth=depth, max_width=max_width))


def test_rejects_another_method(model: IspModel) -> None:
    method: Method = "malvar" if model.config.demosaic == "directional" else "directional"
    settings = some_settings(9, 6, model.config.depth, method, seed=1)
    with pytest.raises(
        ValueError, match=f"demosaic must be {model.config.demosaic}, not '{method}"
    ):
        model.configure(settings)
