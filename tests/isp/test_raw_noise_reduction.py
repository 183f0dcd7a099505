# SPDX-License-Identifier: MIT
"""Raw noise reduction against its golden model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from opsin.isp import Conveyor, RawNoiseReduction
from opsin_sim.blocks import (
    PAUSES,
    Format,
    conveyor_cycles,
    equal,
    random_frames,
    run_on_model,
    run_on_simulator,
)
from opsin_sim.golden import isp
from opsin_sim.harness import Model, check_block, needs_cocotb, needs_icarus
from opsin_sim.video import to_beats

Frames = list[NDArray[Any]]
Ports = list[dict[str, Any]]

SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]
DECOY = {"width": 8, "height": 5, "constant": -5, "slope": 77, "bypass": 0}
SIZES = ((8, 5), (12, 9), (64, 33), (16, 8), (32, 6), (24, 20), (24, 20))

BLACK, GAIN, READ = 64, 4.0, 6.0  # of a noisy sensor, in samples of 10 bits


@pytest.fixture(scope="module", params=[(10, 1), (12, 2), (16, 4)], ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int, int]]:
    depth, ppc = request.param
    with Model(
        Conveyor(RawNoiseReduction(depth=depth, max_width=64, ppc=ppc), max_width=64)
    ) as model:
        yield model, depth, ppc


def noisy(depth: int, width: int, height: int, *, seed: int = 1) -> NDArray[np.uint16]:
    """Ramps and a step edge with the noise of a sensor, so that all of the arithmetic is used."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    clean = BLACK + 400 * x / width + 100 * y / height + np.where(x > width // 2, 200, 0)
    noise = rng.normal(0, np.sqrt(GAIN * (clean - BLACK) + READ**2))
    scale = 2.0 ** (depth - 10)
    return np.clip(np.rint((clean + noise) * scale), 0, (1 << depth) - 1).astype(np.uint16)


EVEN = 25 * 256 * 256  # noise whose variance is exactly that of the lattice


def lattice(depth: int) -> NDArray[np.uint16]:
    """Every window of 5 × 5 of a colour has five bright samples, so its variance is 80 · 80."""
    y, x = np.mgrid[0:20, 0:24] // 2
    return np.where((x + 2 * y) % 5 == 0, 200 << depth >> 10, 0).astype(np.uint16)


def registers(depth: int, *, gain: float = GAIN, read_noise: float = READ) -> tuple[int, int]:
    scale = 2.0 ** (depth - 10)
    return isp.noise_registers(
        gain=gain * scale, read_noise=read_noise * scale, black=BLACK * scale, depth=depth
    )


def stimuli(depth: int) -> tuple[Frames, Ports]:
    frames = [noisy(depth, width, height, seed=width) for width, height in SIZES]
    frames[1] = random_frames(depth, sizes=[SIZES[1]])[0]
    frames[5] = lattice(depth)
    frames[6][:] = 0
    frames[6][::10, ::10] = 1  # far less variance than any noise but none
    noise = [registers(depth, gain=gain, read_noise=15 * gain) for gain in (4, 1000, 1, 12, 0.1)]
    noise += [(EVEN, 0), (-1000, 1)]
    ports = [
        {
            "width": frame.shape[1],
            "height": frame.shape[0],
            "constant": constant,
            "slope": slope,
            "bypass": int(k == 3),
        }
        for k, (frame, (constant, slope)) in enumerate(zip(frames, noise, strict=True))
    ]
    return frames, ports


def expected(frames: Frames, ports: Ports, depth: int) -> Frames:
    return [
        frame
        if values["bypass"]
        else isp.raw_noise_reduction(frame, values["constant"], values["slope"], depth=depth)
        for frame, values in zip(frames, ports, strict=True)
    ]


@pytest.mark.parametrize("depth", [8, 10, 12, 14, 16])
def test_golden_is_lee_s_filter(depth: int) -> None:
    """Within 1 % of the distance to the mean, and the rounding, of the filter in real numbers."""
    raw = noisy(depth, 40, 30)
    scale = 2.0 ** (depth - 10)
    plane: Any = isp.windows(raw.astype(float), 9, 9)[:, :, ::2, ::2]
    mean, variance = plane.mean(axis=(2, 3)), plane.var(axis=(2, 3))
    expected = GAIN * scale * (mean - BLACK * scale) + (READ * scale) ** 2
    share = np.clip(expected / np.maximum(variance, 1e-9), 0, 1)
    out = isp.raw_noise_reduction(raw, *registers(depth), depth=depth)
    tolerance = 0.012 * np.abs(mean - raw) + 1.01
    assert np.all(np.abs(out - (raw + share * (mean - raw))) <= tolerance)


@pytest.mark.parametrize("depth", [8, 12, 16])
def test_golden_flat_stays(depth: int) -> None:
    for level in (0, 1, 100, (1 << depth) - 1):
        raw = np.full((6, 8), level, dtype=np.uint16)
        assert np.array_equal(isp.raw_noise_reduction(raw, 1000, 1000, depth=depth), raw)


def test_golden_without_noise_all_stays() -> None:
    (raw,) = random_frames(10, sizes=[(20, 12)])
    assert np.array_equal(isp.raw_noise_reduction(raw, 0, 0, depth=10), raw)
    assert np.array_equal(isp.raw_noise_reduction(raw, -1000, 1, depth=10), raw)


def test_golden_with_all_noise_is_the_mean() -> None:
    raw = random_frames(10, sizes=[(20, 12)])[0] // 4
    plane: Any = isp.windows(raw.astype(np.int64), 9, 9)[:, :, ::2, ::2]
    mean = np.rint(plane.sum(axis=(2, 3)) / 25)
    assert np.array_equal(isp.raw_noise_reduction(raw, (1 << 23) - 1, 65535, depth=10), mean)


def test_golden_keeps_colours_apart() -> None:
    """Each of the four planes is filtered as if the others were not there."""
    raw = noisy(12, 24, 16)
    other = raw.copy()
    other[1::2, ::2] = 0
    out, out_other = (
        isp.raw_noise_reduction(frame, *registers(12), depth=12) for frame in (raw, other)
    )
    for y, x in ((0, 0), (0, 1), (1, 1)):
        assert np.array_equal(out[y::2, x::2], out_other[y::2, x::2])
    assert not out_other[1::2, ::2].any()


def test_golden_same_registers_at_all_depths() -> None:
    assert registers(8) == registers(10) == registers(12) == registers(16)
    raw = noisy(10, 40, 30)
    narrow = isp.raw_noise_reduction(raw, *registers(10), depth=10)
    wide = isp.raw_noise_reduction((raw << 6).astype(np.uint16), *registers(16), depth=16)
    assert np.abs(wide / 64 - narrow).max() < 1.2


def test_golden_reduces_noise_and_keeps_the_edge() -> None:
    rng = np.random.default_rng(1)
    x = np.arange(200)
    clean = np.where(x < 100, 200.0, 800.0) * np.ones((200, 1))
    raw = np.rint(clean + rng.normal(0, 10, clean.shape)).astype(np.uint16)
    constant, slope = isp.noise_registers(gain=0, read_noise=10, depth=10)
    out = isp.raw_noise_reduction(raw, constant, slope, depth=10)
    flat = (slice(None), slice(0, 90))
    assert out[flat].std() < 0.4 * raw[flat].std()
    assert np.abs(out.mean(axis=0) - raw.mean(axis=0))[97:103].max() < 0.01 * 600


def test_golden_at_the_limits_of_the_quotient() -> None:
    """As much variance as noise gives the mean, a little more not quite; never beyond the mean."""
    raw = lattice(10)
    inside = np.s_[4:-4, 4:-4]
    mean = isp.raw_noise_reduction(raw, EVEN, 0, depth=10)
    assert np.all(mean[inside] == 40)
    less = isp.raw_noise_reduction(raw, EVEN - 25600, 0, depth=10)
    assert np.all(np.where(raw > 0, less > 40, less < 40)[inside])
    assert np.abs(less.astype(int) - 40)[inside].max() < 8
    assert all(m * isp.RECIPROCAL[m - 128] + 128 >> 8 <= 256 for m in range(128, 256))


def test_registers_saturate() -> None:
    assert isp.noise_registers(gain=1e9, read_noise=1e9, depth=12) == ((1 << 23) - 1, 65535)
    assert isp.noise_registers(gain=1.0, read_noise=0.0, black=1e9, depth=12)[0] == -(1 << 23)


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_model(model: tuple[Model, int, int], pauses: dict[str, Any]) -> None:
    dut, depth, ppc = model
    frames, ports = stimuli(depth)
    got = run_on_model(dut, frames, ports, Format(depth, depth, ppc=ppc), decoy=DECOY, **pauses)
    assert equal(got, expected(frames, ports, depth))


@pytest.mark.parametrize("depth", [8, 13])
def test_simulator(depth: int) -> None:
    """Odd sizes, down to the smallest."""
    frames = [noisy(depth, width, height) for width, height in ((5, 5), (7, 6), (11, 5))]
    constant, slope = registers(depth)
    ports: Ports = [
        {"width": frame.shape[1], "height": frame.shape[0], "constant": constant, "slope": slope,
         "bypass": int(k == 1)}
        for k, frame in enumerate(frames)
    ]  # fmt: skip
    dut = Conveyor(RawNoiseReduction(depth=depth, max_width=11), max_width=11)
    form, pauses = Format(depth, depth), PAUSES["both"]
    got = run_on_simulator(
        dut, frames, ports, form, decoy=DECOY, idle=pauses["idle"], stall=pauses["stall"]
    )
    assert equal(got, expected(frames, ports, depth))


def test_cycles(model: tuple[Model, int, int]) -> None:
    dut, depth, ppc = model
    frame = noisy(depth, 32, 9)
    beats = to_beats(frame, depth, ppc)
    constant, slope = registers(depth)
    for name, value in (("width", 32), ("height", 9), ("constant", constant), ("slope", slope)):
        dut.set(name, value)
    dut.set("bypass", 0)
    dut.run(cycles=80, sinks={"o": None})
    slots = len(beats) + 4 * 32 // ppc + 1 + -(-4 // ppc)
    latency = RawNoiseReduction(depth=depth, max_width=32, ppc=ppc).latency
    alone = dut.run(sources={"i": beats}, sinks={"o": len(beats)})
    assert alone.cycles == conveyor_cycles(slots, latency)
    many = dut.run(sources={"i": np.concatenate([beats] * 3)}, sinks={"o": 3 * len(beats)})
    assert many.cycles == conveyor_cycles(slots, latency, frames=3)


@needs_cocotb
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_cocotb(simulator: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    frame = noisy(10, 9, 5)
    constant, slope = registers(10)
    ports = {"width": 9, "height": 5, "constant": constant, "slope": slope, "bypass": 0}
    cases = check_block(
        Conveyor(RawNoiseReduction(depth=10, max_width=16), max_width=16),
        to_beats(frame, 10),
        to_beats(expected([frame], [ports], 10)[0], 10),
        ports=ports,
        frame=(9, 5),
        simulator=simulator,
        build_dir=tmp_path,
    )
    for case in cases:
        with subtests.test(case.name):
            assert case.failure is None, case.failure


def test_rejects() -> None:
    with pytest.raises(ValueError, match=r"depth must be in 8\.\.16, not 17"):
        RawNoiseReduction(depth=17, max_width=64)
    with pytest.raises(ValueError, match="ppc must be 1, 2 or 4, not 3"):
        RawNoiseReduction(depth=10, max_width=64, ppc=3)
