# SPDX-License-Identifier: MIT
"""Add of two tensors of the same shape."""

import numpy as np

from ..graph import Addition, Quantization, Tensor
from .builder import Builder
from .node import Node
from .sums import activation
from .values import Input, Pending, Value

__all__ = ["addition"]


def addition(builder: Builder, node: Node) -> Value:
    """Sum of two tensors."""
    node.only(())
    reals = [activation(builder, node, index) for index in (0, 1)]
    shapes = [real.codes.shape for real in reals]
    if shapes[0] != shapes[1]:
        raise node.refusal(f"shapes {shapes[0]} and {shapes[1]}; only the same")
    if reals[0].codes.dtype != reals[1].codes.dtype:
        raise node.refusal("one tensor of uint8 and one of int8")
    if not builder.once(node):
        raise node.refusal("its float result is not read exactly once")
    shape = shapes[0]
    places = [real.codes.origin for real in reals]
    known = [place for place in places if isinstance(place, Tensor)]
    if known:
        whole = (known[0].height, known[0].width, known[0].channels)
        last = known[0].channels_last
    else:
        last = len(shape) != 3
        whole = (shape[1], shape[2], shape[0]) if not last else _line(shape)
    tensors = []
    for real, place in zip(reals, places, strict=True):
        if isinstance(place, Input):
            view, axes = (whole, (0, 1, 2)) if last else ((whole[2], *whole[:2]), (1, 2, 0))
            place = builder.fetch(real.codes, view, axes)
        alike = (place.height, place.width, place.channels) == whole
        if not alike or (place.channels_last != last and whole[2] > 1 and whole[:2] != (1, 1)):
            raise node.refusal("the reshape before it would have to move data")
        tensors.append(place)
    by = [real.quantization for real in reals]

    def layer(output: Tensor, to: Quantization) -> Addition:
        return Addition(
            name=node.name,
            operator=node.operator,
            input=tensors[0],
            other=tensors[1],
            output=output,
            zeros=(by[0].zero_point + by[0].offset, by[1].zero_point + by[1].offset),
            scales=(
                float(np.float32(by[0].scale) / np.float32(to.scale)),
                float(np.float32(by[1].scale) / np.float32(to.scale)),
            ),
            zero_point=to.zero_point + to.offset,
        )

    return Pending(node.name, node.operator, reals[0].codes.dtype, shape, whole, last, layer)


def _line(shape: tuple[int, ...]) -> tuple[int, int, int]:
    *rows, channels = shape
    return int(np.prod(rows, dtype=int)), 1, channels
