# SPDX-License-Identifier: MIT
"""Compiled models on the golden model against ONNX Runtime, bit for bit."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from opsin.config import NPU, NpuConfig
from opsin_sim.qdq import ModelMaker, Quantized, onnx_runtime
from opsin_sw.compiler import compile_model
from opsin_sw.driver import GoldenDevice

CRAMPED = NpuConfig(
    name="cramped", rows=4, cols=4, scratchpad_words=128, accumulator_rows=32, lanes=2
)
CONFIGS = {**NPU, "cramped": CRAMPED}


def check(make: ModelMaker, tmp_path: Path, *, samples: int = 3, batch: int | None = None,
          configs: tuple[str, ...] = ("small", "tiny", "cramped")) -> None:  # fmt: skip
    model = make.model()
    inputs = make.samples(samples)
    expected = onnx_runtime(model, inputs)
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    for name in configs:
        program = compile_model(path, CONFIGS[name], batch)
        outputs, _ = GoldenDevice().run(program, inputs)
        assert outputs.keys() == expected.keys()
        for output, array in outputs.items():
            assert array.dtype == expected[output].dtype
            assert np.array_equal(array, expected[output]), (name, output)


def conv(make: ModelMaker, x: Quantized, rank: int = 2, **fixed: object) -> Quantized:
    """Add a random convolution."""
    rng = make.rng
    groups = int(rng.choice([1, 1, 2, x.shape[0]]))
    groups = groups if x.shape[0] % groups == 0 else 1
    outputs = groups * int(rng.integers(1, 12 // groups + 2))
    kernel, stride, dilation, pads = [], [], [], []
    for size in x.shape[1:]:
        taps = int(rng.integers(1, min(size, 4) + 1))
        apart = int(rng.integers(1, 3)) if taps * 2 <= size else 1
        kernel.append(taps)
        dilation.append(apart)
        stride.append(int(rng.integers(1, 4)))
        pads.append(rng.integers(0, taps + 1, 2).tolist())
    automatic = rng.choice(["NOTSET", "NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"])
    attributes: dict[str, object] = {"auto_pad": str(automatic)}
    if automatic == "NOTSET":
        attributes["pads"] = [p[0] for p in pads] + [p[1] for p in pads]
    if automatic.startswith("SAME"):
        dilation = [1] * rank  # ONNX Runtime takes no other
        lengths = [-(-size // s) for size, s in zip(x.shape[1:], stride, strict=True)]
    else:
        padded = [
            size + (sum(p) if automatic == "NOTSET" else 0)
            for size, p in zip(x.shape[1:], pads, strict=True)
        ]
        lengths = [
            (size - (k - 1) * d - 1) // s + 1
            for size, k, d, s in zip(padded, kernel, dilation, stride, strict=True)
        ]
    return make.layer(
        "Conv",
        x,
        (outputs, x.shape[0] // groups, *kernel),
        (outputs, *lengths),
        axis=0,
        kernel_shape=kernel,
        strides=stride,
        dilations=dilation,
        group=groups,
        **attributes,
        **choices(make, x),
        **fixed,
    )


def choices(make: ModelMaker, x: Quantized) -> dict[str, object]:
    rng = make.rng
    return {
        "per_channel": bool(rng.integers(2)),
        "bias": rng.choice(["int32", "int32", "float32", None]),
        "activation": rng.choice([None, "Relu", "Clip"]),
        "weights": "int8" if x.dtype == "int8" else str(rng.choice(["int8", "uint8"])),
    }


def dense(make: ModelMaker, x: Quantized) -> Quantized:
    """Add a random matrix product over everything of a sample."""
    rng = make.rng
    (inputs,) = x.shape
    outputs = int(rng.integers(1, 40))
    if rng.integers(2):
        return make.layer("MatMul", x, (inputs, outputs), (outputs,), axis=1, **choices(make, x))
    if rng.integers(2):
        return make.layer(
            "Gemm", x, (outputs, inputs), (outputs,), axis=0, transB=1, **choices(make, x)
        )
    return make.layer("Gemm", x, (inputs, outputs), (outputs,), axis=1, **choices(make, x))


def flat(make: ModelMaker, x: Quantized) -> Quantized:
    """Flatten, in one of several ways."""
    size = int(np.prod(x.shape))
    way = int(make.rng.integers(4))
    name = x.name if way < 2 else make.dequantize(x)
    if way % 2:
        shape = make.constant(np.array([[0, -1], [-1, size]][way // 2], np.int64))
        name = make.node("Reshape", name, shape)
    else:
        name = make.node("Flatten", name)
    if way < 2:
        return Quantized(name, (size,), x.dtype, x.scale, x.zero_point)
    return make.quantize(name, (size,), x.dtype, x.scale, x.zero_point)


def first_input(make: ModelMaker, shape: tuple[int, ...]) -> Quantized:
    dtype = str(make.rng.choice(["uint8", "int8"]))
    return make.input(shape, dtype, as_float=bool(make.rng.integers(2)))


@pytest.mark.parametrize("seed", range(24))
def test_convolutions(seed: int, tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(seed))
    rank = 1 + (seed % 4 > 0)
    shape = (int(make.rng.integers(1, 14)), *make.rng.integers(4, 12, rank).tolist())
    x = conv(make, first_input(make, shape), rank)
    make.output(x, as_float=bool(make.rng.integers(2)))
    check(make, tmp_path, batch=int(make.rng.integers(1, 4)))


@pytest.mark.parametrize("seed", range(12))
def test_matrix_products(seed: int, tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(100 + seed))
    x = dense(make, first_input(make, (int(make.rng.integers(1, 200)),)))
    make.output(dense(make, x), as_float=True)
    check(make, tmp_path, samples=5, batch=int(make.rng.integers(1, 8)))


@pytest.mark.parametrize("seed", range(12))
def test_networks(seed: int, tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(200 + seed))
    x = first_input(make, (int(make.rng.integers(1, 4)), 9, 8))
    x = conv(make, x)
    branch = conv(make, x)
    x = dense(make, flat(make, x))
    make.output(x, as_float=bool(make.rng.integers(2)))
    make.output(dense(make, flat(make, branch)), as_float=True)
    check(make, tmp_path, batch=int(make.rng.integers(1, 5)))


@pytest.mark.parametrize("x", [-128, 127])
def test_extremes_of_signed_activations(x: int, tmp_path: Path) -> None:
    """The largest products, which ONNX Runtime need not get right everywhere."""
    make = ModelMaker(np.random.default_rng(1))
    tensor = make.input((300,), "int8")
    make.output(make.layer("Gemm", tensor, (300, 2), (2,), axis=1, bias=None))
    names = [node for node in make.nodes if node.op_type == "DequantizeLinear"][1].input
    constants = {c.name: c for c in make.constants}
    weights = np.tile(np.array([-128, 127], np.int8), (300, 1))
    constants[names[0]].CopyFrom(onnx.numpy_helper.from_array(weights, names[0]))
    scale_w = onnx.numpy_helper.to_array(constants[names[1]])
    scale_y, zero_y = (
        onnx.numpy_helper.to_array(constants[name]) for name in make.nodes[-1].input[1:]
    )
    onnx.save(make.model(), tmp_path / "m.onnx")
    inputs = {"x0": np.full((1, 300), x, np.int8)}
    sums = 300 * (x - tensor.zero_point) * np.array([-128, 127])
    scaled = np.float32(sums) * (tensor.scale * scale_w / scale_y)
    expected = np.clip(np.rint(scaled) + zero_y, -128, 127)
    for config in CONFIGS.values():
        outputs, _ = GoldenDevice().run(compile_model(tmp_path / "m.onnx", config), inputs)
        assert np.array_equal(*outputs.values(), expected[np.newaxis])
