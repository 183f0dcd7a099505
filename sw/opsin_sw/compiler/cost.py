# SPDX-License-Identifier: MIT
"""Cycles that a tiling takes, about: the units side by side, the first load and the last store.

The tiling with the fewest is taken from all that fit, so no shape is a special case.
"""

from opsin.config import NpuConfig
from opsin.npu import isa

from .areas import PARAMETER_WORDS
from .candidates import candidates
from .graph import Convolution
from .layout import tile_words, words
from .places import deepened, slides
from .tiling import Tiling, lines, reach, span

__all__ = ["cycles", "plan"]

_DESCRIPTOR = 40  # cycles of the dispatcher
_LATENCY = 150  # from one unit to the next, of the first and the last tile
_TRAFFIC = 0.02  # cycles that a word of memory counts besides, since others want memory, too
_FILL = 0.8  # of a tile, until a layer behind this one can begin
_SHORT_BURST = 0.5  # words that a burst counts besides


def plan(
    layer: Convolution, batch: int, config: NpuConfig, *, chained: bool = False
) -> Tiling | None:
    """Return the cheapest tiling that fits, or None; ``chained``: other layers are beside it."""
    best: tuple[float, Tiling] | None = None
    for tiling in candidates(layer, batch, config):
        cost = cycles(layer, batch, config, tiling, chained=chained)
        if best is None or cost < best[0]:
            best = cost, tiling
    return deepened(layer, config, best[1]) if best else None


def cycles(
    layer: Convolution, batch: int, config: NpuConfig, tiling: Tiling, *, chained: bool = False
) -> float:
    """Estimate a layer's cycles; if ``chained``, with those until a layer behind it can begin."""
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
    loads = again  # of input, for all columns
    if size.groups > 1:
        loads = columns if size.depthwise and tiling.channel_words == 1 else groups
    slower = (size.channels / config.rows + 1) / pixel if window else 1
    beats = config.cols // config.lanes

    times = -(-batch // tiling.batch) * -(-size.output_width // tiling.width)
    heights = [b - a for a, b in lines(size.output_height, tiling.first, tiling.height)]
    across = reach(size, 1, tiling.width, size.kernel[1])

    def inputs(height: int) -> float:
        area = tiling.batch * reach(size, 0, height, size.kernel[0]) * across
        return area * pixel * max(slower, 1) * loads

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
        stored = rows * columns
        count = (2 if loaded else 1) * max(pieces, columns * chunks) + columns + 2 * groups
        count += max(again, loads) * tiling.batch
        moved = loaded + following + stored
        read = count * isa.DESCRIPTOR_BYTES / config.word_bytes
        busy = max(array, moved + read, rows * columns * beats, count * _DESCRIPTOR)
        if tiling.buffers == 1 and following:
            busy += following
        total += busy + _TRAFFIC * (moved + read + stored * bursts)
    behind = _FILL * total / len(heights) if chained else 0
    total *= times
    first: float = min(tiling.piece, spans[0] * taps) * tile
    last = tiling.batch * tiling.width * heights[-1]
    rest = columns % tiling.columns or tiling.columns
    first += inputs(heights[0]) / max(again, loads)
    return total + behind + first + last * (beats + rest) + 2 * _LATENCY
