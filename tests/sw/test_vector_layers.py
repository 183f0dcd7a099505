# SPDX-License-Identifier: MIT
"""Pools, means and sums of tensors beside ONNX Runtime, bit for bit where it is exact itself.

ONNX Runtime adds and averages with zero points folded into a binary32 sum: of results that lie
halfway between two codes it rounds some otherwise. Nothing else may differ, and by no more than 1.
"""

from pathlib import Path

import numpy as np
import onnx
import pytest

from opsin.config import NPU, NpuConfig
from opsin_sim.qdq import ModelMaker, Quantized, onnx_runtime
from opsin_sw.compiler import compile_model
from opsin_sw.driver import GoldenDevice
from opsin_sw.errors import UserError

CRAMPED = NpuConfig(
    name="cramped", rows=4, cols=4, scratchpad_words=256, accumulator_rows=32, lanes=2
)
CONFIGS = [NPU["base"], NPU["tiny"], CRAMPED]


def differences(make: ModelMaker, tmp_path: Path, samples: int = 3) -> list[np.ndarray]:
    """Output less ONNX Runtime's, for each configuration."""
    inputs = make.samples(samples)
    expected = onnx_runtime(make.model(), inputs)
    onnx.save(make.model(), tmp_path / "m.onnx")
    found = []
    for config in CONFIGS:
        outputs, _ = GoldenDevice().run(compile_model(tmp_path / "m.onnx", config, 2), inputs)
        found += [array.astype(int) - expected[name] for name, array in outputs.items()]
    return found


def through(make: ModelMaker, x: Quantized, operator: str, shape: tuple[int, ...],
            scale: float, zero_point: int | None, **attributes: object) -> Quantized:  # fmt: skip
    real = make.node(operator, make.dequantize(x), **attributes)
    return make.quantize(real, shape, x.dtype, scale, zero_point)


@pytest.mark.parametrize("seed", range(8))
def test_max_pools(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    make = ModelMaker(rng)
    channels, height, width = (int(v) for v in rng.integers(5, 20, 3))
    x = make.input((channels, height, width), ("uint8", "int8")[seed % 2])
    kernel, stride = rng.integers(1, 4, 2), rng.integers(1, 4, 2)
    pads = [int(rng.integers(0, k)) for k in (*kernel, *kernel)]
    shape = [
        (size + pads[n] + pads[n + 2] - kernel[n]) // stride[n] + 1
        for n, size in enumerate((height, width))
    ]
    attributes = {"kernel_shape": kernel.tolist(), "strides": stride.tolist(), "pads": pads}
    made = through(make, x, "MaxPool", (channels, *map(int, shape)), float(x.scale),
                   x.zero_point, **attributes)  # fmt: skip
    make.output(made)
    assert not any(array.any() for array in differences(make, tmp_path))


@pytest.mark.parametrize("seed", range(4))
def test_means(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    make = ModelMaker(rng)
    x = make.input((18, 9, 7), ("uint8", "int8")[seed % 2])
    if seed < 2:
        shape, operator, attributes = (18, 1, 1), "GlobalAveragePool", {}
    else:
        shape, operator = (18, 4, 3), "AveragePool"
        attributes = {"kernel_shape": [3, 2], "strides": [2, 2]}
    make.output(through(make, x, operator, shape, 0.37 * float(x.scale), None, **attributes))
    for array in differences(make, tmp_path):
        assert np.abs(array).max() <= 1
        assert (array != 0).mean() < 0.01


@pytest.mark.parametrize("seed", range(6))
def test_sums(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    make = ModelMaker(rng)
    dtype = ("uint8", "int8")[seed % 2]
    shape = ((19, 7, 6), (5, 1, 1), (30,))[seed // 2]
    a, b = make.input(shape, dtype), make.input(shape, dtype)
    real = make.node("Add", make.dequantize(a), make.dequantize(b))
    if seed >= 4:
        real = make.node("Relu", real)
    scale = (float(a.scale) + float(b.scale)) / 2
    low = {"uint8": 0, "int8": -128}[dtype]
    make.output(make.quantize(real, shape, dtype, scale, low if seed >= 4 else None))
    for array in differences(make, tmp_path):
        assert np.abs(array).max() <= 1
        assert (array != 0).mean() < 0.01


def test_refuses_a_mean_of_padding_that_does_not_count(tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(1))
    x = make.input((3, 6, 6), "uint8")
    options = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    make.output(through(make, x, "AveragePool", (3, 6, 6), 0.1, None, **options))
    onnx.save(make.model(), tmp_path / "m.onnx")
    with pytest.raises(UserError, match=r"operator AveragePool .* padding that does not count"):
        compile_model(tmp_path / "m.onnx", NPU["tiny"])
