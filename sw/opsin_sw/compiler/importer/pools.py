# SPDX-License-Identifier: MIT
"""MaxPool, AveragePool, GlobalAveragePool."""

from dataclasses import replace

import numpy as np

from ..graph import Geometry, Pool, Quantization, Tensor
from .builder import Builder
from .node import Node
from .padding import pads
from .sums import activation, picture
from .values import Codes, Pending, Real, Value

__all__ = ["average_pool", "global_average_pool", "max_pool"]

_COMMON = {"auto_pad", "ceil_mode", "kernel_shape", "pads", "strides"}


def _geometry(builder: Builder, node: Node, real: Real) -> tuple[Geometry, Tensor, int]:
    """Geometry, tensor and spatial dimensions of a pool over a picture or a line."""
    shape = real.codes.shape
    rank = len(shape) - 1
    if rank not in (1, 2):
        raise node.refusal(f"{rank} spatial dimensions; only one or two")
    node.want("ceil_mode", 0, among=[0])
    channels, height, width = shape if rank == 2 else (shape[0], 1, shape[1])
    size = Geometry(
        height=height,
        width=width,
        channels=channels,
        outputs=channels,
        kernel=node.pair("kernel_shape", rank, minimum=1),
        stride=node.pair("strides", rank, minimum=1),
        dilation=node.pair("dilations", rank, minimum=1),
        groups=channels,
    )
    size = replace(size, pads=pads(node, size, rank))
    if min(size.output_height, size.output_width) < 1:
        raise node.refusal(f"its kernel is larger than its input {height} × {width}")
    return size, picture(builder, node, real.codes, (channels, height, width)), rank


def _shape(size: Geometry, rank: int) -> tuple[int, ...]:
    shape = (size.outputs, size.output_height, size.output_width)
    return shape if rank == 2 else (shape[0], shape[2])


def max_pool(builder: Builder, node: Node) -> Value:
    """Largest code of each window, padding never."""
    node.only(_COMMON | {"dilations", "storage_order"})
    node.want("storage_order", 0, among=[0])
    real = activation(builder, node)
    size, tensor, rank = _geometry(builder, node, real)
    if any(p >= reach for p, reach in zip(size.pads, 2 * _reaches(size), strict=True)):
        raise node.refusal("a window of nothing but padding")
    output = Tensor(node.output, size.output_height, size.output_width, size.outputs)
    builder.layers.append(Pool(node.name, node.operator, tensor, output, size, largest=True))
    codes = Codes(output, _shape(size, rank), real.codes.dtype, builder.once(node))
    return replace(real, codes=codes)


def _reaches(size: Geometry) -> tuple[int, int]:
    return size.extent(0, 1, size.kernel[0]), size.extent(1, 1, size.kernel[1])


def average_pool(builder: Builder, node: Node) -> Value:
    """Mean of each window; there must be no padding, or it must count."""
    node.only(_COMMON | {"count_include_pad", "dilations"})
    real = activation(builder, node)
    size, tensor, rank = _geometry(builder, node, real)
    counted = node.want("count_include_pad", 0, among=[0, 1])
    if any(size.pads) and not counted:
        raise node.refusal("padding that does not count")
    return _mean(builder, node, real, size, tensor, _shape(size, rank))


def global_average_pool(builder: Builder, node: Node) -> Value:
    """Mean of each channel."""
    node.only(())
    real = activation(builder, node)
    shape = real.codes.shape
    if len(shape) not in (2, 3):
        raise node.refusal(f"{len(shape) - 1} spatial dimensions; only one or two")
    channels, height, width = shape if len(shape) == 3 else (shape[0], 1, shape[1])
    size = Geometry(height, width, channels, channels, kernel=(height, width), groups=channels)
    tensor = picture(builder, node, real.codes, (channels, height, width))
    return _mean(builder, node, real, size, tensor, _shape(size, len(shape) - 1))


def _mean(
    builder: Builder,
    node: Node,
    real: Real,
    size: Geometry,
    tensor: Tensor,
    shape: tuple[int, ...],
) -> Value:
    if not builder.once(node):
        raise node.refusal("its float result is not read exactly once")
    zero = real.quantization.zero_point + real.quantization.offset
    count = size.kernel[0] * size.kernel[1]

    def layer(output: Tensor, to: Quantization) -> Pool:
        scale = np.float32(real.quantization.scale) / (np.float32(to.scale) * np.float32(count))
        return Pool(
            name=node.name,
            operator=node.operator,
            input=tensor,
            output=output,
            geometry=size,
            largest=False,
            source_zero=zero,
            scale=float(scale),
            zero_point=to.zero_point + to.offset,
            fill=zero,
        )

    whole = (size.output_height, size.output_width, size.outputs)
    return Pending(node.name, node.operator, real.codes.dtype, shape, whole, False, layer)
