# SPDX-License-Identifier: MIT
"""Temporal noise reduction against its golden model, over any memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import TemporalNoiseReduction
from opsin_sim.blocks import PAUSES, Format, equal, run_on_model
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import from_beats, to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
DECOY = {"width": 4, "height": 3, "base": 64, "stride": 64, "threshold": 99, "max_weight": 3,
         "slope": 9, "constant": -9, "motion_slope": 7, "forget": 1, "bypass": 1}  # fmt: skip
BYTES = 1 << 16


class Kind(NamedTuple):
    """Parameters of a block."""

    depth: int
    ppc: int
    fraction: int
    word_bytes: int
    ahead: int = 128

    @property
    def bits(self) -> int:
        return self.depth + self.fraction + 3


# 4 beats of 16 bits a word; 4 of two pixels; 1 of four, few words ahead; 17 of 15 bits
KINDS = [Kind(12, 1, 1, 8), Kind(10, 2, 0, 16), Kind(16, 4, 4, 16, 16), Kind(8, 1, 4, 32, 40)]


@pytest.fixture(scope="module", params=KINDS, ids=str)
def block(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Kind]]:
    kind: Kind = request.param
    dut = TemporalNoiseReduction(
        depth=kind.depth, max_width=64 * kind.ppc, fraction=kind.fraction, ppc=kind.ppc,
        word_bytes=kind.word_bytes, ahead=kind.ahead,
    )  # fmt: skip
    with Model(dut) as model:
        yield model, kind


def clean(depth: int, width: int, height: int, step: int) -> NDArray[np.float64]:
    """Draw a bar that moves over a slope; in samples."""
    y, x = np.mgrid[0:height, 0:width]
    return (0.1 + 0.2 * y / height + 0.4 * ((x - step) % 17 < 6)) * (1 << depth)


def noisy(picture: NDArray[np.float64], depth: int, rng: np.random.Generator, gain: float = 1.0,
          read_noise: float = 4.0) -> NDArray[np.uint16]:  # fmt: skip
    """Add noise of a gain and a read noise in samples of 12 bits."""
    scale = 2.0 ** (depth - 12)
    sigma = np.sqrt(gain * scale * picture + (read_noise * scale) ** 2)
    sample = np.rint(picture + sigma * rng.normal(size=picture.shape))
    return np.clip(sample, 0, (1 << depth) - 1).astype(np.uint16)


def registers(depth: int, **kind: Any) -> isp.TemporalNoiseRegisters:
    scale = 2.0 ** (depth - 12)
    return isp.temporal_noise_registers(gain=scale, read_noise=4 * scale, depth=depth, **kind)


def scene(kind: Kind, seed: int = 1) -> tuple[Frames, Ports]:
    """Frames with changes of everything between them."""
    rng = np.random.default_rng(seed)
    usual = registers(kind.depth)
    frames, ports = [], []
    for k, (width, height) in enumerate([(32, 8)] * 8 + [(12, 5)] * 4 + [(20, 1)] * 3 + [(4, 2)]):
        values = {"base": 1024, "stride": 512, "forget": int(k == 5), "bypass": int(k == 9)}
        values |= {"width": width * kind.ppc, "height": height}
        chosen = usual
        if k == 3:
            values["base"] = 32768
        if k == 6:
            chosen = registers(kind.depth, threshold=0.5, end=0.6, max_weight=0.6)
        if k == 13:
            chosen = isp.TemporalNoiseRegisters(-(1 << 23), 0, -128, 0, 0)
        if k == 14:
            chosen = isp.TemporalNoiseRegisters((1 << 23) - 1, 65535, 127, 7, 255)
        picture = clean(kind.depth, width * kind.ppc, height, k)
        frames.append(noisy(picture, kind.depth, rng))
        ports.append({**values, **chosen._asdict()})
    return frames, ports


def expected(
    frames: Frames, ports: Ports, kind: Kind, memory: NDArray[np.uint8] | None = None
) -> Frames:
    """Return what comes; ``memory`` becomes what it is afterwards."""
    out = []
    history: Any = None
    place: Any = None
    for frame, values in zip(frames, ports, strict=True):
        here = (frame.shape, values["base"], values["stride"])
        if values["bypass"]:
            out.append(frame)
            place = None
            continue
        past = history if place == here and not values["forget"] else None
        chosen = isp.TemporalNoiseRegisters(
            *(values[name] for name in isp.TemporalNoiseRegisters._fields)
        )
        picture, history = isp.temporal_noise_reduction(
            frame, past, chosen, depth=kind.depth, fraction=kind.fraction
        )
        place = here
        out.append(picture)
        if memory is not None:
            lines = isp.frame_bytes(
                history, bits=kind.bits, ppc=kind.ppc, word_bytes=kind.word_bytes
            )
            for k, line in enumerate(lines):
                start = values["base"] + k * values["stride"]
                memory[start : start + len(line)] = line
    return out


def test_golden_by_hand() -> None:
    usual = isp.TemporalNoiseRegisters(16 << 4, 0, 24, 3, 255)  # depth 12: 16 samples² of noise
    flat = np.full((1, 5), 1000, dtype=np.uint16)
    out, history = isp.temporal_noise_reduction(flat, None, usual, depth=12)
    assert out.tolist() == flat.tolist()
    assert (history == 2000).all()
    out, history = isp.temporal_noise_reduction(flat + 4, history, usual, depth=12)
    assert (out == 1002).all()  # the mean of two
    assert (history == 1 << 13 | 2004).all()
    out, history = isp.temporal_noise_reduction(flat + 2, history, usual, depth=12)
    assert (out == 1002).all()
    assert (history == 2 << 13 | 2004).all()
    # |d| = 8, the ratio 4 of squares is 32 sixteenths: 8 over the threshold, 64 less of 192
    out, history = isp.temporal_noise_reduction(flat + 10, history, usual, depth=12)
    assert (history == 1 << 13 | 2020 - 8).all()
    out, history = isp.temporal_noise_reduction(flat + 100, history, usual, depth=12)
    assert (out == 1100).all()
    assert (history == 2200).all()


def test_gain() -> None:
    """A static scene: 8 dB less noise in the eighth frame, where theory allows 9.0."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:96, 0:160]
    picture = 600 + 9.0 * x + 400 * np.sin(y / 9) * np.cos(x / 5)
    history = None
    gains = []
    for _ in range(16):
        raw = noisy(picture, 12, rng)
        out, history = isp.temporal_noise_reduction(raw, history, registers(12), depth=12)
        gains.append(10 * np.log10(((raw - picture) ** 2).mean() / ((out - picture) ** 2).mean()))
    assert gains[0] == 0
    assert gains[7] > 8.0
    assert gains[15] > 10.0


@pytest.mark.parametrize("height", [30, 60, 120, 240, 1500])
def test_no_ghosts(height: int) -> None:
    """Near a moving edge, of any height, errors are no greater than without noise reduction."""
    rng = np.random.default_rng(2)
    x = np.arange(240)
    history = None
    before, after = [], []
    for step in range(16):
        bars = (x - 3 * step) % 48
        picture = np.tile(800.0 + height * (bars < 24), (64, 1))
        near = (bars + 6) % 24 < 12  # what the edge has passed in the last frames, and will
        raw = noisy(picture, 12, rng)
        out, history = isp.temporal_noise_reduction(raw, history, registers(12), depth=12)
        if step > 3:
            before.append(((raw - picture)[:, near] ** 2).mean())
            after.append(((out - picture)[:, near] ** 2).mean())
    assert np.mean(after) < 1.02 * np.mean(before)


@pytest.mark.parametrize("latency", [0, 5, 300])
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(block: tuple[Model, Kind], pauses: Any, latency: int) -> None:
    model, kind = block
    model.reset()
    frames, ports = scene(kind, seed=latency)
    memory = np.random.default_rng(3).integers(0, 256, BYTES, dtype=np.uint8)
    after = memory.copy()
    wanted = expected(frames, ports, kind, after)
    form = Format(kind.depth, kind.depth, 1, kind.ppc)
    got = run_on_model(
        model, frames, ports, form, decoy=DECOY, memory={"memory": memory}, latency=latency,
        seed=latency + 1, **pauses,
    )  # fmt: skip
    assert equal(got, wanted)
    model.run(cycles=2000, memory={"memory": memory}, **pauses)  # the last words
    assert np.array_equal(memory, after)


def test_reset_in_mid_flight(block: tuple[Model, Kind]) -> None:
    model, kind = block
    frames, ports = scene(kind)
    form = Format(kind.depth, kind.depth, 1, kind.ppc)
    for cut in (1, 30, 70, 150):
        memory: Any = {"memory": np.zeros(BYTES, dtype=np.uint8)}
        model.reset()
        run_on_model(model, frames[:2], ports[:2], form, memory=memory, latency=20)
        for name, value in ports[2].items():
            model.set(name, value)
        beats = to_beats(frames[2], kind.depth, kind.ppc)[:cut]
        model.run(sources={"i": beats}, sinks={"o": None}, memory=memory, latency=20)
        model.reset()
        got = run_on_model(model, frames[:3], ports[:3], form, memory=memory, latency=9)
        assert equal(got, expected(frames[:3], ports[:3], kind))


def test_malformed_frames(block: tuple[Model, Kind]) -> None:
    """Strays are dropped; what an early ``sof`` cuts off is 0; then all is right again."""
    model, kind = block
    model.reset()
    frames, ports = scene(kind)
    frames, ports = [frames[0], frames[1].copy(), frames[2]], [ports[0]] * 3
    beats = [to_beats(frame, kind.depth, kind.ppc) for frame in frames]
    cut = 75
    frames[1].reshape(-1)[cut * kind.ppc :] = 0
    sent = np.concatenate([beats[0][5:9], beats[0], beats[2][3:8], beats[1][:cut], beats[2]])
    for name, value in ports[0].items():
        model.set(name, value)
    memory: Any = {"memory": np.zeros(BYTES, dtype=np.uint8)}
    run = model.run(
        sources={"i": sent}, sinks={"o": 3 * len(beats[0])}, memory=memory, latency=3, idle=0.2,
        stall=0.2, timeout=20_000,
    )  # fmt: skip
    height, width = frames[0].shape
    got = [
        from_beats(part, width, height, depth=kind.depth, ppc=kind.ppc)
        for part in np.split(run.outputs["o"], 3)
    ]
    assert equal(got, expected(frames, ports, kind))


@pytest.mark.parametrize("latency", [0, 50, 250])
def test_cycles(block: tuple[Model, Kind], latency: int) -> None:
    """One beat per cycle, whatever memory's latency, if a word holds enough beats."""
    model, kind = block
    if kind not in KINDS[:2]:
        pytest.skip("one beat per word, or few words ahead")
    model.reset()
    width, height = 16 * kind.ppc, 40
    values = {"width": width, "height": height, "base": 0, "stride": 512, "forget": 0, "bypass": 0}
    for name, value in (values | registers(kind.depth)._asdict()).items():
        model.set(name, value)
    frame = noisy(clean(kind.depth, width, height, 0), kind.depth, np.random.default_rng(1))
    beats = to_beats(frame, kind.depth, kind.ppc)
    memory: Any = {"memory": np.zeros(BYTES, dtype=np.uint8)}
    cycles = []
    for _ in range(3):
        run = model.run(
            sources={"i": beats}, sinks={"o": len(beats)}, memory=memory, latency=latency
        )
        cycles.append(run.cycles - len(beats))
        model.run(cycles=300, memory=memory, latency=latency)  # blanking
    assert cycles[1] == cycles[2] <= 45 + latency


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    kind = KINDS[0]
    rng = np.random.default_rng(4)
    frames = [noisy(clean(12, 9, 5, k), 12, rng) for k in range(3)]
    values: dict[str, Any] = {"width": 9, "height": 5, "base": 64, "stride": 32, "forget": 0}
    values |= {"bypass": 0, **registers(12)._asdict()}
    cases = check_block(
        TemporalNoiseReduction(depth=12, max_width=16),
        np.concatenate([to_beats(frame, 12) for frame in frames]),
        np.concatenate([to_beats(frame, 12) for frame in expected(frames, [values] * 3, kind)]),
        ports=values,
        frame=(9, 5),
        memory=np.zeros(256, dtype=np.uint8),
        latency=6,
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 7"):
        TemporalNoiseReduction(depth=7, max_width=64)
    with pytest.raises(ValueError, match=r"fraction must be in 0\.\.4, not 5"):
        TemporalNoiseReduction(depth=8, max_width=64, fraction=5)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        TemporalNoiseReduction(depth=8, max_width=66, ppc=3, word_bytes=32)
    with pytest.raises(ValueError, match=r"bits must be in 1\.\.64, not 80"):
        TemporalNoiseReduction(depth=16, max_width=64, ppc=4, word_bytes=8)
    with pytest.raises(ValueError, match="ahead must be at least burst = 16, not 8"):
        TemporalNoiseReduction(depth=16, max_width=64, ahead=8)
    with pytest.raises(ValueError, match=r"max_width must be a multiple of ppc = 2 in 3\.\.65535"):
        TemporalNoiseReduction(depth=16, max_width=65, ppc=2)
