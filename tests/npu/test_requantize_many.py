# SPDX-License-Identifier: MIT
"""Requantization against NumPy's binary32, over a million pairs and all corners."""

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from opsin.npu.binary32 import Binary32, FromInteger
from opsin.npu.requantize import Clip, Requantize
from opsin_sim.golden import npu
from opsin_sim.harness import Model, pack

PAIR = data.StructLayout({"sum": signed(32), "scale": Binary32()})


class Lane(wiring.Component):
    """One lane, each sum with a scale of its own."""

    i: stream.Interface
    clip: data.View
    o: stream.Interface

    def __init__(self) -> None:
        super().__init__(
            {
                "i": In(stream.Signature(PAIR)),
                "clip": In(Clip()),
                "o": Out(stream.Signature(signed(8))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.requantize = requantize = Requantize(cols=1)
        scale = self.i.p.scale
        for stage in range(FromInteger.latency):
            later = Signal(Binary32(), name=f"scale_{stage}")
            m.d.sync += later.eq(scale)
            scale = later
        m.d.comb += [
            self.i.ready.eq(1),
            requantize.i.sum[0].eq(self.i.p.sum),
            requantize.i.valid.eq(self.i.valid),
            requantize.scale[0].eq(scale),
            requantize.clip.eq(self.clip),
            self.o.payload.eq(requantize.o.activation[0]),
            self.o.valid.eq(requantize.o.valid),
        ]
        return m


def corners() -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
    powers = 1 << np.arange(32)
    around = (powers[:, None] + np.arange(-3, 4)).ravel()
    rounded = (powers[24:, None] + powers[None, :9] * np.array([[[1]], [[3]]])).ravel()
    sums = np.unique(np.clip(np.concatenate([around, rounded]), 0, 2**31 - 1))
    sums = np.concatenate([sums, -sums, [-(2**31)]]).astype(np.int32)
    fractions = np.array([0, 1, 2, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFE, 0x7FFFFF], np.uint32)
    scales = (np.arange(256, dtype=np.uint32)[:, None] << 23 | fractions).ravel()
    return sums, scales


def pairs(seed: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    sums, scales = corners()
    chosen = rng.choice(scales, 400)
    cross = np.meshgrid(sums, chosen)
    # products within reach of the clip, and halves of integers with their neighbours
    many = 600_000
    wide = rng.integers(-(2**31), 2**31, many) >> rng.integers(0, 31, many)
    near = (rng.uniform(-300, 300, many) / np.where(wide == 0, 1, wide)).astype(np.float32)
    halves = 2 * rng.integers(-300, 300, many) + 1
    shift = rng.integers(0, 22, many)
    half = np.float32(0.5) * np.exp2(-shift).astype(np.float32)
    half = half.view(np.uint32) + rng.integers(-1, 2, many).astype(np.uint32)
    any_scale = rng.integers(0, 2**32, many).astype(np.uint32)
    return (
        np.concatenate([cross[0].ravel(), wide, halves << shift, wide]).astype(np.int32),
        np.concatenate([cross[1].ravel(), near.view(np.uint32), half, any_scale]).view(np.float32),
    )


@pytest.mark.parametrize(
    "clip",
    [
        {"zero_point": 0, "minimum": -128, "maximum": 127},
        {"zero_point": -128, "minimum": -100, "maximum": 127},
        {"zero_point": 127, "minimum": 0, "maximum": 6},
    ],
    ids=["symmetric", "low", "high"],
)
def test_equals_numpy(clip: dict[str, int]) -> None:
    model = Model(Lane())
    model.set("clip", clip)
    sums, scales = pairs(clip["zero_point"] + 128)
    bits = scales.view(np.uint32)
    packed = pack(
        PAIR,
        {
            "sum": sums,
            "scale": {
                "fraction": bits & 0x7FFFFF,
                "exponent": bits >> 23 & 0xFF,
                "sign": bits >> 31,
            },
        },
    )
    run = model.run({"i": packed}, {"o": len(sums)}, timeout=2 * len(sums))
    expected = npu.requantize(sums, scales, **clip)
    assert len(sums) > 1_000_000
    assert np.array_equal(run.outputs["o"].view(np.int8), expected)
