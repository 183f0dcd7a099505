# SPDX-License-Identifier: MIT
"""Planes with edges on the golden model, beside planes that are really padded."""

from itertools import product

import numpy as np
import pytest

from opsin_sim.golden.npu import Opcode, Space
from opsin_sim.golden.npu.check import Sizes, check
from opsin_sim.golden.npu.codes import Error
from opsin_sim.golden.npu.matmul import depthwise
from opsin_sim.golden.npu.touched import reads

_WORDS = 256


def plane(edges: int, across: int, down: int, step: int, first: int) -> tuple[dict[str, int], int]:
    """Fields of a plane whose first word is at ``first``; and how many words it has."""
    left, right, top, bottom = (edges >> n & 1 for n in range(4))
    pitch = (across - 1) * step + 3 - left - right
    lines = (down - 1) * step + 3 - top - bottom
    f = dict.fromkeys(["k2", "n2"], 1) | {"k0": 3, "k1": 3, "n0": across, "n1": down}
    f |= {"k0_stride": 1, "k1_stride": pitch, "n0_stride": step, "n1_stride": step * pitch}
    f |= {"k2_stride": 99, "n2_stride": 99, "weights": 0, "accumulator": 0, "accumulate": 0}
    local = (first - left - top * pitch) % 2**32
    return f | {"edges": edges, "padding": 201, "local": local}, pitch * lines


@pytest.mark.parametrize("edges", range(16))
def test_padded(edges: int) -> None:
    """Sums are those of a plane with padding around; no other word is read, or asked for."""
    rng = np.random.default_rng(edges)
    sides = [edges >> n & 1 for n in range(4)]
    for across, down, step, offset in product((1, 2, 3, 5), (1, 2, 4), (1, 2), (0, 1)):
        scratchpad = rng.integers(-128, 128, (_WORDS, 4)).astype(np.int8)
        f, count = plane(edges, across, down, step, first=20)
        f["offset"] = offset
        sums = np.zeros((64, 4), np.int32)
        depthwise(scratchpad, sums, f)
        pitch = f["k1_stride"]
        given = scratchpad[20 : 20 + count].reshape(-1, pitch, 4)
        around = ((sides[2], sides[3]), (sides[0], sides[1]), (0, 0))
        padded = np.pad(given, around, constant_values=201 - 256).astype(np.int64)
        if offset:
            padded = (padded & 255) - 128
        taps = scratchpad[:9].reshape(3, 3, 4)
        for y, x in product(range(down), range(across)):
            window = padded[y * step : y * step + 3, x * step : x * step + 3]
            assert (sums[y * across + x] == (window * taps).sum(axis=(0, 1))).all()
        read = reads(Opcode.DEPTHWISE, f, 4, _WORDS)[Space.SCRATCHPAD]
        inside = read[read >= 9]
        assert (inside.min(), inside.max()) == (20, 19 + count)


@pytest.mark.parametrize("edges", range(16))
def test_range(edges: int) -> None:
    """A plane at both ends of the scratchpad, and a word beyond."""
    sizes = Sizes(rows=4, scratchpad_words=_WORDS, accumulator_rows=64)
    _, count = plane(edges, 3, 4, 1, 0)
    for first, good in ((0, 1), (_WORDS - count, 1), (-1, 0), (_WORDS - count + 1, 0)):
        f, _ = plane(edges, 3, 4, 1, first)
        assert check(Opcode.DEPTHWISE, f, sizes) is (Error.NONE if good else Error.RANGE)
