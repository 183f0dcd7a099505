# SPDX-License-Identifier: MIT
"""Everything that is refused, by name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from opsin.config import NPU_TINY
from opsin_sim.qdq import ModelMaker, Quantized
from opsin_sw.compiler import compile_model
from opsin_sw.errors import UserError


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


def refused(make: ModelMaker, tmp_path: Path, words: str) -> None:
    onnx.save(make.model(), tmp_path / "model.onnx")
    with pytest.raises(UserError, match=words) as caught:
        compile_model(tmp_path / "model.onnx", NPU_TINY)
    assert "\n" not in str(caught.value)


Change = Callable[[ModelMaker, Quantized], Quantized]


def through(operator: str, **attributes: object) -> Change:
    """Put a float operator between DequantizeLinear and QuantizeLinear."""

    def change(make: ModelMaker, x: Quantized) -> Quantized:
        real = make.node(operator, make.dequantize(x), **attributes)
        return make.quantize(real, x.shape, x.dtype, float(x.scale), x.zero_point)

    return change


def rescaled(make: ModelMaker, x: Quantized) -> Quantized:
    return make.quantize(make.dequantize(x), x.shape, x.dtype, float(x.scale) * 2, x.zero_point)


def added(make: ModelMaker, x: Quantized) -> Quantized:
    real = make.node("Add", make.dequantize(x), make.constant(np.float32(1)))
    return make.quantize(real, x.shape, x.dtype, 0.1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (through("LpPool", kernel_shape=[1, 1]), r"operator LpPool \(node 'lppool\d+'\)"),
        (through("Sigmoid"), r"operator Sigmoid \(node 'sigmoid\d+'\) is not supported: supported"),
        (through("Transpose", perm=[0, 1, 2, 3]), "operator Transpose"),
        (rescaled, "operator QuantizeLinear .* changes scale, zero point or type"),
        (added, "operator Add .* only two tensors, or a constant bias straight behind MatMul"),
    ],
)
def test_refuses_operators(change: Change, words: str, tmp_path: Path) -> None:
    make = make_model()
    x = conv(make, make.input((2, 5, 4), "uint8"))
    make.output(conv(make, change(make, x)))
    refused(make, tmp_path, words)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"transA": 1}, "attribute transA = 1"),
        ({"alpha": 0.5}, "attribute alpha = 0.5"),
        ({"beta": 2.0}, "attribute beta = 2.0"),
    ],
)
def test_refuses_gemm_attributes(attributes: dict[str, object], words: str, tmp_path: Path) -> None:
    make = make_model()
    x = make.input((6,), "uint8")
    make.output(make.layer("Gemm", x, (6, 6), (6,), axis=1, **attributes))
    refused(make, tmp_path, rf"operator Gemm \(node 'gemm\d+'\) is not supported: {words}")


@pytest.mark.parametrize(
    ("shape", "attributes", "words"),
    [
        ((2, 5, 4, 3), {}, "3 spatial dimensions"),
        ((2, 5, 4), {"pads": [-1, 0, 0, 0]}, r"attribute pads = \[-1"),
        ((2, 5, 4), {"kernel_shape": [1, 3]}, "kernel_shape is not the weights'"),
        ((2, 5, 4), {"strides": [0, 1]}, r"attribute strides = \[0, 1\]"),
        ((2, 2, 2), {}, "kernel is larger than its input 2 × 2"),
        ((3, 5, 4), {"group": 2}, "in 2 groups for 3 channels"),
    ],
)
def test_refuses_convolutions(
    shape: tuple[int, ...], attributes: dict[str, object], words: str, tmp_path: Path
) -> None:
    make = make_model()
    x = make.input(shape, "uint8")
    kernel = (3,) * (len(shape) - 1)
    make.output(
        make.layer("Conv", x, (2, shape[0], *kernel), (2, *shape[1:]), axis=0, **attributes)
    )
    refused(make, tmp_path, f"operator Conv .*{words}")


def test_refuses_relu_that_onnx_runtime_does_in_float(tmp_path: Path) -> None:
    make = make_model()
    x = make.input((2, 5, 4), "uint8")
    y = conv(make, x)
    quantize = make.nodes.pop()
    real = make.node("Relu", quantize.input[0])
    make.output(make.quantize(real, y.shape, "uint8", 0.1, zero_point=3))
    refused(make, tmp_path, "operator QuantizeLinear .* Relu or Clip before it cuts into")


def test_refuses_float_results(tmp_path: Path) -> None:
    make = make_model()
    y = conv(make, make.input((2, 5, 4), "uint8"))
    real = make.nodes.pop().input[0]
    info = helper.make_tensor_value_info(real, onnx.TensorProto.FLOAT, ["N", *y.shape])
    make.outputs.append(info)
    refused(make, tmp_path, r"operator Conv \(node 'conv\d+'\) is not supported: its float result")


def test_refuses_float_models(tmp_path: Path) -> None:
    make = make_model()
    make.inputs.append(helper.make_tensor_value_info("x0", onnx.TensorProto.FLOAT, ["N", 4]))
    name = make.node("MatMul", "x0", make.constant(np.ones((4, 3), np.float32)))
    info = helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", 3])
    make.outputs.append(info)
    refused(make, tmp_path, "operator MatMul .* input 0 is a float graph input; a quantized model")


def test_refuses_mixed_types(tmp_path: Path) -> None:
    make = make_model()
    y = conv(make, make.input((2, 5, 4), "uint8"))
    real = make.nodes.pop().input[0]
    make.output(make.quantize(real, y.shape, "int8", 0.1))
    refused(make, tmp_path, "operator Conv .* its input is uint8, its output int8")


def test_refuses_unsigned_weights_for_signed_activations(tmp_path: Path) -> None:
    make = make_model()
    make.output(conv(make, make.input((2, 5, 4), "int8"), weights="uint8"))
    refused(make, tmp_path, "operator Conv .* weights of type uint8 for int8 activations")


def test_refuses_bias_behind_matmul_of_rank_3(tmp_path: Path) -> None:
    make = make_model()
    x = make.input((3, 4), "uint8")
    make.output(make.layer("MatMul", x, (4, 5), (3, 5), axis=1, bias="float32"))
    refused(make, tmp_path, "operator Add .* MatMul of rank 3")


def test_refuses_weights_that_do_not_fit(tmp_path: Path) -> None:
    make = make_model()
    make.output(conv(make, make.input((2, 5, 4), "uint8"), weights="uint8"))
    for index, tensor in enumerate(make.constants):
        array = onnx.numpy_helper.to_array(tensor)
        if array.dtype == np.uint8 and array.shape == (2,):
            changed = onnx.numpy_helper.from_array(np.full(2, 7, np.uint8), tensor.name)
            make.constants[index].CopyFrom(changed)
    refused(make, tmp_path, "operator Conv .* zero point do not fit eight signed bits")


def test_refuses_a_sum_read_twice(tmp_path: Path) -> None:
    make = make_model()
    y = conv(make, make.input((2, 5, 4), "uint8"))
    make.output(y)
    make.output(make.quantize(make.nodes[-1].input[0], y.shape, "uint8", 0.1))
    refused(make, tmp_path, "operator Conv .* its float result is not read exactly once")


def test_refuses_reshape_that_moves_data(tmp_path: Path) -> None:
    make = make_model()
    x = make.layer("Gemm", make.input((6,), "uint8"), (6, 32), (32,), axis=1)
    x = viewed(make, x, (2, 4, 4), "Reshape", make.constant([0, 2, 4, 4]))
    make.output(conv(make, x))
    refused(make, tmp_path, "operator Conv .* would have to move data")


@pytest.mark.parametrize("shape", [[1, -1], [-1, 20], [2, -1, 20]])
def test_refuses_reshape_of_the_batch(shape: list[int], tmp_path: Path) -> None:
    make = make_model()
    x = conv(make, make.input((2, 5, 4), "uint8"))
    make.output(viewed(make, x, (40,), "Reshape", make.constant(np.array(shape, np.int64))))
    refused(make, tmp_path, "operator Reshape .* must keep the batch")


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        (["N"], "input 'x0' has rank 1"),
        (["N", 2, "H", 4], "input 'x0' has an open dimension other than the batch"),
        ([0, 2, 4, 4], "input 'x0' has an empty batch"),
    ],
)
def test_refuses_inputs(sizes: list[int | str], words: str, tmp_path: Path) -> None:
    make = make_model()
    make.output(conv(make, make.input((2, 4, 4), "uint8")))
    make.inputs[0] = helper.make_tensor_value_info("x0", onnx.TensorProto.UINT8, sizes)
    refused(make, tmp_path, words)


def test_refuses_input_types(tmp_path: Path) -> None:
    make = make_model()
    make.output(conv(make, make.input((2, 4, 4), "uint8")))
    kind = onnx.TensorProto.FLOAT16
    make.inputs[0] = helper.make_tensor_value_info("x0", kind, ["N", 2, 4, 4])
    refused(make, tmp_path, "input 'x0' is float16; only float, uint8 and int8")


@pytest.mark.parametrize("opset", [9, 24])
def test_refuses_operator_sets(opset: int, tmp_path: Path) -> None:
    make = make_model(opset=opset)
    make.output(conv(make, make.input((2, 4, 4), "uint8")))
    refused(make, tmp_path, f"operator set {opset} is not supported; 10 to 23 are")


def test_refuses_an_output_without_layer(tmp_path: Path) -> None:
    make = make_model()
    make.output(make.input((3,), "uint8", as_float=True))
    refused(make, tmp_path, r"output 'quantizelinear\d+' is not computed by any layer")


def test_refuses_files_that_are_no_models(tmp_path: Path) -> None:
    make = make_model()
    make.output(conv(make, make.input((2, 4, 4), "uint8")))
    data = make.model().SerializeToString()
    path = tmp_path / "m.onnx"
    for size in (0, 1, 10, len(data) // 3, len(data) - 60, len(data) - 1):
        path.write_bytes(data[:size])
        with pytest.raises(UserError, match=r"m\.onnx: not an? .*ONNX model"):
            compile_model(path, NPU_TINY)
    path.write_text("no model\n" * 9)
    with pytest.raises(UserError, match=r"m\.onnx: not an ONNX model, or cut off"):
        compile_model(path, NPU_TINY)
    with pytest.raises(UserError, match=r"none\.onnx: No such file"):
        compile_model(tmp_path / "none.onnx", NPU_TINY)
    with pytest.raises(UserError, match="Is a directory"):
        compile_model(tmp_path, NPU_TINY)
