# SPDX-License-Identifier: MIT
"""The merge of two exposures against its golden model, over any memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import HdrMerge, HdrRole
from opsin_sim.blocks import PAUSES, equal
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import from_beats, to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
DECOY = {"width": 4, "height": 3, "base": 64, "stride": 64, "role": 0, "ratio": 256, "black": 3,
         "knee": 9, "knee_slope": 1, "constant": -9, "slope": 9, "threshold": 99,
         "motion_slope": 7, "shift": 7, "pedestal": 99, "stored_long": 0}  # fmt: skip
BYTES = 1 << 16
STORE, MERGE, TURNS, PASS = (
    HdrRole[name].value for name in ("STORE", "MERGE", "TURNS", "PASS")
)  # fmt: skip


class Kind(NamedTuple):
    """Parameters of a block."""

    depth: int
    depth_out: int
    ppc: int
    word_bytes: int


KINDS = [Kind(12, 16, 1, 8), Kind(10, 10, 2, 8), Kind(16, 20, 4, 32)]


@pytest.fixture(scope="module", params=KINDS, ids=str)
def block(request: pytest.FixtureRequest) -> Iterator[tuple[Model, Kind]]:
    kind: Kind = request.param
    dut = HdrMerge(
        depth=kind.depth, max_width=64 * kind.ppc, depth_out=kind.depth_out, ppc=kind.ppc,
        word_bytes=kind.word_bytes,
    )  # fmt: skip
    with Model(dut) as model:
        yield model, kind


def exposed(
    radiance: NDArray[np.float64], time: float, rng: np.random.Generator, *, depth: int = 12,
    gain: float = 0.8, read_noise: float = 3.0, black: int = 256,
) -> NDArray[np.uint16]:  # fmt: skip
    """Take a picture; radiance, noise and black level in samples of 12 bits."""
    light = radiance * time
    light += np.sqrt(gain * light + read_noise**2) * rng.normal(size=light.shape)
    sample = np.rint((black + light) * 2.0 ** (depth - 12))
    return np.clip(sample, 0, (1 << depth) - 1).astype(np.uint16)


def registers(kind: Kind, ratio: float, **more: Any) -> isp.HdrRegisters:
    scale = 2.0 ** (kind.depth - 12)
    return isp.hdr_registers(
        ratio=ratio, gain=0.8 * scale, read_noise=3 * scale, depth=kind.depth,
        depth_out=kind.depth_out, black=round(256 * scale), **more,
    )  # fmt: skip


def scene(kind: Kind, seed: int = 1) -> tuple[Frames, Ports]:
    """Make frames of both exposures, with changes of everything between them."""
    rng = np.random.default_rng(seed)
    usual = registers(kind, 16)
    swapped = registers(kind, 4, stored_long=False, pedestal=0)
    ends = isp.HdrRegisters(65535, 0, 0, 7, -(1 << 23), 65535, -128, 7, 0, 0, 1)
    other = isp.HdrRegisters(
        256, (1 << kind.depth) - 1, (1 << kind.depth) - 1, 0, (1 << 23) - 1, 0, 127, 0, 7,
        (1 << kind.depth_out) - 1, 1,
    )  # fmt: skip
    big, small = (32, 8), (12, 5)
    plan = [
        (big, STORE, 1, usual), (big, MERGE, 1 / 16, usual), (big, MERGE, 1 / 16, usual),
        (big, STORE, 1 / 4, swapped), (big, MERGE, 1, swapped),
        (small, MERGE, 1 / 16, usual), (small, MERGE, 1, swapped),  # there is nothing in memory
        (small, TURNS, 1, usual), (small, TURNS, 1 / 16, usual),
        (small, TURNS, 1, usual), (small, TURNS, 1 / 16, usual),
        (small, PASS, 1, usual), (small, MERGE, 1 / 16, usual),
        (small, TURNS, 1, ends), (small, TURNS, 1 / 16, ends),
        ((3, 1), STORE, 1, other), ((3, 1), MERGE, 1 / 16, other),
        (big, TURNS, 1, usual), (big, PASS, 1, usual), (big, TURNS, 1, usual),
        (big, TURNS, 1 / 16, usual),
    ]  # fmt: skip
    frames, ports = [], []
    for k, ((width, height), role, time, chosen) in enumerate(plan):
        width *= kind.ppc
        y, x = np.mgrid[0:height, 0:width]
        radiance = 3.0 ** (11.0 * x / width) + 900.0 * ((x + y + k % 3) % 13 < 5)
        frames.append(exposed(radiance, time, rng, depth=kind.depth))
        values = {"width": width, "height": height, "base": 2048, "stride": 1024, "role": role}
        ports.append({**values, **chosen._asdict()})
    return frames, ports


def expected(frames: Frames, ports: Ports, kind: Kind) -> list[NDArray[Any] | None]:
    """Return what comes: None for a frame that is stored."""
    out: list[NDArray[Any] | None] = []
    stored: NDArray[Any] | None = None
    turn = STORE
    for frame, values in zip(frames, ports, strict=True):
        role = values["role"]
        if role == TURNS:
            role, turn = turn, (MERGE if turn == STORE else STORE)
        else:
            turn = STORE
        if role == STORE:
            stored = frame
            out.append(None)
        elif role == PASS:
            stored = None
            out.append(frame.astype(np.uint32))
        else:
            if stored is not None and stored.shape != frame.shape:
                stored = None
            chosen = isp.HdrRegisters(*(values[name] for name in isp.HdrRegisters._fields))
            out.append(
                isp.hdr_merge(stored, frame, chosen, depth=kind.depth, depth_out=kind.depth_out)
            )
    return out


def run(
    model: Model, frames: Frames, ports: Ports, wanted: list[NDArray[Any] | None], kind: Kind,
    **pace: Any,
) -> Frames:  # fmt: skip
    """Send frames, each with its settings, and others while it is under way."""
    out = []
    for frame, values, picture in zip(frames, ports, wanted, strict=True):
        beats = to_beats(frame, kind.depth, kind.ppc)
        for name, value in values.items():
            model.set(name, value)
        model.run(sources={"i": beats[:1]}, timeout=10_000, **pace)
        for name, value in DECOY.items():
            model.set(name, value)
        count = 0 if picture is None else len(beats)
        got = model.run(sources={"i": beats[1:]}, sinks={"o": count}, timeout=100_000, **pace)
        if picture is not None:
            height, width = frame.shape
            out.append(
                from_beats(got.outputs["o"], width, height, depth=kind.depth_out, ppc=kind.ppc)
            )
    return out


def test_golden_by_hand() -> None:
    usual = isp.HdrRegisters(16 * 256, 100, 3000, 4, 1 << 14, 0, pedestal=100)
    long = np.array([[1000, 1000, 1000, 1000, 1000, 3128, 4095, 4095, 4095]], dtype=np.uint16)
    short = np.array([[156, 157, 156, 156, 156, 290, 290, 400, 4095]], dtype=np.uint16)
    out = isp.hdr_merge(long, short, usual, depth=12)
    assert out[0, :4].tolist() == [1000] * 4
    # beside the highlight the short exposure counts, as for it: 16 · 190, 16 · 300, 16 · 3995
    assert out[0, 5:].tolist() == [3140, 3140, 4900, 64020]
    halfway = np.full((1, 5), 3128, dtype=np.uint16)  # 128 of 256 above the knee
    out = isp.hdr_merge(halfway, np.full((1, 5), 290, np.uint16), usual, depth=12)
    assert (out == 3134).all()  # of 3128 and 3140
    moved = isp.hdr_merge(np.full((1, 5), 1000, np.uint16), short[:, 5:6].repeat(5, 1), usual,
                          depth=12)  # fmt: skip
    assert (moved == 3140).all()
    alone = isp.hdr_merge(None, short, usual, depth=12)
    assert alone[0, [0, 8]].tolist() == [996, 64020]


TOLERANCE = 1.0
"""Of integers against floating point, in units of the result: there are three roundings."""


def test_against_float() -> None:
    """Exposures without noise that agree: any weight is right, and the scene comes back."""
    radiance = 2.0 ** np.linspace(2, 15.9, 400).reshape(1, -1).repeat(3, 0)
    for ratio in (2.5, 7.3, 16.0):
        usual = registers(KINDS[0], ratio, knee=0.5)
        long = np.clip(256 + radiance, 0, 4095)
        short = np.clip(256 + radiance / ratio, 0, 4095)
        over = np.maximum.reduce([np.pad(long, ((0, 0), (1, 1)), "reflect")[:, k : k + 400]
                                  for k in range(3)]) - usual.knee  # fmt: skip
        weight = np.clip(over * 16 / (1 << 12), 0, 1)
        exact = long + weight * ((np.rint(short) - 256) * usual.ratio / 256 + 256 - np.rint(long))
        exact += np.rint(long) - long
        got = isp.hdr_merge(
            np.rint(long).astype(np.uint16), np.rint(short).astype(np.uint16), usual, depth=12
        )
        assert np.abs(got - exact).max() <= TOLERANCE


def test_dynamic_range() -> None:
    """24 dB more range at a ratio of 16, from SNR 0 dB to the last radiance above 20 dB."""
    rng = np.random.default_rng(1)
    levels = 2.0 ** np.arange(0, 17, 0.25)

    def span(estimate: Any) -> float:
        snr = []
        for level in levels:
            error = estimate(np.full((32, 64), level)) - level
            snr.append(20 * np.log10(level / np.sqrt((error**2).mean())))
        least, most = np.flatnonzero(np.array(snr) > 0)[0], np.flatnonzero(np.array(snr) > 20)[-1]
        return float(20 * np.log10(levels[most] / levels[least]))

    usual = registers(KINDS[0], 16)

    def merged(radiance: NDArray[np.float64]) -> Any:
        pair = exposed(radiance, 1, rng), exposed(radiance, 1 / 16, rng)
        return isp.hdr_merge(*pair, usual, depth=12) - 256.0

    one = span(lambda radiance: exposed(radiance, 1, rng) - 256.0)
    both = span(merged)
    assert 58 < one < 62
    assert both - one > 23


def test_ghosts() -> None:
    """Where an edge has moved, the error is no greater than that of the short exposure alone."""
    rng = np.random.default_rng(2)
    x = np.tile(np.arange(160), (32, 1))
    before, after = (200 + 1500.0 * ((x - step) % 40 < 20) + 3000 * (x > 120) for step in (0, 6))
    usual = registers(KINDS[0], 16)
    short = exposed(after, 1 / 16, rng)
    out = isp.hdr_merge(exposed(before, 1, rng), short, usual, depth=12) - 256.0
    moved = before != after
    error, alone = (
        np.sqrt(((picture - after)[moved] ** 2).mean()) for picture in (out, (short - 256.0) * 16)
    )
    assert error < 1.02 * alone


@pytest.mark.parametrize("latency", [0, 5, 300])
@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(block: tuple[Model, Kind], pauses: Any, latency: int) -> None:
    model, kind = block
    model.reset()
    frames, ports = scene(kind, seed=latency)
    wanted = expected(frames, ports, kind)
    memory: Any = {"memory": np.random.default_rng(3).integers(0, 256, BYTES, dtype=np.uint8)}
    got = run(
        model, frames, ports, wanted, kind, memory=memory, latency=latency, seed=latency + 1,
        **pauses,
    )  # fmt: skip
    assert equal(got, [picture for picture in wanted if picture is not None])
    model.run(cycles=2000, memory=memory, **pauses)
    stored = [k for k, picture in enumerate(wanted) if picture is None][-1]
    lines = isp.frame_bytes(
        frames[stored], bits=kind.depth, ppc=kind.ppc, word_bytes=kind.word_bytes
    )
    for k, line in enumerate(lines):
        start = 2048 + 1024 * k
        assert np.array_equal(memory["memory"][start : start + len(line)], line)


def test_reset_in_mid_flight(block: tuple[Model, Kind]) -> None:
    """After a reset nothing is known of the frame in memory, and turns begin anew."""
    model, kind = block
    frames, ports = scene(kind)
    frames, ports = frames[7:11], ports[7:11]
    for cut in (1, 20, 40):
        memory: Any = {"memory": np.zeros(BYTES, dtype=np.uint8)}
        model.reset()
        run(model, frames[:1], ports[:1], [None], kind, memory=memory, latency=20)
        for name, value in ports[1].items():
            model.set(name, value)
        beats = to_beats(frames[1], kind.depth, kind.ppc)[:cut]
        model.run(sources={"i": beats}, sinks={"o": None}, memory=memory, latency=20)
        model.reset()
        wanted = expected(frames, ports, kind)
        got = run(model, frames, ports, wanted, kind, memory=memory, latency=9)
        assert equal(got, [picture for picture in wanted if picture is not None])


@pytest.mark.parametrize("latency", [0, 250])
def test_cycles(block: tuple[Model, Kind], latency: int) -> None:
    """One beat per cycle, to memory and from it."""
    model, kind = block
    model.reset()
    width, height = 16 * kind.ppc, 40
    values = {"width": width, "height": height, "base": 0, "stride": 512, "role": TURNS}
    for name, value in (values | registers(kind, 16)._asdict()).items():
        model.set(name, value)
    rng = np.random.default_rng(1)
    frame = rng.integers(0, 1 << kind.depth, (height, width), dtype=np.uint16)
    beats = to_beats(frame, kind.depth, kind.ppc)
    memory: Any = {"memory": np.zeros(BYTES, dtype=np.uint8)}
    for role in (STORE, MERGE, STORE, MERGE):
        count = len(beats) if role == MERGE else 0
        done = model.run(sources={"i": beats}, sinks={"o": count}, memory=memory, latency=latency)
        assert done.cycles <= len(beats) + (54 + latency if role == MERGE else 8)
        model.run(cycles=300, memory=memory, latency=latency)  # blanking


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    kind = KINDS[0]
    rng = np.random.default_rng(4)
    radiance = 3.0 ** np.linspace(1, 10, 45).reshape(5, 9)
    frames = [exposed(radiance, time, rng) for time in (1, 1 / 16, 1, 1 / 16)]
    values: dict[str, Any] = {"width": 9, "height": 5, "base": 64, "stride": 32, "role": TURNS}
    values |= registers(kind, 16)._asdict()
    wanted = [p for p in expected(frames, [values] * 4, kind) if p is not None]
    cases = check_block(
        HdrMerge(depth=12, max_width=16),
        np.concatenate([to_beats(frame, 12) for frame in frames]),
        np.concatenate([to_beats(frame, 16) for frame in wanted]),
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
        HdrMerge(depth=7, max_width=64)
    with pytest.raises(ValueError, match=r"depth_out must be in depth\.\.20, not 11"):
        HdrMerge(depth=12, max_width=64, depth_out=11)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        HdrMerge(depth=8, max_width=66, ppc=3, word_bytes=32)
    with pytest.raises(ValueError, match=r"bits must be in 1\.\.32, not 64"):
        HdrMerge(depth=16, max_width=64, ppc=4, word_bytes=4)
