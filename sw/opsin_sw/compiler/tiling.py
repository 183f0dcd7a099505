# SPDX-License-Identifier: MIT
"""How a convolution is cut so that its parts fit the local memories and no unit waits.

A *tile* is a box of outputs (batch, height, width), all of whose sums are held at once in half of
the accumulator. Its columns (blocks of ``cols`` output channels) are done one by one, and stored in
*groups*; its reduction (kernel × input channel words) in *chunks*, for each of which the input is
in the scratchpad. The first tile may be lower than the others, so that the array begins early. The
plan with the fewest estimated cycles is taken from all that fit, so no shape is a special case.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product
from math import isqrt

from opsin.config import NpuConfig

from .graph import Convolution, Geometry
from .layout import tile_words, words

__all__ = ["PARAMETER_WORDS", "Areas", "Tiling", "areas", "halves", "parts", "span"]

PARAMETER_WORDS = 8
_BANKS = 8
_SHARE = 32  # of the scratchpad, for parameters
_WIDTHS = 5  # ways to cut lines
_WEIGHT_BUFFERS = 4  # so that memory never waits for the array


@dataclass(frozen=True)
class Areas:
    """Words of the scratchpad for input, for weights, for results, one behind the other.

    Parameters are behind the results, where the array reads nothing: ``slots`` times those of
    ``columns`` columns.
    """

    input: int
    weights: int
    output: int
    slots: int
    columns: int

    @property
    def weights_start(self) -> int:
        """First word of weights."""
        return self.input

    @property
    def output_start(self) -> int:
        """First word of results."""
        return self.input + self.weights

    def parameters_start(self, slot: int) -> int:
        """First word of the parameters in a slot."""
        behind = (self.slots - slot) * self.columns * PARAMETER_WORDS
        return self.output_start + self.output - behind


@dataclass(frozen=True)
class Tiling:
    """Sizes of a tile, of a chunk (kernel taps, channel words) and of a group (columns).

    ``first`` is the height of the first tile; ``buffers`` of ``input_words`` each hold inputs,
    ``outputs`` the results of a tile's group. ``piece`` are the weight tiles of a MATMUL at most.
    With ``resident`` weights they are loaded once.
    """

    batch: int
    height: int
    width: int
    first: int
    kernel: tuple[int, int]
    channel_words: int
    columns: int
    input_words: int
    buffers: int
    outputs: int
    areas: Areas
    piece: int
    resident: bool

    @property
    def rows(self) -> int:
        """Accumulator rows of one column tile."""
        return self.batch * self.height * self.width


def halves(config: NpuConfig) -> int:
    """Rows of one of the accumulator's banks."""
    return config.accumulator_rows // 2


def span(size: Geometry, config: NpuConfig, first: int, columns: int) -> tuple[int, int]:
    """Channel words (first, behind last) that ``columns`` column tiles from ``first`` on need."""
    last = min((first + columns) * config.cols, size.outputs) - 1
    start, stop = size.channel_span(first * config.cols, last)
    return start // config.rows, words(stop, config.rows)


def parts(total: int) -> list[int]:
    """Sizes of the larger part when ``total`` is cut into 1, 2, 3 … nearly equal parts."""
    few = range(1, isqrt(total) + 2)
    sizes = {-(-total // count) for count in few}  # and the small sizes, that many parts come to
    sizes |= {-(-total // -(-total // size)) for size in few}
    return sorted(sizes, reverse=True)


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


def lines(total: int, first: int, part: int) -> list[tuple[int, int]]:
    """``first`` lines, then nearly equal ranges of ``part`` at most."""
    rest = total - first
    if rest <= 0:
        return [(0, total)]
    count = -(-rest // part)
    ends = [first + rest * n // count for n in range(count + 1)]
    return [(0, first), *pairwise(ends)]


def reach(size: Geometry, axis: int, outputs: int, taps: int) -> int:
    """Lines of input that are loaded for ``outputs`` and ``taps`` of the kernel."""
    return outputs if taps == 1 else size.extent(axis, outputs, taps)


def areas(config: NpuConfig, inputs: int, outputs: int, weights: int, columns: int) -> Areas | None:
    """Share the scratchpad out, in whole banks if possible; ``weights`` words at least."""
    held = min(columns, max(config.scratchpad_words // _SHARE // PARAMETER_WORDS, 1))
    slots = 1 if held == columns else 2
    outputs += slots * held * PARAMETER_WORDS
    for unit in (max(config.scratchpad_words // _BANKS, 1), 1):
        first = -(-inputs // unit) * unit
        last = -(-outputs // unit) * unit
        rest = config.scratchpad_words - first - last
        if rest >= weights:
            return Areas(first, rest, last, slots, held)
    return None


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
    for count in sorted({min(count, columns) for count in (1, 2, 4, 8, 16, columns)}):
        for first, buffers in product(sorted(firsts, reverse=True), (2, 1)):
            largest = max(b - a for a, b in lines(size.output_height, first, height))
            area = images, largest, width
            only = area == (batch, size.output_height, size.output_width)
            found = _fit(layer, config, (area, only), columns, count, buffers)
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
) -> Tiling | None:
    """Tiling of boxes like ``box`` (whether there is only one), groups of ``count`` columns."""
    size, tile = layer.geometry, tile_words(layer, config.rows)
    (images, height, width), only = box
    rows = images * height * width
    widest = max(
        stop - start
        for start, stop in (span(size, config, c, count) for c in range(0, columns, count))
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
        alone = only and whole and (size.groups == 1 or count == columns)
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
