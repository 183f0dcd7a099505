# SPDX-License-Identifier: MIT
"""Addition in binary32 against NumPy's."""

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from opsin.npu.binary32_add import Add
from opsin_sim.harness import Model


class Adder(wiring.Component):
    """Streams of pairs and sums."""

    i: stream.Interface
    o: stream.Interface

    def __init__(self) -> None:
        super().__init__({"i": In(stream.Signature(64)), "o": Out(stream.Signature(32))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.add = add = Add()
        valid = Signal(Add.latency)
        m.d.sync += valid.eq(Cat(self.i.valid, valid))
        m.d.comb += [
            self.i.ready.eq(1),
            Value.cast(add.a).eq(self.i.payload[:32]),
            Value.cast(add.b).eq(self.i.payload[32:]),
            self.o.payload.eq(Value.cast(add.o)),
            self.o.valid.eq(valid[-1]),
        ]
        return m


def added(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return NumPy's sums; subnormals flushed, NaNs infinite, infinity less infinity zero."""
    x, y = (np.where(v & 0x7F800000, v, v & np.uint32(0x80000000)) for v in (a, b))
    x, y = (np.where(v & 0x7FFFFFFF > 0x7F800000, v & 0xFF800000, v) for v in (x, y))
    with np.errstate(all="ignore"):
        total = x.astype(np.uint32).view(np.float32) + y.astype(np.uint32).view(np.float32)
    bits = np.where(np.isnan(total), np.float32(0), total).view(np.uint32)
    flushed: NDArray[np.uint32] = np.where(bits & 0x7F800000, bits, bits & 0x80000000)
    return flushed.astype(np.uint32)


def pairs() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Draw all differences of exponents, cancellation, ties, and anything."""
    rng = np.random.default_rng(1)
    few = np.array([0, 1, 2, 3, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFE, 0x7FFFFF], np.uint32)
    numbers = []
    for _ in range(2):
        corner = rng.choice(few, 600_000)
        fraction = np.where(rng.random(600_000) < 0.5, corner, rng.integers(0, 2**23, 600_000))
        numbers.append(fraction | rng.integers(0, 512, 600_000) << 23)
    a, b = numbers
    # exponents close to each other, and everywhere
    near = np.clip((a[:400_000] >> 23 & 255) + rng.integers(-30, 31, 400_000), 0, 255)
    b[:400_000] = b[:400_000] & 0x807FFFFF | near << 23
    # nearly opposite numbers, and those that differ by a few bits
    b[:100_000] = (a[:100_000] ^ 0x80000000) + rng.integers(-2, 3, 100_000)
    # every pair of exponents
    exponents = np.arange(512)
    every = [grid.ravel() << 23 for grid in np.meshgrid(exponents, exponents)]
    fractions = rng.choice(few, (2, 512 * 512))
    a = np.concatenate([a, every[0] | fractions[0]]).astype(np.uint32)
    b = np.concatenate([b, every[1] | fractions[1]]).astype(np.uint32)
    return a, b


def test_equals_numpy() -> None:
    a, b = pairs()
    packed = a.astype(np.uint64) | b.astype(np.uint64) << np.uint64(32)
    with Model(Adder()) as model:
        run = model.run({"i": packed}, {"o": len(a)}, timeout=2 * len(a))
    assert len(a) > 800_000
    assert np.array_equal(np.asarray(run.outputs["o"]).astype(np.uint32), added(a, b))
