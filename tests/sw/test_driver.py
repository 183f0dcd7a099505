# SPDX-License-Identifier: MIT
"""Devices: batches, checks of inputs, reports, and the hardware against ONNX Runtime."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from opsin.config import NPU_SMALL, NPU_TINY
from opsin_sim.qdq import ModelMaker, onnx_runtime
from opsin_sw.compiler import Program, compile_model
from opsin_sw.compiler.graph import Quantization
from opsin_sw.digits import MODEL, held_out
from opsin_sw.driver import Device, GoldenDevice, device
from opsin_sw.driver.host import dequantize, quantize
from opsin_sw.errors import UserError


@pytest.fixture(scope="module")
def digits() -> Program:
    return compile_model(MODEL, NPU_SMALL, 8)


@pytest.fixture(scope="module")
def rtl() -> Device:
    return device("rtl")


@pytest.mark.parametrize("samples", [1, 7, 8, 9, 17])
def test_any_number_of_samples(digits: Program, samples: int) -> None:
    pictures, _ = held_out()
    expected = onnx_runtime(onnx.load(MODEL), {"image": pictures[:samples]})["logits"]
    seen: list[int] = []
    outputs, report = GoldenDevice().run(digits, {"any": pictures[:samples]}, progress=seen.append)
    assert np.array_equal(outputs["logits"], expected)
    assert (report.samples, report.jobs) == (samples, -(-samples // 8))
    assert seen[-1] == samples
    assert report.macs == samples * digits.macs


def test_report(digits: Program, tmp_path: Path) -> None:
    pictures, _ = held_out()
    _, report = GoldenDevice().run(digits, {"image": pictures[:8]})
    report.save(tmp_path / "r.json")
    values = json.loads((tmp_path / "r.json").read_text())
    assert values["cycles"] is None
    assert [layer["name"] for layer in values["layers"]] == ["conv1", "conv2", "conv3", "dense"]
    assert sum(layer["macs"] for layer in values["layers"]) == values["macs"]
    assert all(0 < layer["fill"] <= 1 for layer in values["layers"])
    assert report.table().row_count >= 8
    with pytest.raises(UserError, match="No such file"):
        report.save(tmp_path / "none" / "r.json")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({}, "inputs must be 'image', not none"),
        ({"a": np.zeros(1), "b": np.zeros(1)}, "inputs must be 'image', not 'a', 'b'"),
        ({"image": np.zeros((2, 1, 8, 8))}, "input 'image' must be float32, not float64"),
        (
            {"image": np.zeros((2, 8, 8), np.float32)},
            r"must be of shape \(samples, 1, 8, 8\), not \(2, 8, 8\)",
        ),
        ({"image": np.zeros((0, 1, 8, 8), np.float32)}, r"must be of shape \(samples"),
        ({"image": np.zeros((), np.float32)}, r"must be of shape \(samples"),
        ({"image": np.full((1, 1, 8, 8), np.nan, np.float32)}, "contains NaN"),
    ],
)
def test_refuses_inputs(digits: Program, inputs: dict[str, np.ndarray], words: str) -> None:
    with pytest.raises(UserError, match=words):
        GoldenDevice().run(digits, inputs)


def test_refuses_inputs_of_different_length(tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(1))
    for _ in range(2):
        make.output(make.layer("Gemm", make.input((4,), "uint8"), (4, 4), (4,), axis=1))
    onnx.save(make.model(), tmp_path / "m.onnx")
    inputs = {"x0": np.zeros((2, 4), np.uint8), "x1": np.zeros((3, 4), np.uint8)}
    with pytest.raises(UserError, match=r"differ in their number of samples: \[2, 3\]"):
        GoldenDevice().run(compile_model(tmp_path / "m.onnx", NPU_TINY), inputs)


def test_refuses_devices() -> None:
    with pytest.raises(UserError, match="backend must be golden or rtl, not 'gpu'"):
        device("gpu")
    with pytest.raises(UserError, match="golden model has no signals"):
        device("golden", wave=Path("w.fst"))


def test_a_program_that_stops(digits: Program) -> None:
    broken = Program(**{**vars(digits), "image": b"\xee" + digits.image[1:]})
    pictures, _ = held_out()
    with pytest.raises(UserError, match="the program stopped at descriptor 0: OPCODE"):
        GoldenDevice().run(broken, {"image": pictures[:1]})


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_host_quantization_is_onnx_runtimes(dtype: str) -> None:
    rng = np.random.default_rng(3)
    make = ModelMaker(rng)
    make.inputs.append(onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 4096]))
    to = make.quantize("x", (4096,), dtype, 0.037)
    make.output(to)
    make.output(to, as_float=True)
    real = np.float32(0.037) * rng.integers(-400, 400, (8, 4096)) / np.float32(2)
    real[0] = rng.normal(0, 1e30, 4096)
    real[1, :2] = np.inf, -np.inf
    real = real.astype(np.float32)
    codes, back = onnx_runtime(make.model(), {"x": real}).values()
    by = Quantization(dtype, float(np.float32(0.037)), to.zero_point)
    assert np.array_equal(quantize(real, by), codes)
    assert np.array_equal(dequantize(codes, by), back)


def test_digits_on_hardware(digits: Program, rtl: Device) -> None:
    pictures, labels = held_out()
    outputs, report = rtl.run(digits, {"image": pictures[:24]})
    expected = onnx_runtime(onnx.load(MODEL), {"image": pictures[:24]})["logits"]
    assert np.array_equal(outputs["logits"], expected)
    assert (expected.argmax(axis=1) == labels[:24]).mean() >= 0.9
    assert report.cycles is not None
    assert report.utilisation is not None
    assert 0.6 < report.utilisation < 1
    assert report.counters["array_vectors"] == 3 * sum(layer.streamed for layer in digits.layers)


@pytest.mark.parametrize("seed", range(4))
def test_random_layers_on_hardware(seed: int, rtl: Device, tmp_path: Path) -> None:
    make = ModelMaker(np.random.default_rng(seed))
    x = make.input((11, 9, 7), ("uint8", "int8")[seed % 2])
    groups = (1, 11)[seed // 2]
    shape = (11, 11 // groups, 3, 3)
    options = {"pads": [1, 2, 1, 0], "strides": [2, 1], "group": groups}
    x = make.layer("Conv", x, shape, (11, 5, 7), axis=0, activation="Relu", **options)
    flat = make.dequantize(x)
    flat = make.node("Flatten", flat)
    x = make.quantize(flat, (385,), x.dtype, float(x.scale), x.zero_point)
    make.output(make.layer("Gemm", x, (385, 21), (21,), axis=1))
    onnx.save(make.model(), tmp_path / "m.onnx")
    inputs = make.samples(3)
    (expected,) = onnx_runtime(make.model(), inputs).values()
    for config in (NPU_SMALL, NPU_TINY):
        outputs, _ = rtl.run(compile_model(tmp_path / "m.onnx", config, 2), inputs)
        assert np.array_equal(*outputs.values(), expected), config.name


def test_wave(rtl: Device, tmp_path: Path) -> None:
    pictures, _ = held_out()
    program = compile_model(MODEL, NPU_TINY)
    wave = tmp_path / "w.fst"
    outputs, _ = device("rtl", wave=wave).run(program, {"image": pictures[:1]})
    expected, _ = GoldenDevice().run(program, {"image": pictures[:1]})
    assert np.array_equal(outputs["logits"], expected["logits"])
    assert wave.stat().st_size > 10_000
