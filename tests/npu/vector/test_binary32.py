# SPDX-License-Identifier: MIT
"""Products and conversions in binary32 against NumPy's."""

from collections.abc import Sequence

import numpy as np
from amaranth.hdl import Value, ValueCastable
from amaranth.lib import wiring
from amaranth.sim import Simulator
from numpy.typing import NDArray

from opsin.npu.binary32 import FromInteger, Multiply
from opsin_sim.stream import SimulatorContext

SUMS = np.array(
    [
        *(0, 1, -1, 5, -7, 255, 256),
        *(2**24 + 1, 2**24 + 3, 2**25 + 2, 2**25 + 6, -(2**24) - 1, 2**30),
        *(2**31 - 1, 2**31 - 64, 2**31 - 65, 2**31 - 128, -(2**31), -(2**31) + 1),
    ],
    np.int32,
)
SCALES = np.array(
    [
        *(0x00000000, 0x00000001, 0x007FFFFF, 0x00800000, 0x00FFFFFF),  # around 2**-126
        *(0x7F000000, 0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0xFF800000),  # large, infinite, NaN
        *(0x3F000000, 0xBF000000, 0x3F800000, 0x3EFFFFFF, 0x33800000),
    ],
    np.uint32,
).view(np.float32)


def through(
    dut: wiring.Component, drive: Sequence[Value | ValueCastable], o: Value, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Results of ``dut.latency`` cycles later for one row of ``drive`` values per cycle."""
    latency: int = dut.latency  # type: ignore[attr-defined]
    seen = []
    sim = Simulator(dut)
    sim.add_clock(1e-6)

    @sim.add_testbench
    async def bench(ctx: SimulatorContext) -> None:
        for cycle in range(len(rows) + latency):
            if cycle < len(rows):
                for port, value in zip(drive, rows[cycle], strict=True):
                    ctx.set(Value.cast(port), int(value))
            if cycle >= latency:
                seen.append(ctx.get(o))
            await ctx.tick()

    sim.run()
    return np.array(seen)


def test_from_integer() -> None:
    dut = FromInteger()
    rng = np.random.default_rng(1)
    random = rng.integers(-(2**31), 2**31, 500) >> rng.integers(0, 31, 500)
    sums = np.concatenate([SUMS, random]).astype(np.int32)
    out = through(dut, [dut.i], Value.cast(dut.o), sums[:, None].astype(np.int64))
    assert np.array_equal(out.astype(np.uint32), sums.astype(np.float32).view(np.uint32))


def test_multiply() -> None:
    dut = Multiply()
    rng = np.random.default_rng(2)
    random = rng.integers(0, 2**32, (800, 2)).astype(np.uint32)
    random[:400] = (random[:400] & 0x8FFFFFFF) | 0x38000000  # close to one
    corners = np.array(np.meshgrid(SCALES, SCALES)).reshape(2, -1).T
    odd = 2 * rng.integers(2**11, 2**12, (200, 2)) + 1  # products of 24 or 25 bits: many are ties
    ties = odd.astype(np.float32) * np.exp2(rng.integers(-20, 20, (200, 2))).astype(np.float32)
    pairs = np.concatenate([random.view(np.float32), corners, ties])
    out = through(dut, [dut.a, dut.b], Value.cast(dut.o), pairs.view(np.uint32).astype(np.int64))

    sign = np.where(np.signbit(pairs), -1.0, 1.0)
    size = np.where(np.isfinite(pairs), np.abs(pairs), np.inf)
    size[size < 2.0**-126] = 0
    with np.errstate(all="ignore"):
        exact = np.prod(size, axis=1, dtype=np.float64)
        product = np.where(np.any(size == 0, axis=1), 0, exact).astype(np.float32)
        small = (exact * 2.0**64).astype(np.float32) < 2.0 ** (64 - 126)  # rounded as if normal
    product[small] = 0
    product = np.copysign(product, np.prod(sign, axis=1)).astype(np.float32)
    assert np.array_equal(out.astype(np.uint32), product.view(np.uint32))
