# SPDX-License-Identifier: MIT
"""Inputs, outputs and layers, as a program file tells of them."""

from dataclasses import dataclass

from .graph import Dense, Quantization
from .layout import words

__all__ = ["InputPort", "Layer", "OutputPort", "Placement"]


@dataclass(frozen=True)
class Placement:
    """Where a tensor is, and how a sample's (height, width, channels) comes from ``view``.

    ``axes`` are the axes of ``view`` in the order height, width, channels; see
    :class:`.graph.Feed`.
    """

    address: int
    view: tuple[int, ...]
    axes: tuple[int, int, int]
    quantization: Quantization | None = None
    dense: Dense | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels in memory."""
        height, width, channels = (self.view[axis] for axis in self.axes)
        return height, self.dense.width if self.dense else width, channels

    def size(self, batch: int, rows: int) -> int:
        """Bytes of ``batch`` samples, a word being ``rows``."""
        height, width, channels = self.shape
        return batch * height * width * (channels if self.dense else words(channels, rows) * rows)


@dataclass(frozen=True)
class InputPort:
    """A model input; a float one is quantized as each placement says."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    placements: tuple[Placement, ...]


@dataclass(frozen=True)
class OutputPort:
    """A model output of codes ``dtype``; float32 if the placement has a quantization."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    placement: Placement


@dataclass(frozen=True)
class Layer:
    """What the report tells of a layer.

    ``macs`` are of one sample, without what pads channels; ``streamed`` and ``words`` are of a
    whole job: activation words through the mesh, words moved or written.
    """

    name: str
    operator: str
    macs: int
    descriptors: int
    streamed: int
    words: int
