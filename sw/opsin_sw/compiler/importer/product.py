# SPDX-License-Identifier: MIT
"""Gemm, MatMul, and the Add of a MatMul's bias."""

from math import inf, prod

import numpy as np
from numpy.typing import NDArray

from ..graph import Geometry
from .addition import addition
from .builder import Builder
from .node import Node
from .sums import activation, sums, weights_of, with_bias
from .values import Constant, Input, Parameter, Real, Sum, Value

__all__ = ["add", "gemm", "matmul"]


def gemm(builder: Builder, node: Node) -> Value:
    """Matrix product of rank 2."""
    node.only({"alpha", "beta", "transA", "transB"})
    node.want("alpha", 1.0, among=[1.0])
    node.want("beta", 1.0, among=[1.0])
    node.want("transA", 0, among=[0])
    transposed = node.want("transB", 0, among=[0, 1])
    real = activation(builder, node)
    if len(real.codes.shape) != 1:
        raise node.refusal(f"input of rank {len(real.codes.shape) + 1}; only 2")
    weights, scale = weights_of(builder, node, real, 0 if transposed else 1)
    value = _product(builder, node, real, weights if transposed else weights.T, scale)
    return with_bias(node, value, builder.operand(node, 2)) if node.has(2) else value


def matmul(builder: Builder, node: Node) -> Value:
    """Matrix product with a constant of rank 2 on the right."""
    node.only(())
    real = activation(builder, node)
    weights, scale = weights_of(builder, node, real, 1)
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
    return sums(builder, node, real, origin, geometry, weights, scale, shape, channels_last=True)


def add(builder: Builder, node: Node) -> Value:
    """Sum of two tensors, or bias of a MatMul of rank 2, which ONNX Runtime turns into a Gemm."""
    node.only(())
    if all(isinstance(builder.operand(node, index), Real) for index in (0, 1)):
        return addition(builder, node)
    values = [builder.operand(node, index) for index in (0, 1)]
    if isinstance(values[1], Sum):
        values.reverse()
    value, bias = values
    plain = (
        isinstance(value, Sum)
        and value.operator == "MatMul"
        and (value.lower, value.upper) == (-inf, inf)
        and not value.biased
    )
    if not plain or not isinstance(bias, Constant | Parameter):
        raise node.refusal(
            "only two tensors, or a constant bias straight behind MatMul (onnxruntime's "
            "quant_pre_process, before quantization, makes such pairs Gemm)"
        )
    assert isinstance(value, Sum)
    if len(value.shape) != 1:
        raise node.refusal("a bias behind a MatMul of rank 3 or more, done in float")
    if not builder.once(node):
        raise node.refusal("its float result is not read exactly once")
    return with_bias(node, value, bias)
