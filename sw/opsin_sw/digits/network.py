# SPDX-License-Identifier: MIT
"""A small convolutional network in NumPy: forward, backward, and Adam."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["Convolution", "Network", "cross_entropy"]

Array = NDArray[np.float32]


@dataclass
class Convolution:
    """3 × 3 convolution, padded by one, then Relu. ``weights`` are (outputs, inputs, 3, 3)."""

    weights: Array
    bias: Array
    stride: int
    _columns: Array = field(init=False, repr=False)
    _result: Array = field(init=False, repr=False)
    _shape: tuple[int, ...] = field(init=False, repr=False)

    def forward(self, x: Array) -> Array:
        """Return the result for (samples, inputs, height, width); remembers what backward needs."""
        self._shape = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = sliding_window_view(padded, (3, 3), (2, 3))[:, :, :: self.stride, :: self.stride]
        samples, inputs, height, width = windows.shape[:4]
        columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, inputs * 9)
        self._columns = np.ascontiguousarray(columns)
        flat = self._columns @ self.weights.reshape(len(self.weights), -1).T + self.bias
        result = np.maximum(flat, 0).reshape(samples, height, width, -1).transpose(0, 3, 1, 2)
        self._result = result
        return result

    def backward(self, gradient: Array) -> tuple[Array, list[Array]]:
        """Gradients by the input, and by weights and bias."""
        gradient = gradient * (self._result > 0)
        samples, outputs, height, width = gradient.shape
        flat = gradient.transpose(0, 2, 3, 1).reshape(-1, outputs)
        by_weights = (flat.T @ self._columns).reshape(self.weights.shape)
        columns = flat @ self.weights.reshape(outputs, -1)
        columns = columns.reshape(samples, height, width, -1, 3, 3)
        _, inputs, rows, cols = self._shape
        padded = np.zeros((samples, inputs, rows + 2, cols + 2), np.float32)
        step = self.stride
        for y in range(3):
            for x in range(3):
                part = padded[:, :, y : y + step * height : step, x : x + step * width : step]
                part += columns[..., y, x].transpose(0, 3, 1, 2)
        return padded[:, :, 1:-1, 1:-1], [by_weights, flat.sum(axis=0)]


class Network:
    """Convolutions, then one matrix product.

    Parameters
    ----------
    channels : iterable of (int, int)
        Outputs and stride of each convolution.
    size : int
        Height and width of the input picture, which has one channel.
    classes : int
        Outputs.
    rng : numpy.random.Generator
        Source of the initial weights.
    """

    def __init__(
        self,
        channels: Iterable[tuple[int, int]],
        *,
        size: int,
        classes: int,
        rng: np.random.Generator,
    ) -> None:
        self.layers: list[Convolution] = []
        inputs = 1
        for outputs, stride in channels:
            weights = rng.normal(0, np.sqrt(2 / (9 * inputs)), (outputs, inputs, 3, 3))
            bias = np.zeros(outputs, np.float32)
            self.layers.append(Convolution(weights.astype(np.float32), bias, stride))
            inputs, size = outputs, -(-size // stride)
        features = inputs * size * size
        self.weights: Array = rng.normal(0, features**-0.5, (classes, features)).astype(np.float32)
        self.bias: Array = np.zeros(classes, np.float32)
        self._features: Array = np.zeros((0, features), np.float32)

    @property
    def parameters(self) -> list[Array]:
        """Everything that is learnt, changed in place by training."""
        convolutions = [array for layer in self.layers for array in (layer.weights, layer.bias)]
        return [*convolutions, self.weights, self.bias]

    def forward(self, x: Array) -> Array:
        """Logits."""
        for layer in self.layers:
            x = layer.forward(x)
        self._shape = x.shape
        self._features = x.reshape(len(x), -1)
        return self._features @ self.weights.T + self.bias

    def backward(self, gradient: Array) -> list[Array]:
        """Gradients of all parameters, from the gradient by the logits."""
        last = [gradient.T @ self._features, gradient.sum(axis=0)]
        back = (gradient @ self.weights).reshape(self._shape)
        gradients: list[list[Array]] = [last]
        for layer in reversed(self.layers):
            back, own = layer.backward(back)
            gradients.insert(0, own)
        return [array for own in gradients for array in own]


def cross_entropy(logits: Array, labels: NDArray[np.int64]) -> tuple[float, Array]:
    """Mean loss, and its gradient by the logits."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    likely = np.exp(shifted)
    likely /= likely.sum(axis=1, keepdims=True)
    index = np.arange(len(labels)), labels
    loss = -float(np.log(likely[index] + 1e-12).mean())
    likely[index] -= 1
    return loss, (likely / np.float32(len(labels))).astype(np.float32)
