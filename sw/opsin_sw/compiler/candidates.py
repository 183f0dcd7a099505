# SPDX-License-Identifier: MIT
"""All tilings of a convolution that fit the memories."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from opsin.config import NpuConfig

from .areas import areas
from .graph import Convolution, Geometry
from .layout import tile_words, words
from .tiling import Tiling, halves, lines, parts, reach, span

__all__ = ["candidates"]

_WIDTHS = 5  # ways to cut lines
_WEIGHT_BUFFERS = 4  # so that memory never waits for the array


def boxes(size: Geometry, batch: int, limit: int) -> Iterator[tuple[int, int, int]]:
    """(batch, height, width) of at most ``limit`` outputs; several samples only if whole.

    Lines are cut only if one has too many outputs, or every load would read parts of them.
    """
    height, width = size.output_height, size.output_width
    for images in parts(batch):
        if images * height * width <= limit:
            yield images, height, width
    widths = [part for part in parts(width) if part <= limit][:_WIDTHS]
    if width <= limit and not size.depthwise:
        widths = [width]
    for across in widths:
        for down in parts(height):
            if down * across <= limit and (down, across) != (height, width):
                yield 1, down, across


def narrow(size: Geometry, limit: int) -> Iterator[tuple[int, int, int]]:
    """Return boxes for memories that hold less than a line's input."""
    for across in parts(size.output_width):
        if across <= limit:
            yield 1, 1, across


def chunkings(size: Geometry, channel_words: int) -> Iterator[tuple[tuple[int, int], int]]:
    """Channels are cut first, since that reads nothing twice; then kernel rows, then columns."""
    for part in parts(channel_words):
        yield size.kernel, part
    for part in parts(size.kernel[0])[1:]:
        yield (part, size.kernel[1]), 1
    for part in parts(size.kernel[1])[1:]:
        yield (1, part), 1


def candidates(layer: Convolution, batch: int, config: NpuConfig) -> Iterator[Tiling]:
    """All tilings that fit, the best kind first."""
    size = layer.geometry
    columns = words(size.outputs, config.cols)
    half = halves(config)
    for shapes in (boxes(size, batch, half), narrow(size, half)):
        found = False
        for box in shapes:
            for tiling in _fitting(layer, batch, config, box, columns):
                found = True
                yield tiling
        if found:
            return


def _fitting(
    layer: Convolution, batch: int, config: NpuConfig, box: tuple[int, int, int], columns: int
) -> Iterator[Tiling]:
    size = layer.geometry
    images, height, width = box
    firsts = {height}
    if images == 1:
        firsts |= {-(-height // n) for n in (2, 4, 8, 16)}
    counts = sorted({min(count, columns) for count in (1, 2, 4, 8, 16, columns)})
    together = (True, False) if size.depthwise else (True,)
    for count, joined in product(counts, together):
        if count == 1 and not joined:
            continue
        for first, buffers in product(sorted(firsts, reverse=True), (2, 1)):
            largest = max(b - a for a, b in lines(size.output_height, first, height))
            area = images, largest, width
            only = area == (batch, size.output_height, size.output_width)
            found = _fit(layer, config, (area, only), columns, count, buffers, joined=joined)
            if found:
                yield replace(found, first=first)
                break


def _fit(
    layer: Convolution,
    config: NpuConfig,
    box: tuple[tuple[int, int, int], bool],
    columns: int,
    count: int,
    buffers: int,
    *,
    joined: bool,
) -> Tiling | None:
    """Tiling of boxes like ``box`` (whether there is only one), groups of ``count`` columns.

    Input is loaded for all columns of a group if ``joined``, else for each by itself.
    """
    size, tile = layer.geometry, tile_words(layer, config.rows)
    (images, height, width), only = box
    rows = images * height * width
    widest = max(
        stop - start
        for start, stop in (
            span(size, config, c, count if joined else 1) for c in range(0, columns, count)
        )
    )
    least = tile
    outputs = rows * count * (1 if only and count == columns else buffers)
    if outputs > min(config.scratchpad_words, 1 << 15):
        return None
    for kernel, channel_words in chunkings(size, widest):
        whole = kernel == size.kernel and channel_words == widest
        if not whole and rows * count > halves(config):
            return None
        down, across = (reach(size, axis, (height, width)[axis], kernel[axis]) for axis in (0, 1))
        input_words = images * down * across * channel_words
        alone = only and whole and (size.groups == 1 or (joined and count == columns))
        slots = 1 if alone else buffers
        sharing = areas(config, input_words * slots, outputs, least, columns)
        if sharing:
            break
    else:
        return None
    part = sharing.weights
    if part >= _WEIGHT_BUFFERS * least:
        part //= _WEIGHT_BUFFERS
    piece = part // tile
    tiles = sum(b - a for a, b in (span(size, config, c, 1) for c in range(columns)))
    total = tiles * size.kernel[0] * size.kernel[1] * tile
    return Tiling(
        images, height, width, height, kernel, channel_words, count, input_words, slots,
        outputs // (rows * count), sharing, piece, total <= sharing.weights,
    )  # fmt: skip
