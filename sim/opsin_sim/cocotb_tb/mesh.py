# SPDX-License-Identifier: MIT
"""Mesh on a Verilog simulator: tiles without a gap, each as early as allowed.

Parameters: ``rows``, ``cols``; the tag has eight bits.
"""

import random
from typing import Any

import cocotb
import numpy as np
from amaranth.lib import data
from cocotb.triggers import RisingEdge

from opsin.npu.mesh import Sums, Vector, WeightRow
from opsin_sim.bench import parameters, start

TAG = 8


def bits(layout: data.Layout, fields: dict[str, Any]) -> int:
    """Value of a port that is a structure."""
    return int(layout.const(fields).as_bits())


@cocotb.test()
async def multiplies(dut: Any) -> None:
    rows, cols = parameters()["rows"], parameters()["cols"]
    rng = np.random.default_rng(random.getrandbits(32))
    lengths = [rows, rows, 1, rows + 5, 2, rows, *rng.integers(1, 3 * rows, 6).tolist()]
    tiles = rng.integers(-128, 128, (len(lengths), rows, cols), np.int8)
    tiles[1] = -128
    weights: list[int | None] = []
    vectors: list[int | None] = [None] * rows
    expected: list[int | None] = []
    for index, (tile, length) in enumerate(zip(tiles, lengths, strict=True)):
        activations = rng.integers(-128, 128, (length, rows), np.int8)
        activations[0] = -128
        pause = max(rows - length, 0)
        weights += [None] * (max(lengths[index - 1], rows) - rows if index else 0)
        for row in rng.permutation(rows):
            fields = {"weight": tile[row].tolist(), "row": int(row), "valid": 1}
            weights.append(bits(WeightRow(rows, cols), fields))
        for n, vector in enumerate(activations.tolist()):
            fields = {"activation": vector, "tag": index, "swap": n == 0, "valid": 1}
            vectors.append(bits(Vector(rows, TAG), fields))
        vectors += [None] * pause
        for sums in (activations.astype(int) @ tile.astype(int)).tolist():
            expected.append(bits(Sums(cols, TAG), {"sum": sums, "tag": index, "valid": 1}))
        expected += [None] * pause

    await start(dut, timeout=10_000)
    latency = rows + cols + 1
    seen = []
    for cycle in range(len(vectors) + latency + 1):
        dut.i.value = (vectors[cycle] if cycle < len(vectors) else None) or 0
        dut.weights.value = (weights[cycle] if cycle < len(weights) else None) or 0
        await RisingEdge(dut.clk)
        o = dut.o.value
        valid = o[len(o) - 1]
        assert valid in (0, 1), f"valid must be 0 or 1, not {valid}"
        seen.append(o.to_unsigned() if valid == 1 else None)
    assert seen[rows + latency :][: len(expected)] == expected
    assert seen[: rows + latency] == [None] * (rows + latency)
