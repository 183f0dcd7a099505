# SPDX-License-Identifier: MIT
"""ONNX to graph: the nodes in order, each turning what is known of its inputs into its output."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import onnx

from ...errors import UserError
from ..graph import Graph, GraphInput, GraphOutput, Tensor
from . import conv, pools, product, quantize, shapes
from .builder import Builder
from .file import opset, read
from .node import Node
from .values import Codes, Constant, FloatInput, Input, Pending, Real, Sum, Value

__all__ = ["import_model"]

_OPERATORS: dict[str, Callable[[Builder, Node], Value]] = {
    "Add": product.add,
    "AveragePool": pools.average_pool,
    "Clip": quantize.clip,
    "Constant": shapes.constant,
    "Conv": conv.conv,
    "DequantizeLinear": quantize.dequantize,
    "Flatten": shapes.flatten,
    "Gemm": product.gemm,
    "GlobalAveragePool": pools.global_average_pool,
    "Identity": shapes.identity,
    "MatMul": product.matmul,
    "MaxPool": pools.max_pool,
    "QuantizeLinear": quantize.quantize,
    "Relu": quantize.relu,
    "Reshape": shapes.reshape,
    "Squeeze": shapes.squeeze,
    "Unsqueeze": shapes.unsqueeze,
}
_ALSO_MICROSOFT = {"QuantizeLinear", "DequantizeLinear"}
_DTYPES = {1: "float32", 2: "uint8", 3: "int8"}


def import_model(path: Path, batch: int | None = None) -> Graph:
    """Read a quantized (QDQ) model.

    Parameters
    ----------
    path : Path
        ONNX file.
    batch : int or None
        Samples at once, if the model leaves them open; 1 if not given.

    Raises
    ------
    UserError
        If the file is not a model, or something in it is not supported.
    """
    model = read(path)
    graph = model.graph
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    if graph.sparse_initializer:
        raise UserError(f"{path}: sparse constants are not supported")
    given = [info for info in graph.input if info.name not in constants]
    uses = Counter(name for node in graph.node for name in node.input if name)
    uses.update(info.name for info in graph.output)
    fixed = {size for size in (_dimensions(info)[0] for info in given) if size is not None}
    if len(fixed) > 1 or (fixed and batch not in (None, *fixed)):
        raise UserError(f"{path}: made for a batch of {', '.join(map(str, sorted(fixed)))}")
    builder = Builder(next(iter(fixed), batch or 1), not fixed, uses)
    builder.values.update({name: Constant(array) for name, array in constants.items()})
    for info in given:
        _add_input(builder, info)
    version = opset(model)
    for proto in graph.node:
        node = Node(proto, version)
        domains = ("", "ai.onnx", "com.microsoft" if node.operator in _ALSO_MICROSOFT else "")
        if node.operator not in _OPERATORS or node.domain not in domains:
            raise node.refusal(f"supported are {', '.join(_OPERATORS)}")
        if len(node.outputs) != 1:
            raise node.refusal(f"{len(node.outputs)} outputs")
        builder.values[node.output] = _OPERATORS[node.operator](builder, node)
    outputs = [_output(builder, info.name) for info in graph.output]
    inputs = [value for value in builder.inputs.values() if value.feeds]
    return Graph(builder.batch, inputs, outputs, builder.layers)


def _dimensions(info: onnx.ValueInfoProto) -> tuple[int | None, tuple[int, ...]]:
    """Batch (None if open) and shape of a sample."""
    kind = info.type.tensor_type
    sizes = [d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim]
    if kind.elem_type not in _DTYPES:
        name = onnx.TensorProto.DataType.Name(kind.elem_type).lower()
        raise UserError(f"input '{info.name}' is {name}; only float, uint8 and int8 are supported")
    if len(sizes) < 2:
        raise UserError(f"input '{info.name}' has rank {len(sizes)}; at least 2 is needed")
    shape = [size for size in sizes[1:] if size]
    if len(shape) != len(sizes) - 1:
        raise UserError(f"input '{info.name}' has an open dimension other than the batch")
    if sizes[0] == 0:
        raise UserError(f"input '{info.name}' has an empty batch")
    return sizes[0], tuple(shape)


def _add_input(builder: Builder, info: onnx.ValueInfoProto) -> None:
    dtype = _DTYPES[info.type.tensor_type.elem_type]
    shape = _dimensions(info)[1]
    builder.inputs[info.name] = GraphInput(info.name, dtype, shape, [])
    origin = Input(info.name)
    builder.values[info.name] = (
        FloatInput(origin, shape) if dtype == "float32" else Codes(origin, shape, dtype)
    )


def _output(builder: Builder, name: str) -> GraphOutput:
    value = builder.values.get(name)
    if isinstance(value, Sum | Pending):
        raise UserError(
            f"operator {value.operator} (node '{value.name}') is not supported: its float result "
            f"is output '{name}'; QuantizeLinear must follow it"
        )
    codes = value.codes if isinstance(value, Real) else value
    if not isinstance(codes, Codes) or not isinstance(codes.origin, Tensor):
        raise UserError(f"output '{name}' is not computed by any layer")
    if isinstance(value, Real) and (value.lower, value.upper) != (float("-inf"), float("inf")):
        raise UserError(f"output '{name}' is a Relu or Clip that QuantizeLinear does not follow")
    quantization = value.quantization if isinstance(value, Real) else None
    return GraphOutput(name, codes.dtype, codes.shape, codes.origin, quantization)
