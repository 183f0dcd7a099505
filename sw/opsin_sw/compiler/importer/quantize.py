# SPDX-License-Identifier: MIT
"""QuantizeLinear, DequantizeLinear, and the bounds of Relu and Clip that they absorb."""

from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from ...errors import UserError
from ..graph import Quantization, Tensor
from .builder import Builder
from .node import Node
from .values import Codes, Constant, FloatInput, Parameter, Pending, Real, Sum, Value

__all__ = ["clip", "dequantize", "quantize", "relu"]

_RANGES = {"uint8": (0, 255), "int8": (-128, 127)}
_ONNX_TYPES = {0: None, 2: "uint8", 3: "int8"}
_EPSILON = float(np.finfo(np.float32).eps)


def _parameters(
    builder: Builder, node: Node
) -> tuple[NDArray[np.float32], NDArray[np.int64], str | None]:
    """Scale, zero point and the zero point's type (None if it is not given)."""
    node.only({"axis", "block_size", "saturate", "output_dtype"})
    node.want("block_size", 0, among=[0])
    scale = builder.constant(node, 1, "its scale")
    if scale.dtype != np.float32:
        raise node.refusal(f"scale of type {scale.dtype}")
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise node.refusal("its scale is not positive and finite")
    if not node.has(2):
        return np.squeeze(scale), np.zeros((), np.int64), None
    zero_point = builder.constant(node, 2, "its zero point")
    if zero_point.size != scale.size:
        raise node.refusal("scale and zero point differ in shape")
    return np.squeeze(scale), np.squeeze(zero_point).astype(np.int64), str(zero_point.dtype)


def _per_tensor(builder: Builder, node: Node, dtype: str | None) -> Quantization:
    scale, zero_point, given = _parameters(builder, node)
    if scale.ndim:
        raise node.refusal("scale per channel of an activation")
    dtype = given or dtype or "uint8"
    if dtype not in _RANGES:
        raise node.refusal(f"activations of type {dtype}; only uint8 and int8")
    return Quantization(dtype, float(scale), int(zero_point))


def encode(real: float, to: Quantization) -> int:
    """Code of a real number: float32 division, round to nearest even, saturate."""
    low, high = _RANGES[to.dtype]
    with np.errstate(over="ignore"):
        code = np.rint(np.float32(real) / np.float32(to.scale)) + to.zero_point
    return int(np.clip(code, low, high))


def dequantize(builder: Builder, node: Node) -> Value:
    """Integers to a real value."""
    value = builder.operand(node, 0)
    if isinstance(value, Constant):
        scale, zero_point, _ = _parameters(builder, node)
        if scale.ndim > 1 or value.array.dtype.kind not in "iu":
            raise node.refusal("only integers with a scale, or one per channel")
        axis = int(node.attributes.get("axis", 1))
        if scale.ndim:
            axis += value.array.ndim * (axis < 0)
            if not 0 <= axis < value.array.ndim or value.array.shape[axis] != scale.size:
                raise node.refusal("its scales do not fit its axis")
        return Parameter(value.array, scale, np.broadcast_to(zero_point, scale.shape), axis)
    if not isinstance(value, Codes):
        raise node.refusal(f"it dequantizes {node.kind(value)}")
    quantization = _per_tensor(builder, node, value.dtype)
    if quantization.dtype != value.dtype:
        raise node.refusal(f"zero point of type {quantization.dtype} for {value.dtype} values")
    return Real(replace(value, private=value.private and builder.once(node)), quantization)


def quantize(builder: Builder, node: Node) -> Value:
    """Real values to integers: ends a layer, or does nothing, or is the host's work."""
    value = builder.operand(node, 0)
    dtype = _ONNX_TYPES.get(node.attributes.get("output_dtype", 0), "other")
    if isinstance(value, Constant):
        return _quantize_constant(builder, node, value.array, dtype)
    to = _per_tensor(builder, node, dtype)
    if isinstance(value, FloatInput):
        return Codes(replace(value.origin, quantization=to), value.shape, to.dtype)
    if isinstance(value, Real):
        return _quantize_again(builder, node, value, to)
    if not isinstance(value, Sum | Pending):
        raise node.refusal(f"it quantizes {node.kind(value)}")
    if value.dtype != to.dtype:
        raise UserError(
            f"operator {value.operator} (node '{value.name}') is not supported: its input is "
            f"{value.dtype}, its output {to.dtype}; both must be the same"
        )
    low, high = ((code - to.zero_point) * np.float32(to.scale) for code in _RANGES[to.dtype])
    # ONNX Runtime drops the clip on these terms; else it computes the layer in float
    if value.lower - low > _EPSILON or high - value.upper > _EPSILON:
        raise node.refusal(
            f"the Relu or Clip before it cuts into its range {low:.6g} … {high:.6g}, and ONNX "
            "Runtime then computes in float; quantize asymmetrically"
        )
    if isinstance(value, Pending):
        return builder.complete(node, value, to)
    return builder.quantize(node, value, to)


def _quantize_constant(builder: Builder, node: Node, array: NDArray, dtype: str | None) -> Constant:
    scale, zero_point, given = _parameters(builder, node)
    dtype = given or dtype or "uint8"
    if dtype not in _RANGES or array.dtype != np.float32:
        raise node.refusal(f"constants of type {array.dtype} to {dtype}")
    if scale.ndim:
        shape = [1] * array.ndim
        shape[int(node.attributes.get("axis", 1))] = -1
        scale, zero_point = scale.reshape(shape), zero_point.reshape(shape)
    codes = np.rint(array / scale) + zero_point
    return Constant(np.clip(codes, *_RANGES[dtype]).astype(dtype))


def _quantize_again(builder: Builder, node: Node, value: Real, to: Quantization) -> Codes:
    """Dequantized codes back to the same codes, clipped."""
    if to != value.quantization:
        raise node.refusal("it changes scale, zero point or type of a tensor that has them already")
    low, high = encode(value.lower, to), encode(value.upper, to)
    codes = replace(value.codes, private=value.codes.private and builder.once(node))
    if (low, high) == _RANGES[to.dtype]:
        return codes
    if not codes.private or not isinstance(codes.origin, Tensor):
        raise node.refusal("a Relu or Clip of a tensor that something else reads or no layer makes")
    builder.clip(codes.origin, low + to.offset, high + to.offset)
    return codes


def relu(builder: Builder, node: Node) -> Value:
    """Bound from below by zero."""
    node.only(())
    return _bound(builder, node, 0.0, inf)


def clip(builder: Builder, node: Node) -> Value:
    """Bound by two constants."""
    node.only({"min", "max"})
    low, high = (float(node.attributes.get(name, d)) for name, d in (("min", -inf), ("max", inf)))
    if node.has(1):
        low = float(builder.constant(node, 1, "its minimum"))
    if node.has(2):
        high = float(builder.constant(node, 2, "its maximum"))
    return _bound(builder, node, low, high)


def _bound(builder: Builder, node: Node, low: float, high: float) -> Value:
    value = builder.operand(node, 0)
    if not isinstance(value, Real | Sum | Pending) or not low <= high:
        raise node.refusal(f"it bounds {node.kind(value)} by {low} … {high}")
    lower = min(max(value.lower, low), high)
    upper = max(min(value.upper, high), low)
    if isinstance(value, Sum | Pending):
        if not builder.once(node):
            raise node.refusal("its float result is read more than once")
        return replace(value, lower=lower, upper=upper)
    private = value.codes.private and builder.once(node)
    return replace(value, codes=replace(value.codes, private=private), lower=lower, upper=upper)
