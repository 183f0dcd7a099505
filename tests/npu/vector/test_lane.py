# SPDX-License-Identifier: MIT
"""One column's arithmetic against NumPy's binary32, over a million values and all corners."""

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from opsin.npu.binary32 import Binary32
from opsin.npu.requantize import Clip, ToActivation
from opsin.npu.vector.lane import Lane
from opsin_sim.golden.npu.vector import add, requantize
from opsin_sim.harness import Model

Ints = NDArray[np.int64]
Bits = NDArray[np.uint32]
LAYOUT = data.StructLayout(
    {
        "value": signed(32),
        "bias": signed(32),
        "scale": Binary32(),
        "operand_scale": Binary32(),
        "clip": Clip(),
        "operand": signed(9),
    }
)
CLIPS = [
    {"zero_point": 0, "minimum": -128, "maximum": 127},
    {"zero_point": -128, "minimum": -100, "maximum": 127},
    {"zero_point": 127, "minimum": 0, "maximum": 6},
    {"zero_point": 3, "minimum": 9, "maximum": 7},
]


class Bench(wiring.Component):
    """One lane; whatever belongs to a value comes with it."""

    i: stream.Interface
    o: stream.Interface

    def __init__(self) -> None:
        super().__init__({"i": In(stream.Signature(LAYOUT)), "o": Out(stream.Signature(signed(8)))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.lane = lane = Lane()

        def later(value: Value, cycles: int) -> Value:
            for _ in range(cycles):
                after = Signal(value.shape())
                m.d.sync += after.eq(value)
                value = after
            return value

        p = self.i.p
        for name in "value", "bias", "operand":
            m.d.comb += getattr(lane, name).eq(p[name])
        for name in "scale", "operand_scale":
            scale = later(Value.cast(p[name]), Lane.scale_delay)
            m.d.comb += Value.cast(getattr(lane, name)).eq(scale)
        for name, delay in ToActivation.clip_delays.items():
            m.d.comb += lane.clip[name].eq(later(p.clip[name], Lane.clip_delay + delay))
        valid = Signal(Lane.latency)
        m.d.sync += valid.eq(Cat(self.i.valid, valid))
        m.d.comb += [self.i.ready.eq(1), self.o.payload.eq(lane.o), self.o.valid.eq(valid[-1])]
        return m


def through(clip: dict[str, int], operand: Ints, *columns: NDArray[np.int32] | Bits) -> Ints:
    """Results of the hardware; columns are values, biases, scales and operands' scales."""
    words = np.zeros((len(operand), 6), np.uint32)
    for n, column in enumerate(columns):
        words[:, n] = column.view(np.uint32)
    bits = sum(
        (clip[name] & 255) << 8 * n for n, name in enumerate(("zero_point", "minimum", "maximum"))
    )
    words[:, 4] = bits | (operand & 255) << 24
    words[:, 5] = operand >> 8 & 1
    with Model(Bench()) as model:
        run = model.run({"i": words}, {"o": len(words)}, timeout=2 * len(words))
    return np.asarray(run.outputs["o"]).view(np.int8).astype(np.int64)


def corners() -> tuple[Ints, Bits]:
    """Return integers around powers of two and ties, and scales of every exponent."""
    powers = 1 << np.arange(32)
    around = (powers[:, None] + np.arange(-3, 4)).ravel()
    rounded = (powers[24:, None] + powers[None, :9] * np.array([[[1]], [[3]]])).ravel()
    sums = np.unique(np.clip(np.concatenate([around, rounded]), 0, 2**31 - 1))
    fractions = np.array([0, 1, 2, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFE, 0x7FFFFF], np.uint32)
    scales = (np.arange(512, dtype=np.uint32)[:, None] << 23 | fractions).ravel()
    return np.concatenate([sums, -sums, [-(2**31)]]), scales.astype(np.uint32)


def products(seed: int) -> tuple[NDArray[np.int32], Bits]:
    """Draw products within reach of the clip, halves with their neighbours, and corners."""
    rng = np.random.default_rng(seed)
    sums, scales = corners()
    cross = np.meshgrid(sums, rng.choice(scales, 200))
    many = 100_000
    wide = rng.integers(-(2**31), 2**31, many) >> rng.integers(0, 31, many)
    near = (rng.uniform(-300, 300, many) / np.where(wide == 0, 1, wide)).astype(np.float32)
    halves = 2 * rng.integers(-300, 300, many) + 1
    shift = rng.integers(0, 22, many)
    half = np.float32(0.5) * np.exp2(-shift).astype(np.float32)
    half_bits = half.view(np.uint32) + rng.integers(-1, 2, many).astype(np.uint32)
    any_scale = rng.integers(0, 2**32, many).astype(np.uint32)
    return (
        np.concatenate([cross[0].ravel(), wide, halves << shift, wide]).astype(np.int32),
        np.concatenate([cross[1].ravel(), near.view(np.uint32), half_bits, any_scale]),
    )


def test_requantizes() -> None:
    """Sums with biases, which wrap, and scales of all kinds."""
    total = 0
    for n, clip in enumerate(CLIPS):
        sums, scales = products(n)
        bias = np.random.default_rng(n).integers(-(2**31), 2**31, len(sums)).astype(np.int32)
        value = (sums.astype(np.int64) - bias).astype(np.int32)
        found = through(clip, np.zeros(len(sums), np.int64), value, bias, scales)
        assert np.array_equal(found, requantize(value, bias, scales.view(np.float32), **clip))
        total += len(sums)
    assert total > 1_000_000


def test_adds() -> None:
    """All pairs of small integers, with scales near each other, opposite, and any."""
    rng = np.random.default_rng(7)
    a, b = (grid.ravel() for grid in np.meshgrid(np.arange(-255, 256), np.arange(-255, 256)))
    near = rng.uniform(0.3, 1, (2, a.size)) * np.exp2(rng.integers(-12, 3, a.size))
    near_bits = near.astype(np.float32).view(np.uint32)
    opposite = near_bits.copy()
    opposite[1] = (opposite[0] ^ 1 << 31) + rng.integers(-1, 2, a.size)
    halves = np.exp2(rng.integers(-8, 2, (2, a.size))).astype(np.float32).view(np.uint32)
    every = rng.choice(corners()[1], (2, a.size))
    for n, scales in enumerate([near_bits, opposite, halves, every]):
        clip = CLIPS[n % 2]
        found = through(clip, b, a.astype(np.int32), np.zeros_like(a, np.int32), *scales)
        first, second = scales.view(np.float32)
        expected = add(a, b, source_scale=first, operand_scale=second, **clip)
        assert np.array_equal(found, expected)
