# SPDX-License-Identifier: MIT
"""Conv over one or two dimensions."""

from dataclasses import replace

from ..graph import Geometry
from .builder import Builder
from .node import Node
from .padding import pads
from .sums import activation, picture, sums, weights_of, with_bias
from .values import Value

__all__ = ["conv"]


def conv(builder: Builder, node: Node) -> Value:
    """Convolution over one or two dimensions."""
    node.only({"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides"})
    real = activation(builder, node)
    weights, scale = weights_of(builder, node, real, 0)
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
    tensor = picture(builder, node, real.codes, size)
    outputs = (geometry.outputs, geometry.output_height, geometry.output_width)
    value = sums(
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
    return with_bias(node, value, builder.operand(node, 2)) if node.has(2) else value
