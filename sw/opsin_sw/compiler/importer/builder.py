# SPDX-License-Identifier: MIT
"""State of an import: the values so far, the tensors and layers made of them."""

from collections import Counter
from dataclasses import replace

import numpy as np

from ...errors import UserError
from ..graph import Convolution, Feed, GraphInput, Layer, Quantization, Tensor
from .node import Node
from .values import Codes, Constant, Input, Pending, Sum, Value

__all__ = ["Builder"]


class Builder:
    """Grows a graph node by node.

    Parameters
    ----------
    batch : int
        Samples that run at once.
    dynamic : bool
        Whether the model leaves the batch open, so that it appears as no number in it.
    uses : Counter
        How often each name is read, as a graph output too.
    """

    def __init__(self, batch: int, dynamic: bool, uses: Counter[str]) -> None:
        self.batch = batch
        self.dynamic = dynamic
        self.uses = uses
        self.values: dict[str, Value] = {}
        self.inputs: dict[str, GraphInput] = {}
        self.layers: list[Layer] = []

    def operand(self, node: Node, index: int) -> Value:
        """Value of an input that must be there."""
        if not node.has(index):
            raise node.refusal(f"input {index} is missing")
        name = node.inputs[index]
        if name not in self.values:
            raise UserError(f"node '{node.name}' reads '{name}', which nothing before it writes")
        return self.values[name]

    def constant(self, node: Node, index: int, what: str) -> np.ndarray:
        """Input that must be a constant."""
        value = self.operand(node, index)
        if not isinstance(value, Constant):
            raise node.refusal(f"{what} is not a constant")
        return value.array

    def once(self, node: Node) -> bool:
        """Whether the node's result is read exactly once."""
        return self.uses[node.output] == 1

    def fetch(self, codes: Codes, view: tuple[int, ...], axes: tuple[int, int, int]) -> Tensor:
        """Tensor of (height, width, channels) that holds a graph input, reshaped, transposed."""
        assert isinstance(codes.origin, Input)
        origin = codes.origin
        feeds = self.inputs[origin.name].feeds
        for feed in feeds:
            if (feed.view, feed.axes, feed.quantization) == (view, axes, origin.quantization):
                return feed.tensor
        height, width, channels = (view[axis] for axis in axes)
        tensor = Tensor(origin.name, height, width, channels, channels_last=axes == (0, 1, 2))
        feeds.append(Feed(tensor, view, axes, origin.quantization))
        return tensor

    def quantize(self, node: Node, value: Sum, to: Quantization) -> Codes:
        """Add the layer whose sums are ``value``; bounds are already known to be redundant."""
        size = value.geometry
        tensor = Tensor(
            node.output, size.output_height, size.output_width, size.outputs, value.channels_last
        )
        self.layers.append(
            Convolution(
                name=value.name,
                operator=value.operator,
                input=value.input,
                output=tensor,
                geometry=size,
                weights=value.weights,
                bias=value.bias,
                # the order of these two operations is ONNX Runtime's
                scale=(value.scale / np.float32(to.scale)).astype(np.float32),
                fill=value.fill,
                zero_point=to.zero_point + to.offset,
                minimum=-128,
                maximum=127,
            )
        )
        return Codes(tensor, value.shape, to.dtype, self.once(node))

    def complete(self, node: Node, value: Pending, to: Quantization) -> Codes:
        """Add the layer that ``value`` waits for."""
        tensor = Tensor(node.output, *value.whole, value.channels_last)
        self.layers.append(value.layer(tensor, to))
        return Codes(tensor, value.shape, to.dtype, self.once(node))

    def clip(self, tensor: Tensor, minimum: int, maximum: int) -> None:
        """Narrow what the layer that writes ``tensor`` stores."""
        for index, layer in enumerate(self.layers):
            if layer.output is tensor:
                self.layers[index] = replace(
                    layer,
                    minimum=min(max(layer.minimum, minimum), maximum),
                    maximum=min(max(layer.maximum, minimum), maximum),
                )
