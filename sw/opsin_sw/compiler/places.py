# SPDX-License-Identifier: MIT
"""Places that take turns: how many of them a tiling needs so that units do not wait for each other.

Two of each kind let neighbouring units work side by side, if the work takes longer than the way
from unit to unit. Small tiles need more; they fit in the banks that the tiling has anyway.
"""

from dataclasses import replace

from opsin.config import NpuConfig

from .areas import trimmed
from .graph import Convolution
from .layout import tile_words, words
from .tiling import Tiling, halves, reach, span

__all__ = ["deepened", "slides", "turns"]

_BEHIND = 400  # cycles from a unit's work to that of the next but one, which frees its place
_SLIDING_ROWS, _LONGEST = 16, 240  # of a mesh and of a line that can slide


def turns(room: int, cycles: float) -> int:
    """Return how many places take turns, of those there is ``room`` for: each for ``cycles``."""
    return min(room, 2 + int(_BEHIND / cycles))


def deepened(layer: Convolution, config: NpuConfig, tiling: Tiling) -> Tiling:
    """Let more places take turns where tiles are small, in the banks that are taken already."""
    size, rows, areas = layer.geometry, tiling.rows, tiling.areas
    if size.depthwise:
        together = tiling.channel_words
    else:
        together = words(size.outputs, config.cols) if size.groups == 1 else tiling.columns
    array = _array(layer, config, tiling, tiling.height)
    time = max(array, rows * config.cols // config.lanes)
    buffers, outputs = tiling.buffers, tiling.outputs
    if buffers > 1:
        buffers = turns(areas.input // tiling.input_words, time * together)
    if outputs > 1:
        room = areas.parameters_start(0) - areas.output_start
        outputs = turns(room // (rows * tiling.columns), time * tiling.columns)
    sums = (turns(2 * (halves(config) // rows), time) + 1) // 2
    if tiling.resident:
        areas = trimmed(areas, config, _steps(layer, config) * tile_words(layer, config.rows))
    return replace(tiling, buffers=buffers, outputs=outputs, sums=sums, areas=areas)


def _steps(layer: Convolution, config: NpuConfig) -> int:
    """Return the weight tiles of a layer."""
    size = layer.geometry
    columns = words(size.outputs, config.cols)
    spans = (span(size, config, column, 1) for column in range(columns))
    return sum(stop - start for start, stop in spans) * size.kernel[0] * size.kernel[1]


def slides(layer: Convolution, config: NpuConfig, tiling: Tiling) -> bool:
    """Whether the array reads each word of input once for all taps of a depthwise kernel."""
    size = layer.geometry
    return (
        size.depthwise
        and config.rows >= _SLIDING_ROWS
        and (tiling.batch, tiling.channel_words) == (1, 1)
        and size.kernel == tiling.kernel == (3, 3)
        and size.dilation == (1, 1)
        and size.stride in ((1, 1), (2, 2))
        and reach(size, 1, tiling.width, 3) <= _LONGEST
    )


def _array(layer: Convolution, config: NpuConfig, tiling: Tiling, height: int) -> float:
    """Cycles of the array for a column of a tile that is so high."""
    size = layer.geometry
    if slides(layer, config, tiling):
        return reach(size, 0, height, 3) * reach(size, 1, tiling.width, 3)
    spans = span(size, config, 0, 1)
    rows = tiling.batch * tiling.width * height
    least = tile_words(layer, config.rows) if layer.packed else config.rows
    return (spans[1] - spans[0]) * size.kernel[0] * size.kernel[1] * max(rows, least, 4)
