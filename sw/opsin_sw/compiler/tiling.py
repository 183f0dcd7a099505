# SPDX-License-Identifier: MIT
"""How a layer is cut so that its parts fit the local memories.

A *tile* is a box of outputs (batch, height, width), all of whose sums are held at once. Its
columns (blocks of ``cols`` output channels) are done in *groups*; its reduction (kernel × input
channel words) in *chunks*, for each of which the input is in activation memory. The plan with
the fewest estimated cycles is taken from all that fit, so no shape is a special case.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import isqrt

from opsin.config import NpuConfig

from .graph import Geometry
from .layout import words

__all__ = ["COUNT_LIMIT", "Tiling", "plan", "span"]

COUNT_LIMIT = (1 << 16) - 1  # of a descriptor's loops
_DESCRIPTOR_CYCLES = 16  # estimate of what a descriptor costs besides its work


@dataclass(frozen=True)
class Tiling:
    """Sizes of a tile, of a chunk (kernel taps, channel words) and of a group (columns)."""

    batch: int
    height: int
    width: int
    kernel: tuple[int, int]
    channel_words: int
    columns: int
    input_words: int
    resident: bool

    @property
    def rows(self) -> int:
        """Accumulator rows of one column tile."""
        return self.batch * self.height * self.width


def span(size: Geometry, config: NpuConfig, first: int, columns: int) -> tuple[int, int]:
    """Channel words (first, behind last) that ``columns`` column tiles from ``first`` on need."""
    last = min((first + columns) * config.cols, size.outputs) - 1
    start, stop = size.channel_span(first * config.cols, last)
    return start // config.rows, words(stop, config.rows)


def plan(size: Geometry, batch: int, config: NpuConfig) -> Tiling | None:
    """Return the cheapest tiling that fits, or None."""
    if config.weight_words < config.rows:
        return None
    columns = words(size.outputs, config.cols)
    taps = size.kernel[0] * size.kernel[1]
    spans = [span(size, config, column, 1) for column in range(columns)]
    steps = sum(stop - start for start, stop in spans) * taps
    resident = steps * config.rows <= min(config.weight_words, COUNT_LIMIT)
    best: tuple[float, Tiling] | None = None
    for count in _parts(columns):
        widest = max(
            stop - start
            for start, stop in (span(size, config, c, count) for c in range(0, columns, count))
        )
        for tile in _tiles(size, batch, min(config.accumulator_rows, COUNT_LIMIT)):
            for kernel, channel_words in _chunks(size, widest):
                found = _fit(size, config, tile, kernel, channel_words, count, widest, resident)
                if found is None:
                    continue
                cost = _cost(size, batch, config, found, columns, widest, steps)
                if best is None or cost < best[0]:
                    best = cost, found
                break  # smaller chunks only load more
    return best[1] if best else None


def _parts(total: int) -> list[int]:
    """Sizes of the larger part when ``total`` is cut into 1, 2, 3 … nearly equal parts."""
    few = range(1, isqrt(total) + 2)
    sizes = {-(-total // parts) for parts in few}  # and the small sizes, that many parts come to
    sizes |= {-(-total // -(-total // size)) for size in few}
    return sorted(sizes, reverse=True)


def _tiles(size: Geometry, batch: int, limit: int) -> Iterator[tuple[int, int, int]]:
    """(batch, height, width) of at most ``limit`` outputs; several samples only if whole."""
    whole = size.output_height, size.output_width
    for images in _parts(batch):
        if images * whole[0] * whole[1] <= limit:
            yield images, *whole
    for height, width in product(_parts(whole[0]), _parts(whole[1])):
        if height * width <= limit and (height, width) != whole:
            yield 1, height, width


def _chunks(size: Geometry, channel_words: int) -> Iterator[tuple[tuple[int, int], int]]:
    """Channels are cut first, since that reads nothing twice; then kernel rows, then columns."""
    for part in _parts(channel_words):
        yield size.kernel, part
    for part in _parts(size.kernel[0])[1:]:
        yield (part, size.kernel[1]), 1
    for part in _parts(size.kernel[1])[1:]:
        yield (1, part), 1


def _fit(
    size: Geometry,
    config: NpuConfig,
    tile: tuple[int, int, int],
    kernel: tuple[int, int],
    channel_words: int,
    columns: int,
    widest: int,
    resident: bool,
) -> Tiling | None:
    images, height, width = tile
    rows = images * height * width
    area = size.extent(0, height, kernel[0]) * size.extent(1, width, kernel[1])
    input_words = images * area * channel_words
    whole = kernel == size.kernel and channel_words == widest
    if input_words + rows * columns > min(config.activation_words, COUNT_LIMIT):
        return None
    if not whole and rows * columns > config.accumulator_rows:
        return None  # sums of all columns wait for the next chunk
    return Tiling(*tile, kernel, channel_words, columns, input_words, resident)


def _cost(
    size: Geometry,
    batch: int,
    config: NpuConfig,
    tiling: Tiling,
    columns: int,
    widest: int,
    steps: int,
) -> float:
    outputs = batch * size.output_height * size.output_width
    tiles = (
        -(-batch // tiling.batch)
        * -(-size.output_height // tiling.height)
        * -(-size.output_width // tiling.width)
    )
    chunks = (
        -(-size.kernel[0] // tiling.kernel[0])
        * -(-size.kernel[1] // tiling.kernel[1])
        * -(-widest // tiling.channel_words)
    )
    groups = -(-columns // tiling.columns)
    again = groups if chunks > 1 or size.groups > 1 else 1
    loads = tiles * again * chunks * tiling.input_words
    weights = (1 if tiling.resident else tiles) * steps * config.rows
    array = steps * max(outputs, tiles * config.rows)
    descriptors = tiles * (again * chunks * tiling.batch + 4 * columns * chunks)
    return loads + weights + array + 2 * outputs * columns + _DESCRIPTOR_CYCLES * descriptors
