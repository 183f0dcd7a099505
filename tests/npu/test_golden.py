# SPDX-License-Identifier: MIT
"""The golden model's own reading of the instruction set, and its arithmetic."""

import struct

import numpy as np
import pytest

from opsin.npu import isa
from opsin_sim.golden import npu

SIZES = {"rows": 8, "activation_words": 64, "weight_words": 32, "accumulator_rows": 16}


@pytest.mark.parametrize("opcode", list(isa.Opcode), ids=lambda opcode: opcode.name)
def test_layouts_agree(opcode: isa.Opcode) -> None:
    layout = npu.LAYOUTS[npu.Opcode[opcode.name]]
    read = {}
    for name, (dtype, offset, *_) in (layout.fields or {}).items():
        width = 8 * dtype.itemsize
        if name in npu.BITS:
            width = npu.BITS[name].bit_length()
        read[name] = isa.Field(offset // 4, 8 * (offset % 4), width, signed=dtype.kind == "i")
    assert read == isa.FIELDS[opcode]


@pytest.mark.parametrize("name", ["Opcode", "Space", "Error"])
def test_codes_agree(name: str) -> None:
    ours, theirs = getattr(isa, name), getattr(npu, name)
    assert {m.name: m.value for m in ours} == {m.name: m.value for m in theirs}


@pytest.mark.parametrize(
    ("total", "scale", "expected"),
    [
        (5, 0.5, 2),  # ties to even
        (7, 0.5, 4),
        (-5, 0.5, -2),
        (2**24 + 1, 2.0**-24, 1),
        (2**31 - 1, 2.0**-25, 64),
        (-(2**31), 2.0**-25, -64),
        (1, float("inf"), 127),
        (0, float("nan"), 0),
        (-1, float("nan"), -128),
        (-(2**31), 2.0**127, -128),
        (2**31 - 1, 2.0**-126, 0),
    ],
)
def test_requantize(total: int, scale: float, expected: int) -> None:
    sums, scales = np.array([[total]], np.int32), np.array([scale], np.float32)
    assert npu.requantize(sums, scales).tolist() == [[expected]]


def test_requantize_clips_by_maximum_last() -> None:
    sums, scale = np.array([-100, 0, 100], np.int32), np.ones(3, np.float32)
    clipped = npu.requantize(sums, scale, zero_point=3, minimum=9, maximum=7)
    assert clipped.tolist() == [7, 7, 7]


def test_matmul_by_hand() -> None:
    """A 2×2 convolution, stride 2, over a 4×4 picture in words 0..15."""
    machine = npu.Machine(**SIZES)
    rng = np.random.default_rng(1)
    picture = rng.integers(-128, 128, (4, 4, 8), np.int8)
    weights = rng.integers(-128, 128, (2, 2, 8, 8), np.int8)
    machine.activations[:16] = picture.reshape(16, 8)
    machine.weights[:] = weights.reshape(32, 8)
    machine.parameters.view("<i4")[:4] = 1000
    matmul = struct.pack("<BBHIII6H6i12x", 4, 0, 0, 0, 0, 3, 2, 2, 1, 2, 2, 1, 1, 4, 0, 2, 8, 0)
    memory = np.frombuffer(matmul + bytes([6]) + bytes(63), np.uint8).copy()
    assert machine.run(memory, 0).macs == 4 * 4 * 64
    expected = [
        1000
        + sum(
            picture[2 * y + i, 2 * x + j].astype(int) @ weights[i, j].astype(int)
            for i in range(2)
            for j in range(2)
        )
        for y in range(2)
        for x in range(2)
    ]
    assert np.array_equal(machine.accumulator[3:7], expected)
