# SPDX-License-Identifier: MIT
"""Conv, Gemm, MatMul and the Add of a bias: sums waiting for their QuantizeLinear."""

from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from ..graph import Geometry, Tensor
from .builder import Builder
from .node import Node
from .padding import pads
from .values import Codes, Constant, Input, Parameter, Real, Sum, Value

__all__ = ["add", "conv", "gemm", "matmul"]


def _activation(builder: Builder, node: Node, index: int = 0) -> Real:
    value = builder.operand(node, index)
    if not isinstance(value, Real):
        raise node.refusal(
            f"its input {index} is {node.kind(value)}; a quantized model (QDQ) is wanted, with "
            "DequantizeLinear before every layer and QuantizeLinear behind it"
        )
    if (value.lower, value.upper) != (-np.inf, np.inf):
        raise node.refusal("the Relu or Clip before it is not followed by QuantizeLinear")
    return value


def _weights(
    builder: Builder, node: Node, real: Real, axis: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Weights less their zero point, and a scale for each output (which are along ``axis``)."""
    value = builder.operand(node, 1)
    if not isinstance(value, Parameter):
        raise node.refusal("its weights are not a constant through DequantizeLinear")
    kind = str(value.codes.dtype)
    if kind not in ("int8", "uint8") or (kind, real.codes.dtype) == ("uint8", "int8"):
        raise node.refusal(f"weights of type {kind} for {real.codes.dtype} activations")
    if value.scale.ndim and value.axis != axis:
        raise node.refusal(f"weights quantized along axis {value.axis}, which is not its outputs'")
    shape = [1] * value.codes.ndim
    shape[axis] = -1
    weights = value.codes.astype(np.int64) - value.zero_point.reshape(shape)
    if weights.size == 0 or weights.min() < -128 or weights.max() > 127:
        raise node.refusal("weights less their zero point do not fit eight signed bits")
    scale = np.broadcast_to(value.scale, (value.codes.shape[axis],))
    return weights.astype(np.int8), np.float32(real.quantization.scale) * scale


def _sum(
    builder: Builder,
    node: Node,
    real: Real,
    tensor: Tensor,
    geometry: Geometry,
    weights: NDArray[np.int8],
    scale: NDArray[np.float32],
    shape: tuple[int, ...],
    *,
    channels_last: bool,
) -> Sum:
    """Fold the zero point; ``weights`` are (outputs, height, width, channels per group)."""
    if not builder.once(node):
        raise node.refusal("its float result is not read exactly once")
    fill = real.quantization.zero_point + real.quantization.offset
    total = weights.reshape(len(weights), -1).sum(axis=1, dtype=np.int64)
    return Sum(
        name=node.name,
        operator=node.operator,
        input=tensor,
        dtype=real.codes.dtype,
        geometry=geometry,
        weights=np.ascontiguousarray(weights),
        bias=(-fill * total).astype(np.int32),
        scale=scale.astype(np.float32),
        fill=fill,
        shape=shape,
        channels_last=channels_last,
    )


def _with_bias(node: Node, value: Sum, bias: Value) -> Sum:
    """Add a bias of one number per output; sums wrap as they do in hardware."""
    shape = np.shape(bias.codes if isinstance(bias, Parameter) else getattr(bias, "array", ()))
    if shape != (value.geometry.outputs,):
        raise node.refusal(f"bias of shape {shape}, not {(value.geometry.outputs,)}")
    if isinstance(bias, Parameter):
        if bias.codes.dtype != np.int32 or bias.zero_point.any():
            raise node.refusal("its bias is not int32 with zero point 0")
        if not np.allclose(bias.scale, value.scale, rtol=1e-5, atol=0):
            raise node.refusal("its bias is not scaled by input scale × weight scale")
        codes = bias.codes.astype(np.int64)
    elif isinstance(bias, Constant) and bias.array.dtype == np.float32:
        codes = np.rint(bias.array / value.scale)  # as ONNX Runtime does
        if not (np.abs(codes) < 2**31).all():
            raise node.refusal("its bias does not fit 32 bits")
        codes = codes.astype(np.int64)
    else:
        raise node.refusal("its bias is not a constant")
    return replace(value, bias=(value.bias + codes).astype(np.int32), biased=True)


def conv(builder: Builder, node: Node) -> Value:
    """Convolution over one or two dimensions."""
    node.only({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"})
    real = _activation(builder, node)
    weights, scale = _weights(builder, node, real, 0)
    rank = weights.ndim - 2
    shape = real.codes.shape
    if rank not in (1, 2) or len(shape) != rank + 1:
        raise node.refusal(f"{len(shape) - 1} spatial dimensions; only one or two")
    groups = int(node.attributes.get("group", 1))
    if weights.shape[1] * groups != shape[0] or len(weights) % max(groups, 1):
        raise node.refusal(f"weights {weights.shape} in {groups} groups for {shape[0]} channels")
    if tuple(node.attributes.get("kernel_shape", weights.shape[2:])) != weights.shape[2:]:
        raise node.refusal("attribute kernel_shape is not the weights'")
    size = shape if rank == 2 else (shape[0], 1, shape[1])
    weights = weights.reshape(len(weights), weights.shape[1], -1, weights.shape[-1])
    geometry = Geometry(
        height=size[1],
        width=size[2],
        channels=size[0],
        outputs=len(weights),
        kernel=(weights.shape[2], weights.shape[3]),
        stride=node.pair("strides", rank, minimum=1),
        dilation=node.pair("dilations", rank, minimum=1),
        groups=groups,
    )
    geometry = replace(geometry, pads=pads(node, geometry, rank))
    if min(geometry.output_height, geometry.output_width) < 1:
        raise node.refusal(f"its kernel is larger than its input {size[1]} × {size[2]}")
    tensor = _picture(builder, node, real.codes, size)
    outputs = (geometry.outputs, geometry.output_height, geometry.output_width)
    value = _sum(
        builder,
        node,
        real,
        tensor,
        geometry,
        weights.transpose(0, 2, 3, 1),
        scale,
        outputs if rank == 2 else (outputs[0], outputs[2]),
        channels_last=False,
    )
    return _with_bias(node, value, builder.operand(node, 2)) if node.has(2) else value


def _picture(builder: Builder, node: Node, codes: Codes, size: tuple[int, ...]) -> Tensor:
    """Tensor that holds (channels, height, width), with channels innermost."""
    origin = codes.origin
    if isinstance(origin, Input):
        return builder.fetch(codes, size, (1, 2, 0))
    reordered = origin.channels_last and origin.channels > 1 and size[1] * size[2] > 1
    if size[0] != origin.channels or reordered:
        raise node.refusal("the reshape before it would have to move data")
    return origin


def gemm(builder: Builder, node: Node) -> Value:
    """Matrix product of rank 2."""
    node.only({"alpha", "beta", "transA", "transB"})
    node.want("alpha", 1.0, among=[1.0])
    node.want("beta", 1.0, among=[1.0])
    node.want("transA", 0, among=[0])
    transposed = node.want("transB", 0, among=[0, 1])
    real = _activation(builder, node)
    if len(real.codes.shape) != 1:
        raise node.refusal(f"input of rank {len(real.codes.shape) + 1}; only 2")
    weights, scale = _weights(builder, node, real, 0 if transposed else 1)
    value = _product(builder, node, real, weights if transposed else weights.T, scale)
    return _with_bias(node, value, builder.operand(node, 2)) if node.has(2) else value


def matmul(builder: Builder, node: Node) -> Value:
    """Matrix product with a constant of rank 2 on the right."""
    node.only(())
    real = _activation(builder, node)
    weights, scale = _weights(builder, node, real, 1)
    if weights.ndim != 2:
        raise node.refusal(f"weights of rank {weights.ndim}; only 2")
    return _product(builder, node, real, weights.T, scale)


def _product(
    builder: Builder,
    node: Node,
    real: Real,
    weights: NDArray[np.int8],
    scale: NDArray[np.float32],
) -> Sum:
    """Product along the last dimension; ``weights`` are (outputs, inputs)."""
    *rows, inputs = real.codes.shape
    if weights.ndim != 2 or weights.shape[1] != inputs:
        raise node.refusal(f"weights {weights.shape[::-1]} for {inputs} inputs")
    codes, outputs, origin = real.codes, len(weights), real.codes.origin
    if isinstance(origin, Input):
        origin = builder.fetch(codes, (prod(rows), 1, inputs), (0, 1, 2))
    kernel = (1, 1)
    if not rows:  # everything of a sample, in the order the model counts it in
        kernel = (origin.height, origin.width)
        order = (origin.height, origin.width, origin.channels)
        if origin.channels_last:
            weights = weights.reshape(outputs, *order)
        else:
            weights = weights.reshape(outputs, order[2], *order[:2]).transpose(0, 2, 3, 1)
        size = (origin.height, origin.width)
    elif origin.channels == inputs and (origin.channels_last or 1 in (inputs, prod(rows))):
        weights, size = weights.reshape(outputs, 1, 1, inputs), (prod(rows), 1)
    else:
        raise node.refusal("the reshape before it would have to move data")
    geometry = Geometry(*size, origin.channels, outputs, kernel=kernel)
    shape = (*rows, outputs)
    return _sum(builder, node, real, origin, geometry, weights, scale, shape, channels_last=True)


def add(builder: Builder, node: Node) -> Value:
    """Bias of a MatMul of rank 2, which ONNX Runtime turns into a Gemm."""
    node.only(())
    values = [builder.operand(node, index) for index in (0, 1)]
    if isinstance(values[1], Sum):
        values.reverse()
    value, bias = values
    plain = (
        isinstance(value, Sum)
        and value.operator == "MatMul"
        and (value.lower, value.upper) == (-np.inf, np.inf)
        and not value.biased
    )
    if not plain or not isinstance(bias, Constant | Parameter):
        raise node.refusal(
            "only a constant bias straight behind MatMul (onnxruntime's quant_pre_process, before "
            "quantization, makes such pairs Gemm)"
        )
    assert isinstance(value, Sum)
    if len(value.shape) != 1:
        raise node.refusal("a bias behind a MatMul of rank 3 or more, done in float")
    if not builder.once(node):
        raise node.refusal("its float result is not read exactly once")
    return _with_bias(node, value, bias)
