# SPDX-License-Identifier: MIT
"""The golden model's own reading of the instruction set, and its arithmetic."""

import numpy as np
import pytest

from opsin.npu import isa
from opsin_sim.golden import npu

SIZES = {"rows": 8, "scratchpad_words": 64, "accumulator_rows": 16}


@pytest.mark.parametrize("opcode", list(isa.Opcode), ids=lambda opcode: opcode.name)
def test_fields_agree(opcode: isa.Opcode) -> None:
    read = npu.FIELDS[npu.Opcode[opcode.name]]
    assert {name: isa.Field(*place) for name, place in read.items()} == isa.FIELDS[opcode]


@pytest.mark.parametrize("name", ["Opcode", "Unit", "Error"])
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
