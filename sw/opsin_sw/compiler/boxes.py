# SPDX-License-Identifier: MIT
"""Boxes of outputs (tiles) and of the reduction (chunks and pieces of them)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .graph import Geometry
from .tiling import Tiling, lines

__all__ = ["Box", "Extent", "Range", "Tile", "chunks", "cut", "pieces", "tiles"]

Range = tuple[int, int]
"""First and behind last."""


@dataclass(frozen=True)
class Box:
    """Part of the reduction: kernel rows, kernel columns, channel words."""

    rows: Range
    columns: Range
    channels: Range

    @property
    def shape(self) -> tuple[int, int, int]:
        """Lengths of the three ranges."""
        rows, columns, channels = (b - a for a, b in (self.rows, self.columns, self.channels))
        return rows, columns, channels

    @property
    def tiles(self) -> int:
        """Weight tiles in the box."""
        rows, columns, channels = self.shape
        return rows * columns * channels

    def within(self, channels: Range) -> "Box":
        """Return what is also in ``channels``; it may be empty."""
        first = max(self.channels[0], channels[0])
        return replace(self, channels=(first, max(first, min(self.channels[1], channels[1]))))

    def of(self, dense: NDArray[np.int8]) -> NDArray[np.int8]:
        """Weight tiles of the box, in the order MATMUL takes them."""
        return dense[slice(*self.rows), slice(*self.columns), slice(*self.channels)]


@dataclass(frozen=True)
class Extent:
    """``length`` lines of input, ``step`` apart, of which ``before`` and ``after`` are padding.

    The first that is not is line ``start``. An output is ``stride`` of them behind the one before,
    a tap ``dilation``.
    """

    start: int
    step: int
    length: int
    before: int
    after: int
    stride: int
    dilation: int

    @property
    def inside(self) -> int:
        """Lines that are not padding."""
        return self.length - self.before - self.after

    @property
    def stop(self) -> int:
        """Line behind the last that is not padding."""
        return self.start + (self.inside - 1) * self.step + 1 if self.inside else self.start


@dataclass(frozen=True)
class Tile:
    """Part of a layer's outputs."""

    batch: Range
    lines: Range
    columns: Range

    @property
    def shape(self) -> tuple[int, int, int]:
        """Lengths of the three ranges."""
        batch, lines, columns = (b - a for a, b in (self.batch, self.lines, self.columns))
        return batch, lines, columns

    @property
    def rows(self) -> int:
        """Outputs of one channel."""
        batch, lines, columns = self.shape
        return batch * lines * columns

    def input(self, size: Geometry, chunk: Box, axis: int) -> Extent:
        """Input that the tile needs of a chunk, vertically (``axis`` 0) or horizontally (1)."""
        outputs = self.columns if axis else self.lines
        taps = chunk.columns if axis else chunk.rows
        limit = size.width if axis else size.height
        stride, dilation = size.stride[axis], size.dilation[axis]
        first = outputs[0] * stride - size.pads[axis] + taps[0] * dilation
        count, reach = outputs[1] - outputs[0], taps[1] - taps[0]
        if reach == 1:  # only the lines that are needed
            step, length, stride = stride, count, 1
        else:
            step, length = 1, size.extent(axis, count, reach)
        before = min(max(-(first // step), 0), length)
        after = min(max(length - -(-(limit - first) // step), 0), length - before)
        return Extent(first + before * step, step, length, before, after, stride, dilation)


def cut(whole: Range, part: int) -> list[Range]:
    """Ranges of ``part``, the last one shorter."""
    return [(first, min(first + part, whole[1])) for first in range(*whole, part)]


def tiles(size: Geometry, batch: int, tiling: Tiling) -> Iterator[Tile]:
    """All tiles of a layer."""
    for ranges in product(
        cut((0, batch), tiling.batch),
        lines(size.output_height, tiling.first, tiling.height),
        cut((0, size.output_width), tiling.width),
    ):
        yield Tile(*ranges)


def chunks(size: Geometry, channels: Range, tiling: Tiling) -> list[Box]:
    """All chunks of the reduction over ``channels`` (words)."""
    return [
        Box(*ranges)
        for ranges in product(
            cut((0, size.kernel[0]), tiling.kernel[0]),
            cut((0, size.kernel[1]), tiling.kernel[1]),
            cut(channels, tiling.channel_words),
        )
    ]


def pieces(box: Box, limit: int) -> Iterator[Box]:
    """Cut a box into boxes of at most ``limit`` weight tiles."""
    rows, columns, channels = box.shape
    if box.tiles <= limit:
        if box.tiles:
            yield box
    elif columns * channels <= limit:
        for part in cut(box.rows, limit // (columns * channels)):
            yield replace(box, rows=part)
    elif rows > 1:
        for part in cut(box.rows, 1):
            yield from pieces(replace(box, rows=part), limit)
    elif channels <= limit:
        for part in cut(box.columns, limit // channels):
            yield replace(box, columns=part)
    elif columns > 1:
        for part in cut(box.columns, 1):
            yield from pieces(replace(box, columns=part), limit)
    else:
        for part in cut(box.channels, limit):
            yield replace(box, channels=part)
