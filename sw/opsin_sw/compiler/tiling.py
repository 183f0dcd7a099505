# SPDX-License-Identifier: MIT
"""How a convolution is cut so that its parts fit the local memories and no unit waits.

A *tile* is a box of outputs (batch, height, width), all of whose sums are held at once in half of
the accumulator. Its columns (blocks of ``cols`` output channels) are done one by one, and stored in
*groups*; its reduction (kernel × input channel words) in *chunks*, for each of which the input is
in the scratchpad. The first tile may be lower than the others, so that the array begins early.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import isqrt

from opsin.config import NpuConfig

from .areas import Areas
from .graph import Geometry
from .layout import words

__all__ = ["Tiling", "halves", "lines", "parts", "reach", "span"]


@dataclass(frozen=True)
class Tiling:
    """Sizes of a tile, of a chunk (kernel taps, channel words) and of a group (columns).

    ``first`` is the height of the first tile; ``buffers`` of ``input_words`` each hold inputs,
    ``outputs`` the results of a tile's group, ``sums`` a column's in each half of the accumulator.
    ``piece`` are the weight tiles of a MATMUL at most. With ``resident`` weights they are loaded
    once.
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
    sums: int = 1

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
