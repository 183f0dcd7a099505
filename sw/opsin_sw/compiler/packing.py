# SPDX-License-Identifier: MIT
"""First layers: few channels, so that most of a word would be padding.

The host lays such an input out with the kernel's columns side by side as channels, and the
convolution becomes one whose kernel is a column wide. A word then holds several taps: three times
the work per cycle for a 3 × 3 kernel over a grey picture.
"""

from dataclasses import replace

from opsin.config import NpuConfig

from .graph import Convolution, Feed, Geometry, Graph, Tensor, Unfold
from .layout import words

__all__ = ["pack_inputs"]


def pack_inputs(graph: Graph, config: NpuConfig) -> Graph:
    """Unfold graph inputs wherever that takes fewer words through the mesh."""
    fed = {feed.tensor: feed for port in graph.inputs for feed in port.feeds}
    used: dict[Tensor, list[Feed]] = {tensor: [] for tensor in fed}
    layers: list[Convolution] = []
    for layer in graph.layers:
        if layer.input in fed:
            feed, changed = fed[layer.input], layer
            if _worth_it(layer.geometry, config):
                feed, changed = _unfold(feed, layer)
            if feed not in used[layer.input]:
                used[layer.input].append(feed)
            layers.append(changed)
        else:
            layers.append(layer)
    inputs = [
        replace(port, feeds=[new for feed in port.feeds for new in used[feed.tensor]])
        for port in graph.inputs
    ]
    return replace(graph, inputs=inputs, layers=layers)


def _worth_it(size: Geometry, config: NpuConfig) -> bool:
    taps = size.kernel[1]
    packed = words(taps * size.channels, config.rows)
    return size.groups == 1 and packed < taps * words(size.channels, config.rows)


def _unfold(feed: Feed, layer: Convolution) -> tuple[Feed, Convolution]:
    size = layer.geometry
    (taps_down, taps), channels = size.kernel, size.channels
    width = size.output_width
    tensor = Tensor(feed.tensor.name, size.height, width, taps * channels)
    unfold = Unfold(width, taps, size.stride[1], size.dilation[1], size.pads[1], layer.fill)
    geometry = replace(
        size,
        width=width,
        channels=taps * channels,
        kernel=(taps_down, 1),
        stride=(size.stride[0], 1),
        dilation=(size.dilation[0], 1),
        pads=(size.pads[0], 0, size.pads[2], 0),
    )
    weights = layer.weights.reshape(len(layer.weights), taps_down, 1, taps * channels)
    return (
        replace(feed, tensor=tensor, unfold=unfold),
        replace(layer, input=tensor, geometry=geometry, weights=weights),
    )
