# SPDX-License-Identifier: MIT
"""First layers: few channels, so that most of a word would be padding.

Such an input lies in memory without gaps between pixels. What a line of the kernel covers is then
one run of bytes, which LOAD brings to words of its own for each output, overlapping as they do; and
the convolution becomes one whose kernel is a column wide. A word then holds several taps: five of
a 7 × 7 kernel over three colours.
"""

from dataclasses import replace

import numpy as np

from opsin.config import NpuConfig

from .graph import Addition, Convolution, Dense, Feed, Graph, Layer, Tensor, Windows
from .layout import words

__all__ = ["pack_inputs"]


def pack_inputs(graph: Graph, config: NpuConfig) -> Graph:
    """Let kernels be packed wherever that takes fewer words through the mesh."""
    fed = {feed.tensor: feed for port in graph.inputs for feed in port.feeds}
    used: dict[Tensor, list[Feed]] = {tensor: [] for tensor in fed}
    layers: list[Layer] = []
    for layer in graph.layers:
        changed: Layer = layer
        if layer.input in fed:
            feed = fed[layer.input]
            if isinstance(layer, Convolution) and _worth_it(layer, config):
                feed, changed = _pack(feed, layer)
            used[layer.input].append(feed)
        if isinstance(layer, Addition) and layer.other in fed:
            used[layer.other].append(fed[layer.other])
        layers.append(changed)
    inputs = [
        replace(
            port, feeds=[new for feed in port.feeds for new in dict.fromkeys(used[feed.tensor])]
        )
        for port in graph.inputs
    ]
    return replace(graph, inputs=inputs, layers=layers)


def _run(layer: Convolution) -> int:
    """Channels of all columns that the kernel covers."""
    size = layer.geometry
    return size.extent(1, 1, size.kernel[1]) * size.channels


def _worth_it(layer: Convolution, config: NpuConfig) -> bool:
    size = layer.geometry
    taps = size.kernel[1] * words(size.channels, config.rows)
    few = size.groups == 1 and size.channels < config.rows
    return few and words(_run(layer), config.rows) < taps


def _pack(feed: Feed, layer: Convolution) -> tuple[Feed, Convolution]:
    size, run = layer.geometry, _run(layer)
    width = size.output_width
    stored = size.extent(1, width, size.kernel[1])
    windows = Windows(size.stride[1] * size.channels, stored * size.channels)
    tensor = Tensor(feed.tensor.name, size.height, width, run, windows=windows)
    geometry = replace(
        size,
        width=width,
        channels=run,
        kernel=(size.kernel[0], 1),
        stride=(size.stride[0], 1),
        dilation=(size.dilation[0], 1),
        pads=(size.pads[0], 0, size.pads[2], 0),
    )
    shape = (size.outputs, size.kernel[0], size.extent(1, 1, size.kernel[1]), size.channels)
    weights = np.zeros(shape, np.int8)
    weights[:, :, :: size.dilation[1]] = layer.weights
    return (
        replace(feed, tensor=tensor, dense=Dense(stored, size.pads[1], layer.fill)),
        replace(
            layer,
            input=tensor,
            geometry=geometry,
            weights=weights.reshape(size.outputs, size.kernel[0], 1, run),
        ),
    )
