# SPDX-License-Identifier: MIT
"""Quantized ONNX models made to order: stimuli for the compiler, with ONNX Runtime's answers.

The models have the form that ``onnxruntime.quantization.quantize_static`` gives (QDQ).
"""

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

__all__ = ["ModelMaker", "Quantized", "onnx_runtime"]

_ELEMENTS = {"float32": onnx.TensorProto.FLOAT, "uint8": onnx.TensorProto.UINT8}
_ELEMENTS["int8"] = onnx.TensorProto.INT8


@dataclass(frozen=True)
class Quantized:
    """Codes called ``name`` with their scale and zero point; ``shape`` is without the batch."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: np.float32
    zero_point: int


@dataclass
class ModelMaker:
    """Builds a model layer by layer; numbers that are not given come from ``rng``.

    ``batch`` is the first dimension of every input and output, a name if it is open.
    """

    rng: np.random.Generator
    batch: int | str = "N"
    opset: int = 17
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)
    inputs: list[onnx.ValueInfoProto] = field(default_factory=list)
    outputs: list[onnx.ValueInfoProto] = field(default_factory=list)

    def constant(self, array: Any) -> str:
        """Add a constant; its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; the name of its output."""
        name = f"{operator.lower()}{len(self.nodes)}"
        if self.opset < 13 and operator == "DequantizeLinear":
            attributes.pop("axis", None)  # one scale per tensor only
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def quantize(self, real: str, shape: tuple[int, ...], dtype: str, scale: float,
                 zero_point: int | None = None) -> Quantized:  # fmt: skip
        """Add QuantizeLinear."""
        if zero_point is None:
            zero_point = int(self.rng.integers(0, 256)) - (128 if dtype == "int8" else 0)
        code = self.constant(np.array(zero_point, dtype))
        name = self.node("QuantizeLinear", real, self.constant(np.float32(scale)), code)
        return Quantized(name, shape, dtype, np.float32(scale), zero_point)

    def dequantize(self, x: Quantized) -> str:
        """Add DequantizeLinear."""
        zero_point = self.constant(np.array(x.zero_point, x.dtype))
        return self.node("DequantizeLinear", x.name, self.constant(x.scale), zero_point)

    def input(self, shape: tuple[int, ...], dtype: str, *, as_float: bool = False) -> Quantized:
        """Add a graph input of codes, or of float32 with QuantizeLinear behind it."""
        name = f"x{len(self.inputs)}"
        element = _ELEMENTS["float32" if as_float else dtype]
        info = helper.make_tensor_value_info(name, element, [self.batch, *shape])
        self.inputs.append(info)
        scale = np.float32(self.rng.uniform(0.01, 0.1))
        if as_float:
            return self.quantize(name, shape, dtype, float(scale))
        zero_point = int(self.rng.integers(0, 256)) - (128 if dtype == "int8" else 0)
        return Quantized(name, shape, dtype, scale, zero_point)

    def output(self, x: Quantized, *, as_float: bool = False) -> None:
        """Make codes, or their real values, a graph output."""
        name = self.dequantize(x) if as_float else x.name
        element = _ELEMENTS["float32" if as_float else x.dtype]
        self.outputs.append(helper.make_tensor_value_info(name, element, [self.batch, *x.shape]))

    def layer(
        self,
        operator: str,
        x: Quantized,
        weights_shape: tuple[int, ...],
        shape: tuple[int, ...],
        *,
        axis: int,
        weights: str = "int8",
        per_channel: bool = True,
        bias: str | None = "int32",
        activation: str | None = None,
        **attributes: Any,
    ) -> Quantized:
        """Add Conv, Gemm or MatMul with outputs along ``axis`` of the weights.

        ``bias`` is int32 (through DequantizeLinear), float32 or None; ``activation`` Relu, Clip
        or None. The output's scale spreads the results over its range.
        """
        rng, outputs = self.rng, weights_shape[axis]
        zero_point = 0 if weights == "int8" else 128
        reach = 64 if x.dtype == "int8" else 128  # no sum saturates in ONNX Runtime without VNNI
        codes = rng.integers(-reach, reach, weights_shape) + zero_point
        scale = rng.uniform(0.001, 0.01, outputs if per_channel else ()).astype(np.float32)
        inputs = [self.dequantize(x)]
        quantized = [
            self.constant(codes.astype(weights)),
            self.constant(scale),
            self.constant(np.full(scale.shape, zero_point, weights)),
        ]
        inputs.append(self.node("DequantizeLinear", *quantized, axis=axis if per_channel else 1))
        sums = scale * x.scale
        if bias == "int32":
            names = [
                self.constant(rng.integers(-9000, 9000, outputs).astype(np.int32)),
                self.constant(sums.astype(np.float32)),
                self.constant(np.zeros(sums.shape, np.int32)),
            ]
            inputs.append(self.node("DequantizeLinear", *names, axis=0 if per_channel else 1))
        elif bias == "float32":
            real = rng.normal(0, 5000, outputs) * sums
            inputs.append(self.constant(real.astype(np.float32)))
        added = inputs.pop() if operator == "MatMul" and bias else None
        real_name = self.node(operator, *inputs, **attributes)
        if added:
            real_name = self.node("Add", *rng.permutation([real_name, added]).tolist())
        spread = 2 * 5500 * (prod(weights_shape) / outputs) ** 0.5 * float(sums.mean())
        low = -128 if x.dtype == "int8" else 0
        if activation == "Relu":
            real_name = self.node("Relu", real_name)
        elif activation == "Clip":
            high = self.constant(np.float32(spread * 3))
            real_name = self.node("Clip", real_name, self.constant(np.float32(0)), high)
        return self.quantize(real_name, shape, x.dtype, spread / 100, low if activation else None)

    def model(self) -> onnx.ModelProto:
        """Return the model."""
        graph = helper.make_graph(self.nodes, "g", self.inputs, self.outputs, self.constants)
        opsets = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    def samples(self, count: int) -> dict[str, NDArray[Any]]:
        """Return random inputs."""
        found: dict[str, NDArray[Any]] = {}
        for info in self.inputs:
            shape = (count, *(d.dim_value for d in info.type.tensor_type.shape.dim[1:]))
            if info.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
                found[info.name] = self.rng.normal(0, 5, shape).astype(np.float32)
            else:
                signed = info.type.tensor_type.elem_type == onnx.TensorProto.INT8
                codes = self.rng.integers(0, 256, shape) - (128 if signed else 0)
                found[info.name] = codes.astype(np.int8 if signed else np.uint8)
        return found


def onnx_runtime(model: onnx.ModelProto, inputs: dict[str, NDArray]) -> dict[str, NDArray]:
    """Return outputs by name, computed by ONNX Runtime's integer kernels.

    On x86 it has to be told to use them for s8 activations; and, where VNNI instructions are
    missing, not to saturate sums of u8 × s8 (an option that s8 activations do not take).
    """
    from onnxruntime import SessionOptions  # type: ignore[attr-defined]
    from onnxruntime.capi.onnxruntime_inference_collection import InferenceSession

    options = SessionOptions()
    ends = {n.input[2] for n in model.graph.node if n.op_type == "QuantizeLinear" if n.input[2:]}
    constants = model.graph.initializer
    if any(c.name in ends and c.data_type == onnx.TensorProto.INT8 for c in constants):
        options.add_session_config_entry("session.qdqisint8allowed", "1")
    else:
        options.add_session_config_entry("session.x64quantprecision", "1")
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    data = model.SerializeToString()
    session = InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs), strict=True))
