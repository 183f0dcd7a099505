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
from opsin_sw.compiler import compile_model
from opsin_sw.compiler.boxes import Box, chunks, pieces, tiles
from opsin_sw.compiler.descriptor import encode
from opsin_sw.compiler.emit import Loop, copies
from opsin_sw.compiler.graph import Geometry
from opsin_sw.compiler.layout import words
from opsin_sw.compiler.tiling import plan, span
from opsin_sw.driver import GoldenDevice
from opsin_sw.errors import UserError


def random_geometry(rng: np.random.Generator) -> Geometry:
    groups = int(rng.choice([1, 1, 4]))
    kernel = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    return Geometry(
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


def random_config(rng: np.random.Generator) -> NpuConfig:
    size = int(rng.choice([4, 8, 16]))
    return NpuConfig(
        name="random",
        rows=size,
        cols=size,
        activation_words=int(rng.integers(30, 5000)),
        weight_words=size * int(rng.integers(1, 200)),
        accumulator_rows=int(rng.integers(1, 1000)),
    )


@pytest.mark.parametrize("seed", range(40))
def test_random_layers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, config, batch = random_geometry(rng), random_config(rng), int(rng.integers(1, 20))
    tiling = plan(size, batch, config)
    assert tiling is not None
    done = np.zeros((batch, size.output_height, size.output_width), int)
    for tile in tiles(size, batch, tiling):
        assert tile.rows <= min(tiling.rows, config.accumulator_rows)
        done[slice(*tile.batch), slice(*tile.lines), slice(*tile.columns)] += 1
    assert (done == 1).all()

    columns = words(size.outputs, config.cols)
    limit = config.weight_words // config.rows
    for first in range(0, columns, tiling.columns):
        count = min(tiling.columns, columns - first)
        channels = span(size, config, first, count)
        taken = np.zeros((*size.kernel, words(size.channels, config.rows)), int)
        found = chunks(size, channels, tiling)
        if len(found) > 1:
            assert count * tiling.rows <= config.accumulator_rows
        for chunk in found:
            down, across = (
                size.extent(axis, (tiling.height, tiling.width)[axis], chunk.shape[axis])
                for axis in (0, 1)
            )
            input_words = tiling.batch * down * across * chunk.shape[2]
            assert input_words <= tiling.input_words
            for piece in pieces(chunk, limit):
                assert piece.tiles <= limit
                taken[slice(*piece.rows), slice(*piece.columns), slice(*piece.channels)] += 1
        assert (taken[..., slice(*channels)] == 1).all()
        assert taken.sum() == math.prod(size.kernel) * (channels[1] - channels[0])
    assert tiling.input_words + tiling.rows * tiling.columns <= config.activation_words


def test_pieces_of_nothing() -> None:
    assert list(pieces(Box((0, 3), (0, 3), (2, 2)), 4)) == []


@pytest.mark.parametrize("seed", range(20))
def test_copies_move_every_word(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 4, 4)
    there, here = (
        np.cumprod([1, *(counts[::-1] + rng.integers(0, 2, 4))])[3::-1] for _ in range(2)
    )
    loops = [Loop(int(n), int(m), int(k)) for n, m, k in zip(counts, there, here, strict=True)]
    wanted = [
        (int((index * there).sum()), int((index * here).sum()))
        for index in np.ndindex(*counts)
        for index in [np.array(index)]
    ]
    moved = [
        (memory + row * rows.memory + word, local + row * rows.local + word)
        for memory, local, rows, run in copies(loops)
        for row in range(rows.count)
        for word in range(run)
    ]
    assert sorted(moved) == sorted(wanted)


def test_contiguous_copies_are_one() -> None:
    loops = [Loop(4, 30, 30), Loop(5, 6, 6), Loop(6, 1, 1)]
    assert list(copies(loops)) == [(0, 0, Loop(1, 120, 120), 120)]


def test_encode_checks_fields() -> None:
    values = {"zero_point": -1, "minimum": -128, "maximum": 127, "local": 5, "accumulator": 0}
    values |= {"count": 3, "local_stride": -2}
    data = encode(isa.Opcode.REQUANTIZE, **values)
    assert data[:12].hex() == "05000000ff807f0005000000"
    assert len(data) == isa.DESCRIPTOR_BYTES
    with pytest.raises(ValueError, match=r"count must be in 0\.\.65535, not 65536"):
        encode(isa.Opcode.REQUANTIZE, **values | {"count": 1 << 16})
    with pytest.raises(ValueError, match="fields of HALT"):
        encode(isa.Opcode.HALT, count=1)


@pytest.mark.parametrize("config", NPU.values(), ids=NPU)
def test_reductions_of_tens_of_thousands(config: NpuConfig, tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(5))
    x = make.input((20000,), "uint8")
    make.output(make.layer("Gemm", x, (9, 20000), (9,), axis=0, transB=1))
    inputs = make.samples(2)
    onnx.save(make.model(), tmp_path / "m.onnx")
    outputs, _ = GoldenDevice().run(compile_model(tmp_path / "m.onnx", config, 2), inputs)
    (expected,) = onnx_runtime(make.model(), inputs).values()
    assert np.array_equal(*outputs.values(), expected)


def test_refuses_what_cannot_be_tiled(tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(5))
    make.output(make.layer("Gemm", make.input((4,), "uint8"), (4, 4), (4,), axis=1))
    onnx.save(make.model(), tmp_path / "m.onnx")
    for name, value in (("activation_words", 1), ("weight_words", 7), ("accumulator_rows", 0)):
        config = NpuConfig(**{**vars(NPU_SMALL), name: value})
        with pytest.raises(UserError, match=r"operator Gemm \(node 'gemm\d+'\) does not fit"):
            compile_model(tmp_path / "m.onnx", config)
