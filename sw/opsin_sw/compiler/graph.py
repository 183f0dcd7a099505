# SPDX-License-Identifier: MIT
"""What the importer makes of a model: tensors, and layers between them.

Most layers are convolutions over (batch, height, width, channels). A matrix product is one of
kernel 1 × 1 over its rows; after a flattened picture it is one whose kernel is the whole picture.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Addition", "Convolution", "Dense", "Feed", "Geometry", "Graph", "GraphInput"]
__all__ += ["GraphOutput", "Layer", "Pool", "Quantization", "Tensor", "Windows"]


@dataclass(frozen=True)
class Quantization:
    """``real = (code - zero_point) * scale``; ``dtype`` of the codes is uint8 or int8."""

    dtype: str
    scale: float
    zero_point: int

    @property
    def offset(self) -> int:
        """What is added to a code to store it as a signed byte."""
        return -128 if self.dtype == "uint8" else 0


@dataclass(frozen=True)
class Windows:
    """Pixels that overlap: each begins ``step`` bytes behind the one before, in ``line`` bytes."""

    step: int
    line: int


@dataclass(frozen=True, eq=False)
class Tensor:
    """Signed bytes in memory, one picture of ``height`` × ``width`` × ``channels`` per sample.

    ``channels_last`` tells which order of the three the model counts elements in: a convolution's
    result is flattened channels first, a matrix product's channels last. A pixel takes whole words,
    unless there are ``windows``.
    """

    name: str
    height: int
    width: int
    channels: int
    channels_last: bool = False
    windows: Windows | None = None


@dataclass(frozen=True)
class Geometry:
    """Sizes of a convolution. Pairs are (vertical, horizontal), pads top, left, bottom, right."""

    height: int
    width: int
    channels: int
    outputs: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    groups: int = 1

    def extent(self, axis: int, outputs: int, taps: int) -> int:
        """Length of input that ``outputs`` neighbouring results and ``taps`` taps reach over."""
        return (outputs - 1) * self.stride[axis] + (taps - 1) * self.dilation[axis] + 1

    @cached_property
    def output_height(self) -> int:
        """Rows of the result; below one if the kernel does not fit."""
        padded = self.height + self.pads[0] + self.pads[2]
        return (padded - self.extent(0, 1, self.kernel[0])) // self.stride[0] + 1

    @cached_property
    def output_width(self) -> int:
        """Columns of the result; below one if the kernel does not fit."""
        padded = self.width + self.pads[1] + self.pads[3]
        return (padded - self.extent(1, 1, self.kernel[1])) // self.stride[1] + 1

    @property
    def macs(self) -> int:
        """Multiplications of one sample, padding counted, as is usual."""
        taps = self.kernel[0] * self.kernel[1] * self.channels // self.groups
        return self.output_height * self.output_width * self.outputs * taps

    @property
    def depthwise(self) -> bool:
        """Whether each output has one channel of its own."""
        return self.groups == self.channels == self.outputs > 1

    def channel_span(self, first: int, last: int) -> tuple[int, int]:
        """Input channels (first, behind last) that outputs ``first`` to ``last`` depend on."""
        inputs, outputs = self.channels // self.groups, self.outputs // self.groups
        return first // outputs * inputs, (min(last, self.outputs - 1) // outputs + 1) * inputs


@dataclass(frozen=True, eq=False)
class Convolution:
    """``clip(rne(f32(Σ input · weights + bias) · scale) + zero_point, minimum, maximum)``.

    All in stored (signed) bytes; the input's zero point, ``fill``, is in ``bias`` already, and is
    what pads the picture. ``weights`` are (outputs, kernel height, kernel width, channels per
    group); ``bias`` int32 and ``scale`` float32 per output.
    """

    name: str
    operator: str
    input: Tensor
    output: Tensor
    geometry: Geometry
    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    scale: NDArray[np.float32]
    fill: int
    zero_point: int
    minimum: int
    maximum: int

    @cached_property
    def packed(self) -> bool:
        """Whether four bits hold every weight, so that two of them share a byte."""
        few = self.weights.min(initial=0) >= -8 and self.weights.max(initial=0) <= 7
        return bool(few) and not self.geometry.depthwise


@dataclass(frozen=True, eq=False)
class Pool:
    """The largest or the mean of each channel over a window.

    ``clip(rne(f32(Σ (a - source_zero)) · scale) + zero_point)``, or ``clip(largest)`` if
    ``largest``; the picture is padded with the smallest code.
    """

    name: str
    operator: str
    input: Tensor
    output: Tensor
    geometry: Geometry
    largest: bool
    source_zero: int = 0
    scale: float = 1.0
    zero_point: int = 0
    minimum: int = -128
    maximum: int = 127
    fill: int = -128


@dataclass(frozen=True, eq=False)
class Addition:
    """``clip(rne(Σ f32(input - zero) · scale) + zero_point)`` of two tensors of the same shape."""

    name: str
    operator: str
    input: Tensor
    other: Tensor
    output: Tensor
    zeros: tuple[int, int]
    scales: tuple[float, float]
    zero_point: int
    minimum: int = -128
    maximum: int = 127


Layer = Convolution | Pool | Addition


@dataclass(frozen=True)
class Dense:
    """Pixels without gaps, in lines of ``width``: those of the picture from ``-before`` on.

    Where the picture has none they are ``fill``.
    """

    width: int
    before: int
    fill: int


@dataclass(frozen=True, eq=False)
class Feed:
    """How a graph input becomes a tensor.

    ``quantization`` is applied if the input is float; then each sample is reshaped to ``view``,
    its axes are permuted by ``axes`` into (height, width, channels).
    """

    tensor: Tensor
    view: tuple[int, ...]
    axes: tuple[int, int, int]
    quantization: Quantization | None
    dense: Dense | None = None


@dataclass(frozen=True, eq=False)
class GraphInput:
    """``shape`` is without the batch; ``dtype`` uint8, int8 or float32."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    feeds: list[Feed]


@dataclass(frozen=True, eq=False)
class GraphOutput:
    """``dtype`` is that of the codes; with ``dequantization`` the result is float32."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    tensor: Tensor
    dequantization: Quantization | None


@dataclass(frozen=True, eq=False)
class Graph:
    """``batch`` samples at once through ``layers``, in order."""

    batch: int
    inputs: list[GraphInput]
    outputs: list[GraphOutput]
    layers: list[Layer]
