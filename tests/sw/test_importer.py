# SPDX-License-Identifier: MIT
"""Shapes and patterns that are folded away."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from opsin.config import NPU_TINY
from opsin_sim.qdq import ModelMaker, Quantized, onnx_runtime
from opsin_sw.compiler import Program, compile_model
from opsin_sw.driver import GoldenDevice
from opsin_sw.errors import UserError


def compiled(model: onnx.ModelProto, tmp_path: Path, batch: int | None = None) -> Program:
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    return compile_model(path, NPU_TINY, batch)


def check(make: ModelMaker, tmp_path: Path, batch: int | None = None, samples: int = 3) -> Program:
    inputs = make.samples(samples)
    program = compiled(make.model(), tmp_path, batch)
    outputs, _ = GoldenDevice().run(program, inputs)
    for name, expected in onnx_runtime(make.model(), inputs).items():
        assert np.array_equal(outputs[name], expected), name
    return program


def viewed(make: ModelMaker, x: Quantized, shape: tuple[int, ...], operator: str,
           *inputs: str, **attributes: object) -> Quantized:  # fmt: skip
    name = make.node(operator, x.name, *inputs, **attributes)
    return Quantized(name, shape, x.dtype, x.scale, x.zero_point)


def conv(make: ModelMaker, x: Quantized, **options: object) -> Quantized:
    """3 × 3, two outputs, same size."""
    shape = (2, *x.shape[1:])
    return make.layer("Conv", x, (2, x.shape[0], 3, 3), shape, axis=0, pads=[1] * 4, **options)


def make_model(**options: object) -> ModelMaker:
    return ModelMaker(np.random.default_rng(1), **options)


@pytest.mark.parametrize("opset", [10, 11, 12, 13, 17, 19, 21, 23])
def test_operator_sets(opset: int, tmp_path: Path) -> None:
    make = make_model(opset=opset)
    x = make.input((3, 5, 4), "uint8", as_float=True)
    make.output(conv(make, x, activation="Relu", per_channel=opset >= 13), as_float=True)
    check(make, tmp_path)


def test_shape_operators(tmp_path: Path) -> None:
    make = make_model()
    x = make.input((20,), "uint8")
    x = viewed(make, x, (1, 4, 5), "Reshape", make.constant([0, 1, 4, -1]))
    x = conv(make, x)
    x = viewed(make, x, (2, 1, 4, 5), "Unsqueeze", make.constant([2]))
    x = viewed(make, x, (2, 4, 5), "Squeeze", make.constant([-3]))
    x = conv(make, viewed(make, x, x.shape, "Identity"))
    make.output(viewed(make, x, (40,), "Reshape", make.constant([-1, 40])))
    row = viewed(make, x, (2, 20), "Reshape", make.constant([0, 2, 20]))
    row = make.layer("Conv", row, (3, 2, 4), (3, 17), axis=0)
    make.output(viewed(make, row, (3, 1, 17), "Unsqueeze", make.constant([2])), as_float=True)
    check(make, tmp_path, batch=2)


def test_old_squeeze(tmp_path: Path) -> None:
    make = make_model(opset=11)
    x = make.input((2, 1, 5, 6), "uint8")
    x = viewed(make, x, (2, 5, 6), "Squeeze", axes=[2])
    x = viewed(make, x, (2, 1, 30), "Reshape", make.constant([0, 2, 1, 30]))
    x = viewed(make, x, (2, 30), "Squeeze", axes=[2])
    x = viewed(make, x, (2, 30, 1), "Unsqueeze", axes=[3])
    make.output(conv(make, x, per_channel=False))
    check(make, tmp_path)


def test_matmul_over_rows(tmp_path: Path) -> None:
    make = make_model()
    x = make.input((3, 2, 7), "int8", as_float=True)
    x = make.layer("MatMul", x, (7, 10), (3, 2, 10), axis=1, bias=None)
    x = make.layer("MatMul", x, (10, 9), (3, 2, 9), axis=1, bias=None, activation="Relu")
    make.output(x)
    flat = viewed(make, x, (54,), "Flatten")
    make.output(make.layer("Gemm", flat, (54, 5), (5,), axis=1), as_float=True)
    check(make, tmp_path, batch=2)


def test_an_input_read_in_two_layouts(tmp_path: Path) -> None:
    make = make_model()
    x = make.input((2, 5, 4), "uint8")
    make.output(conv(make, x))
    make.output(make.layer("Gemm", viewed(make, x, (40,), "Flatten"), (40, 3), (3,), axis=1))
    assert len(check(make, tmp_path).inputs[0].placements) == 2


def test_two_inputs(tmp_path: Path) -> None:
    make = make_model()
    for dtype in ("uint8", "int8"):
        make.output(conv(make, make.input((2, 5, 4), dtype)), as_float=True)
    check(make, tmp_path, batch=2)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_relu_behind_quantization_narrows_the_layer(dtype: str, tmp_path: Path) -> None:
    make = make_model()
    x = conv(make, make.input((2, 5, 4), dtype))
    real = make.node("Relu", make.dequantize(x))
    real = make.node("Clip", real, make.constant(np.float32(-1)), make.constant(x.scale * 50))
    y = make.quantize(real, x.shape, dtype, float(x.scale), x.zero_point)
    make.output(conv(make, y))
    check(make, tmp_path)


@pytest.mark.parametrize("batch", [1, 3])
def test_fixed_batch(batch: int, tmp_path: Path) -> None:
    make = make_model(batch=batch)
    x = conv(make, make.input((2, 5, 4), "uint8"))
    make.output(viewed(make, x, (40,), "Reshape", make.constant([batch, 40])))
    program = check(make, tmp_path, samples=batch)
    assert program.batch == batch
    with pytest.raises(UserError, match=f"made for a batch of {batch}$"):
        compiled(make.model(), tmp_path, batch + 1)
