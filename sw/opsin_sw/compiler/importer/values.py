# SPDX-License-Identifier: MIT
"""What is known of a value of the ONNX graph while its nodes are walked in order.

A float value of a quantized graph is never computed as such; it is one of the shapes below, and
every operator turns shapes into shapes or refuses.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from ..graph import Geometry, Layer, Quantization, Tensor

__all__ = ["Codes", "Constant", "FloatInput", "Input", "Parameter"]
__all__ += ["Pending", "Real", "Sum", "Value"]


@dataclass(frozen=True)
class Input:
    """A graph input, quantized by the host if it is float."""

    name: str
    quantization: Quantization | None = None


@dataclass(frozen=True)
class Constant:
    """Known numbers."""

    array: NDArray


@dataclass(frozen=True)
class Parameter:
    """Known integers after DequantizeLinear, scale and zero point per ``axis`` if not scalar."""

    codes: NDArray
    scale: NDArray[np.float32]
    zero_point: NDArray[np.int64]
    axis: int


@dataclass(frozen=True)
class FloatInput:
    """A float graph input, one sample seen as ``shape``."""

    origin: Input
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Codes:
    """Integers of type ``dtype``, one sample seen as ``shape``.

    ``private`` tells that nothing else reads them, so that their layer may be changed.
    """

    origin: Tensor | Input
    shape: tuple[int, ...]
    dtype: str
    private: bool = False


@dataclass(frozen=True)
class Real:
    """Codes after DequantizeLinear, clipped to ``lower`` … ``upper``."""

    codes: Codes
    quantization: Quantization
    lower: float = -inf
    upper: float = inf


@dataclass(frozen=True)
class Sum:
    """A layer's result before QuantizeLinear, clipped to ``lower`` … ``upper``.

    The fields are those of :class:`..graph.Convolution`; ``scale`` still lacks the division by the
    output's scale. ``shape`` is of one sample of the output.
    """

    name: str
    operator: str
    input: Tensor
    dtype: str
    geometry: Geometry
    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    scale: NDArray[np.float32]
    fill: int
    shape: tuple[int, ...]
    channels_last: bool
    biased: bool = False
    lower: float = -inf
    upper: float = inf


@dataclass(frozen=True)
class Pending:
    """What another layer computes before QuantizeLinear, clipped to ``lower`` … ``upper``.

    ``shape`` is of one sample, ``whole`` its (height, width, channels) in memory; ``layer`` makes
    the layer once the output's scale is known.
    """

    name: str
    operator: str
    dtype: str
    shape: tuple[int, ...]
    whole: tuple[int, int, int]
    channels_last: bool
    layer: Callable[[Tensor, Quantization], Layer]
    lower: float = -inf
    upper: float = inf


Value = Constant | Parameter | FloatInput | Codes | Real | Sum | Pending
