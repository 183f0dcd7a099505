# SPDX-License-Identifier: MIT
"""What Conv, Gemm and MatMul have in common: activations, weights, bias, the sum of products."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..graph import Geometry, Tensor
from .builder import Builder
from .node import Node
from .values import Codes, Constant, Input, Parameter, Real, Sum, Value

__all__ = ["activation", "picture", "sums", "weights_of", "with_bias"]


def activation(builder: Builder, node: Node, index: int = 0) -> Real:
    """Dequantized tensor that a layer reads."""
    value = builder.operand(node, index)
    if not isinstance(value, Real):
        raise node.refusal(
            f"its input {index} is {node.kind(value)}; a quantized model (QDQ) is wanted, with "
            "DequantizeLinear before every layer and QuantizeLinear behind it"
        )
    if (value.lower, value.upper) != (-np.inf, np.inf):
        raise node.refusal("the Relu or Clip before it is not followed by QuantizeLinear")
    return value


def picture(builder: Builder, node: Node, codes: Codes, size: tuple[int, ...]) -> Tensor:
    """Tensor that holds (channels, height, width), with channels innermost."""
    origin = codes.origin
    if isinstance(origin, Input):
        return builder.fetch(codes, size, (1, 2, 0))
    reordered = origin.channels_last and origin.channels > 1 and size[1] * size[2] > 1
    if size[0] != origin.channels or reordered:
        raise node.refusal("the reshape before it would have to move data")
    return origin


def weights_of(
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


def sums(
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


def with_bias(node: Node, value: Sum, bias: Value) -> Sum:
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
