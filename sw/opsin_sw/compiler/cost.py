# SPDX-License-Identifier: MIT
"""Cycles that a tiling takes, about: the units side by side, the first load and the last store.

The tiling with the fewest is taken from all that fit, so no shape is a special case.
"""

from opsin.config import NpuConfig

from .areas import PARAMETER_WORDS
from .candidates import candidates
from .graph import Convolution
from .layout import tile_words, words
from .tiling import Tiling, lines, reach, span

__all__ = ["cycles", "plan", "slides"]

_DESCRIPTOR = 40  # cycles of the dispatcher
_LATENCY = 150  # from one unit to the next, of the first and the last tile
_TRAFFIC = 0.02  # cycles that a word of memory counts besides, since others want memory, too
_SLIDING_ROWS, _LONGEST = 16, 240  # of a mesh and of a line that can slide
_SHORT_BURST = 0.5  # cycles more of a burst, since others are not asked for meanwhile


def plan(layer: Convolution, batch: int, config: NpuConfig) -> Tiling | None:
    """Return the cheapest tiling that fits, or None."""
    best: tuple[float, Tiling] | None = None
    for tiling in candidates(layer, batch, config):
        cost = cycles(layer, batch, config, tiling)
        if best is None or cost < best[0]:
            best = cost, tiling
    return best[1] if best else None


def slides(layer: Convolution, config: NpuConfig, tiling: Tiling) -> bool:
    """Whether the array reads each word of input once for all taps of a depthwise kernel."""
    size = layer.geometry
    return (
        size.depthwise
        and config.rows >= _SLIDING_ROWS
        and (tiling.batch, tiling.columns) == (1, 1)
        and size.kernel == tiling.kernel == (3, 3)
        and size.dilation == (1, 1)
        and size.stride in ((1, 1), (2, 2))
        and reach(size, 1, tiling.width, 3) <= _LONGEST
    )


def cycles(layer: Convolution, batch: int, config: NpuConfig, tiling: Tiling) -> float:
    """Estimate a layer's cycles."""
    size = layer.geometry
    columns = words(size.outputs, config.cols)
    spans = [b - a for a, b in (span(size, config, c, 1) for c in range(columns))]
    taps = size.kernel[0] * size.kernel[1]
    steps = sum(spans) * taps
    pieces = sum(-(-n * taps // tiling.piece) for n in spans)
    tile = tile_words(layer, config.rows)
    weights = steps * tile + columns * PARAMETER_WORDS
    chunks = (
        -(-size.kernel[0] // tiling.kernel[0])
        * -(-size.kernel[1] // tiling.kernel[1])
        * -(-max(spans) // tiling.channel_words)
    )
    groups = -(-columns // tiling.columns)
    again = chunks * groups if chunks > 1 or size.groups > 1 else 1
    window = layer.input.windows
    pixel = words(size.channels, config.rows) if size.groups == 1 else tiling.channel_words * chunks
    slower = (size.channels / config.rows + 1) / pixel if window else 1
    beats = config.cols // config.lanes

    times = -(-batch // tiling.batch) * -(-size.output_width // tiling.width)
    heights = [b - a for a, b in lines(size.output_height, tiling.first, tiling.height)]
    across = reach(size, 1, tiling.width, size.kernel[1])

    def inputs(height: int) -> float:
        area = tiling.batch * reach(size, 0, height, size.kernel[0]) * across
        return area * pixel * max(slower, 1) * (again if size.groups == 1 else groups)

    total, bursts = 0.0, _SHORT_BURST / min(tiling.columns, 16)
    for n, height in enumerate(heights):
        rows = tiling.batch * tiling.width * height
        array = steps * max(rows, tile if layer.packed else config.rows, 4)
        if slides(layer, config, tiling):
            array = columns * reach(size, 0, height, 3) * across
        loaded = weights if not tiling.resident or n == 0 else 0
        following = inputs(heights[n + 1] if n + 1 < len(heights) else heights[0])
        if n + 1 == len(heights) and times == 1:
            following = 0
        stored = rows * columns * (1 + bursts)
        count = (2 if loaded else 1) * max(pieces, columns * chunks) + columns + 2 * groups
        count += again * tiling.batch
        busy = max(array, loaded + following + stored, rows * columns * beats, count * _DESCRIPTOR)
        if tiling.buffers == 1 and following:
            busy += following
        total += busy + _TRAFFIC * (loaded + following + stored)
    total *= times
    first = min(tiling.piece, spans[0] * taps) * tile
    last = tiling.batch * tiling.width * heights[-1]
    rest = columns % tiling.columns or tiling.columns
    return total + inputs(heights[0]) / again + first + last * (beats + rest) + 2 * _LATENCY
