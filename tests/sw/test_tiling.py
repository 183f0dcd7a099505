# SPDX-License-Identifier: MIT
"""Tilings fit the memories they are made for, and cover their layers."""

import math
from pathlib import Path

import numpy as np
import onnx
import pytest

from opsin.config import NPU, NPU_SMALL, NpuConfig
from opsin.npu import isa
from opsin_sim.qdq import ModelMaker, onnx_runtime
from opsin_sw.bench_npu.workloads import graph
from opsin_sw.compiler import compile_model
from opsin_sw.compiler.areas import PARAMETER_WORDS
from opsin_sw.compiler.boxes import Box, chunks, pieces, tiles
from opsin_sw.compiler.cost import plan
from opsin_sw.compiler.descriptor import encode
from opsin_sw.compiler.emit import COUNT_LIMIT, Loop, copies
from opsin_sw.compiler.graph import Convolution, Geometry
from opsin_sw.compiler.inputs import Input
from opsin_sw.compiler.layout import tile_words, words
from opsin_sw.compiler.tiling import lines, span
from opsin_sw.driver import GoldenDevice
from opsin_sw.errors import UserError


def random_layer(rng: np.random.Generator) -> Convolution:
    groups = int(rng.choice([1, 1, 4]))
    kernel = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    size = Geometry(
        height=int(rng.integers(8, 40)),
        width=int(rng.integers(8, 40)),
        channels=groups * int(rng.integers(1, 80)),
        outputs=groups * int(rng.integers(1, 80)),
        kernel=kernel,
        stride=(int(rng.integers(1, 4)), int(rng.integers(1, 4))),
        dilation=(int(rng.integers(1, 3)), int(rng.integers(1, 3))),
        pads=(1, 0, 2, 1),
        groups=groups,
    )
    (layer,) = graph(size).layers
    assert isinstance(layer, Convolution)
    return layer


def random_config(rng: np.random.Generator) -> NpuConfig:
    size = int(rng.choice([4, 8, 16]))
    return NpuConfig(
        name="random",
        rows=size,
        cols=size,
        scratchpad_words=2 ** int(rng.integers(8, 14)),
        accumulator_rows=2 ** int(rng.integers(3, 11)),
        lanes=size // 2,
    )


@pytest.mark.parametrize("seed", range(40))
def test_random_layers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layer, config, batch = random_layer(rng), random_config(rng), int(rng.integers(1, 20))
    size, tiling = layer.geometry, plan(layer, batch, config)
    assert tiling is not None
    areas = tiling.areas
    assert areas.input + areas.weights + areas.output <= config.scratchpad_words
    assert tiling.input_words * tiling.buffers <= areas.input
    results = tiling.rows * tiling.columns * tiling.outputs
    assert areas.output_start + results <= areas.parameters_start(0)
    assert areas.slots * areas.columns * PARAMETER_WORDS <= areas.output

    columns = words(size.outputs, config.cols)
    done = np.zeros((batch, size.output_height, size.output_width), int)
    for tile in tiles(size, batch, tiling):
        assert tile.rows <= min(tiling.rows, config.accumulator_rows // 2)
        done[slice(*tile.batch), slice(*tile.lines), slice(*tile.columns)] += 1
        for first in range(0, columns, tiling.columns):
            channels = span(size, config, first, min(tiling.columns, columns - first))
            for chunk in chunks(size, channels, tiling):
                assert Input.of(size, tile, chunk).words <= tiling.input_words
    assert (done == 1).all()

    for first in range(0, columns, tiling.columns):
        count = min(tiling.columns, columns - first)
        channels = span(size, config, first, count)
        taken = np.zeros((*size.kernel, words(size.channels, config.rows)), int)
        found = chunks(size, channels, tiling)
        if len(found) > 1:
            assert count * tiling.rows <= config.accumulator_rows // 2
        for chunk in found:
            for piece in pieces(chunk, tiling.piece):
                assert piece.tiles * tile_words(layer, config.rows) <= areas.weights
                taken[slice(*piece.rows), slice(*piece.columns), slice(*piece.channels)] += 1
        assert (taken[..., slice(*channels)] == 1).all()
        assert taken.sum() == math.prod(size.kernel) * (channels[1] - channels[0])


@pytest.mark.parametrize(("total", "first", "part"), [(7, 7, 7), (7, 2, 3), (9, 1, 4), (5, 5, 2)])
def test_lines(total: int, first: int, part: int) -> None:
    found = lines(total, first, part)
    assert found[0] == (0, first)
    assert [b for _, b in found[:-1]] == [a for a, _ in found[1:]]
    assert found[-1][1] == total
    assert all(0 < b - a <= part for a, b in found[1:])


def test_pieces_of_nothing() -> None:
    assert list(pieces(Box((0, 3), (0, 3), (2, 2)), 4)) == []


@pytest.mark.parametrize("seed", range(20))
def test_copies_move_every_word(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 5, 4)
    there, here = (
        np.cumprod([1, *(counts[::-1] + rng.integers(0, 2, 4))])[3::-1] for _ in range(2)
    )
    loops = [Loop(int(n), int(m), int(k)) for n, m, k in zip(counts, there, here, strict=True)]
    wanted = [
        (int((np.array(index) * there).sum()), int((np.array(index) * here).sum()))
        for index in np.ndindex(*counts)
    ]
    limit = int(rng.integers(1, 9))
    moved = []
    for memory, local, planes, rows, run in copies(loops, limit):
        assert run <= limit
        moved += [
            (
                memory + plane * planes.memory + row * rows.memory + word,
                local + plane * planes.local + row * rows.local + word,
            )
            for plane in range(planes.count)
            for row in range(rows.count)
            for word in range(run)
        ]
    assert sorted(moved) == sorted(wanted)


def test_contiguous_copies_are_one() -> None:
    loops = [Loop(4, 30, 30), Loop(5, 6, 6), Loop(6, 1, 1)]
    (found,) = copies(loops, COUNT_LIMIT)
    assert (found[0], found[1], found[4]) == (0, 0, 120)


def test_encode_checks_fields() -> None:
    values = {"zero_point": -1, "minimum": -128, "maximum": 127, "local": 5, "source": 0}
    values |= {"n0": 3, "n1": 1, "local_n0_stride": -2}
    data = encode(isa.Opcode.REQUANTIZE, **values)
    assert data[:8].hex() == "0400000005000000"
    assert data[44:48].hex() == "ff807f00"
    assert len(data) == isa.DESCRIPTOR_BYTES
    with pytest.raises(ValueError, match=r"n0 must be in 0\.\.65535, not 65536"):
        encode(isa.Opcode.REQUANTIZE, **values | {"n0": 1 << 16})
    with pytest.raises(ValueError, match="fields of HALT"):
        encode(isa.Opcode.HALT, count=1)


@pytest.mark.parametrize("config", NPU.values(), ids=NPU)
def test_reductions_of_thousands(config: NpuConfig, tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(5))
    x = make.input((6000,), "uint8")
    make.output(make.layer("Gemm", x, (9, 6000), (9,), axis=0, transB=1))
    inputs = make.samples(2)
    onnx.save(make.model(), tmp_path / "m.onnx")
    outputs, _ = GoldenDevice().run(compile_model(tmp_path / "m.onnx", config, 2), inputs)
    (expected,) = onnx_runtime(make.model(), inputs).values()
    (found,) = outputs.values()
    assert np.array_equal(found, expected)


def test_refuses_what_cannot_be_tiled(tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(5))
    make.output(make.layer("Gemm", make.input((4,), "uint8"), (4, 4), (4,), axis=1))
    onnx.save(make.model(), tmp_path / "m.onnx")
    for name, value in (("scratchpad_words", 8), ("accumulator_rows", 1)):
        config = NpuConfig(**{**vars(NPU_SMALL), name: value})
        with pytest.raises(UserError, match=r"operator Gemm \(node 'gemm\d+'\) does not fit"):
            compile_model(tmp_path / "m.onnx", config)
