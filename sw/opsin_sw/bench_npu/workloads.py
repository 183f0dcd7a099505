# SPDX-License-Identifier: MIT
"""The layers that are measured, each a graph of its own with random weights."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..compiler.graph import Convolution, Feed, Geometry, Graph, GraphInput, GraphOutput, Tensor

__all__ = ["RESNET_18", "RESNET_50", "Shape", "conv", "gemm", "graph"]

_FILL = -5
_ZERO_POINT = 3


@dataclass(frozen=True)
class Shape:
    """A layer called ``name``, that a network has ``count`` times."""

    name: str
    geometry: Geometry
    count: int = 1


def gemm(rows: int, inputs: int, outputs: int) -> Geometry:
    """Product of rows × inputs and inputs × outputs."""
    return Geometry(rows, 1, inputs, outputs)


def conv(
    size: int, channels: int, outputs: int, kernel: int, stride: int = 1, *, groups: int = 1
) -> Geometry:
    """Square convolution padded to output size / stride."""
    pad = kernel // 2
    pads = (pad, pad, pad, pad)
    if stride > 1 and kernel == 1:
        pads = (0, 0, 0, 0)
    return Geometry(
        size, size, channels, outputs, (kernel, kernel), (stride, stride), pads=pads, groups=groups
    )


RESNET_18 = [
    Shape("C2 56² 64→64 3×3", conv(56, 64, 64, 3)),
    Shape("C3 56² 64→128 1×1 s2", conv(56, 64, 128, 1, 2)),
    Shape("C4 56² 64→128 3×3 s2", conv(56, 64, 128, 3, 2)),
    Shape("C5 28² 128→128 3×3", conv(28, 128, 128, 3)),
    Shape("C6 28² 128→256 1×1 s2", conv(28, 128, 256, 1, 2)),
    Shape("C7 28² 128→256 3×3 s2", conv(28, 128, 256, 3, 2)),
    Shape("C8 14² 256→256 3×3", conv(14, 256, 256, 3)),
    Shape("C9 14² 256→512 1×1 s2", conv(14, 256, 512, 1, 2)),
    Shape("C10 14² 256→512 3×3 s2", conv(14, 256, 512, 3, 2)),
    Shape("C11 7² 512→512 3×3", conv(7, 512, 512, 3)),
]
"""As VTA's authors number the distinct layers."""


def _resnet_50() -> Iterator[Shape]:
    """Layers of the original network, which has its strides in 1 × 1 convolutions."""
    yield Shape("224² 3→64 7×7 s2", conv(224, 3, 64, 7, 2))
    size, channels = 56, 64
    for stage, (width, blocks) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
        outputs, stride = 4 * width, 2 if stage else 1
        for block in range(blocks):
            step = stride if block == 0 else 1
            if block == 0:
                yield _square(size, channels, outputs, 1, step)
            yield _square(size, channels, width, 1, step)
            size //= step
            yield _square(size, width, width, 3)
            yield _square(size, width, outputs, 1)
            channels = outputs


def _square(size: int, channels: int, outputs: int, kernel: int, stride: int = 1) -> Shape:
    name = f"{size}² {channels}→{outputs} {kernel}×{kernel}" + (f" s{stride}" if stride > 1 else "")
    return Shape(name, conv(size, channels, outputs, kernel, stride))


def _distinct(shapes: Iterator[Shape]) -> list[Shape]:
    found: dict[str, Shape] = {}
    for shape in shapes:
        before = found.get(shape.name)
        found[shape.name] = replace(before, count=before.count + 1) if before else shape
    return list(found.values())


RESNET_50 = _distinct(_resnet_50())


def graph(geometry: Geometry, *, seed: int = 1) -> Graph:
    """Graph of one layer, with results that spread over their range."""
    rng = np.random.default_rng(seed)
    size = geometry
    shape = (size.outputs, *size.kernel, size.channels // size.groups)
    weights = rng.integers(-128, 128, shape, dtype=np.int8)
    scale = 40 / (74 * 74 * np.sqrt(weights[0].size))
    source = Tensor("x", size.height, size.width, size.channels, channels_last=True)
    target = Tensor("y", size.output_height, size.output_width, size.outputs, channels_last=True)
    view = (size.height, size.width, size.channels)
    layer = Convolution(
        name="layer",
        operator="Conv",
        input=source,
        output=target,
        geometry=size,
        weights=weights,
        bias=rng.integers(-9000, 9000, size.outputs, dtype=np.int32),
        scale=np.full(size.outputs, scale, np.float32),
        fill=_FILL,
        zero_point=_ZERO_POINT,
        minimum=-128,
        maximum=127,
    )
    return Graph(
        batch=1,
        inputs=[GraphInput("x", "int8", view, [Feed(source, view, (0, 1, 2), None)])],
        outputs=[
            GraphOutput("y", "int8", (target.height, target.width, target.channels), target, None)
        ],
        layers=[layer],
    )
