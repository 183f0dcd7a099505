# SPDX-License-Identifier: MIT
"""The complete pipeline with frame buffers against its golden model, sequence by sequence."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.config import IspConfig
from opsin_sim.blocks import PAUSES
from opsin_sim.golden import isp
from opsin_sim.golden.isp import block_settings as of
from opsin_sim.isp import IspModel, outputs, random_settings
from opsin_sim.video import to_beats

CONFIG = IspConfig(
    depth=12, max_width=64, second_width=64, demosaic="malvar", frame_buffer=True
)  # fmt: skip
PASS, STORE, MERGE, TURNS = range(4)
Frame = NDArray[np.uint16]


@pytest.fixture(scope="module")
def model() -> Iterator[IspModel]:
    with IspModel(CONFIG, memory_bytes=1 << 16) as model:
        yield model


class Step(NamedTuple):
    """A frame: its size, what it is for, and its exposure."""

    size: tuple[int, int] = (20, 13)
    role: int = PASS
    bypass: int = 0
    forget: int = 0
    time: float = 1.0
    base: int = 0


def shoot(step: Step, k: int) -> Frame:
    """Return a frame of a still scene in which a bar moves, with noise."""
    width, height = step.size
    y, x = np.mgrid[0:height, 0:width]
    light = 40 + 90.0 * y + 60 * x + 1500.0 * ((x - 2 * k) % width < 3)
    rng = np.random.default_rng(k)
    sample = 64 + step.time * light + np.sqrt(step.time * light + 9) * rng.normal(size=light.shape)
    return np.clip(np.rint(sample), 0, 4095).astype(np.uint16)


def settings_of(step: Step, k: int, *, quiet: bool = True) -> isp.IspSettings:
    """Return settings with the blocks at work that remember, and with ``quiet`` few others."""
    width, height = step.size
    merge = isp.hdr_registers(ratio=4, gain=1, read_noise=3, depth=12, depth_out=12, black=64)
    reduce = isp.temporal_noise_registers(gain=1, read_noise=3, depth=12, black=64)
    frames: dict[str, Any] = {
        "hdr": of.HdrSettings(role=step.role, base=step.base, stride=256, **merge._asdict()),
        "temporal_nr": of.TemporalNrSettings(
            bypass=step.bypass, forget=step.forget, base=1 << 15 | step.base, stride=512,
            **reduce._asdict(),
        ),
    }  # fmt: skip
    if not quiet:
        return replace(random_settings(width, height, config=CONFIG, seed=k), **frames)
    return isp.IspSettings(
        width=width, height=height, depth=12, chain="complete", frame_buffer=True, **frames
    )


def is_golden(
    model: IspModel, raw: Frame, settings: isp.IspSettings, memory: isp.FrameMemory, **pace: Any
) -> bool:
    golden = isp.develop_all(raw, settings, memory)
    done = model.develop(raw, settings, stored=golden is None, **pace)
    if golden is None:
        return done.status == 0
    second = golden.second_bytes if settings.second.enable else None
    return (
        done.status == 0
        and np.array_equal(done.bytes, golden.bytes)  # type: ignore[arg-type]
        and (second is None or np.array_equal(done.second_bytes, second))  # type: ignore[arg-type]
    )


SEQUENCE = [
    *[Step()] * 3, Step(forget=1), Step(), Step(bypass=1), *[Step()] * 2,
    Step(base=64), Step(base=64), *[Step((16, 8))] * 2, *[Step()] * 2,
    Step(role=STORE), Step(role=MERGE, time=0.25), Step(role=MERGE, time=0.25),
    Step((16, 8), MERGE, time=0.25), Step(role=STORE), Step((16, 8), STORE),
    Step((16, 8), MERGE, time=0.25), Step(role=TURNS), Step(role=TURNS, time=0.25),
    Step(role=TURNS), Step(role=PASS), Step(role=TURNS), Step(role=TURNS, time=0.25),
    Step(role=STORE, bypass=1), Step(role=MERGE, bypass=1, time=0.25), Step((64, 9)),
]  # fmt: skip


@pytest.mark.parametrize("latency", [0, 7, 150])
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_sequence(model: IspModel, pauses: dict[str, Any], latency: int) -> None:
    """Roles by turns, something that moves, changes of size and place, memory that takes time."""
    model.reset()
    memory = isp.FrameMemory()
    for k, step in enumerate(SEQUENCE):
        settings = settings_of(step, k)
        done = is_golden(
            model, shoot(step, k), settings, memory, latency=latency, seed=k + 1, **pauses
        )
        assert done, k


def test_all_blocks(model: IspModel) -> None:
    """Crop, statistics and both outputs beside them; settings and tables change every frame."""
    model.reset()
    memory = isp.FrameMemory()
    for k, role in enumerate([TURNS, TURNS, PASS, PASS, STORE, MERGE]):
        step = Step((36, 21), role)
        settings = settings_of(step, k, quiet=False)
        assert is_golden(model, shoot(step, k), settings, memory, latency=9), k
        if role in (STORE, TURNS) and k != 1:
            continue
        golden = model.statistics().flicker
        assert golden.any()


@pytest.mark.parametrize("sent", [1, 20, 130, 259])
def test_frame_that_stops(model: IspModel, sent: int) -> None:
    """A stored frame that is not complete is filled up, and the next one merged with that."""
    model.reset()
    memory = isp.FrameMemory()
    long, short = Step(role=STORE), Step(role=MERGE, time=0.25)
    settings = replace(settings_of(long, 0), timeout=200)
    raw = shoot(long, 0)
    cut = raw.ravel().copy()
    cut[sent:] = 0
    assert isp.develop_all(cut.reshape(raw.shape), settings, memory) is None
    model.configure(settings)
    model.model.run({"i": to_beats(raw, 12)[:sent]}, memory=model.memory, latency=5)
    model.tables.began()
    model.model.run(cycles=1500, memory=model.memory, latency=5)
    assert model.model.get("status") == 1 << 4
    model.model.set("status_clear", 1)
    model.model.run(cycles=2)
    model.model.set("status_clear", 0)
    for k in (1, 2):
        assert is_golden(model, shoot(short, k), settings_of(short, k), memory, latency=5), k


@pytest.mark.parametrize("beats", [1, 30, 150, 259])
def test_reset_in_mid_frame(model: IspModel, beats: int) -> None:
    """Nothing is known of what is in memory, and answers that were on their way do not disturb."""
    for role in (PASS, STORE, MERGE):
        model.reset()
        memory = isp.FrameMemory()
        for k, step in enumerate([Step(role=STORE), Step(role=MERGE), Step()]):
            assert is_golden(model, shoot(step, k), settings_of(step, k), memory, latency=20)
        step = Step(role=role)
        model.configure(settings_of(step, 3))
        model.model.run(
            {"i": to_beats(shoot(step, 3), 12)[:beats]}, {"o": None}, memory=model.memory,
            latency=20,
        )  # fmt: skip
        model.reset()
        memory = isp.FrameMemory()
        for k in (4, 5):
            step = Step(role=(TURNS if role == STORE else PASS))
            assert is_golden(model, shoot(step, k), settings_of(step, k), memory, latency=3)


def test_no_pause_between_frames(model: IspModel) -> None:
    """Frames come back to back; what they cost beside the pipeline's own time."""
    model.reset()
    step = Step((64, 13))
    raw, settings = shoot(step, 0), settings_of(step, 0)
    memory = isp.FrameMemory()
    one = model.develop(raw, settings)
    isp.develop_all(raw, settings, memory)
    words = outputs(settings, CONFIG)["o"].total
    frames = [shoot(step, k) for k in range(1, 4)]
    beats = np.concatenate([to_beats(frame, 12) for frame in frames])
    run = model.model.run(
        {"i": beats}, {"o": 3 * words}, memory=model.memory, latency=20, timeout=100_000
    )
    for k, frame in enumerate(frames):
        golden = isp.develop_all(frame, settings, memory)
        assert golden is not None
        done = model.developed(
            {"o": run.outputs["o"][k * words : (k + 1) * words]}, settings, run.cycles
        )
        assert np.array_equal(done.bytes, golden.bytes)  # type: ignore[arg-type]
    assert run.cycles / 3 < one.cycles + 100


def test_rejects() -> None:
    with pytest.raises(ValueError, match="frame_buffer must be False in the lite chain"):
        IspConfig(chain="lite", frame_buffer=True)
    with pytest.raises(ValueError, match="frame_buffer must be False in the lite chain"):
        isp.IspSettings(width=16, height=8, chain="lite", frame_buffer=True)
    step = Step(role=STORE)
    raw, settings = shoot(step, 0), settings_of(step, 0)
    with pytest.raises(ValueError, match=r"hdr\.role must let the frame pass"):
        isp.develop_all(raw, settings)
