# SPDX-License-Identifier: MIT
"""The MATMULs of a layer, in order, and the constants they need."""

from dataclasses import dataclass

from opsin.config import NpuConfig

from .boxes import Box, Range, chunks, cut, pieces
from .emit import Address, Code
from .graph import Convolution
from .layout import parameters, tile_words, weight_tiles, words
from .tiling import Tiling, span

__all__ = ["Group", "Plan", "Step"]


@dataclass(frozen=True)
class Step:
    """MATMUL of the weight tiles ``box`` of one column tile.

    ``weights`` is where their ``words`` lie. ``first`` and ``last`` tell whether it begins and
    completes the column's sums; ``alone``, whether all that it takes is in one chunk.
    """

    column: int
    box: Box
    weights: Address
    words: int
    first: bool
    last: bool
    alone: bool


@dataclass(frozen=True)
class Group:
    """Column tiles whose results are stored together, and their steps for each chunk."""

    columns: Range
    chunks: list[tuple[Box, list[Step]]]

    @property
    def width(self) -> int:
        """Column tiles of the group."""
        return self.columns[1] - self.columns[0]


class Plan:
    """Groups and constants of a layer.

    Attributes
    ----------
    groups : list of Group
        In order.
    parameters : Address
        Parameters of all columns.
    columns : int
        How many there are.
    blocks : dict of Address to (Address, int)
        Weights that are loaded together: of each step, where they begin, and their words.
    """

    def __init__(self, code: Code, layer: Convolution, tiling: Tiling, config: NpuConfig) -> None:
        self._code, self._layer, self._tiling, self._config = code, layer, tiling, config
        self.columns = words(layer.geometry.outputs, config.cols)
        self.parameters = code.constant(
            b"".join(parameters(layer, n, cols=config.cols) for n in range(self.columns))
        )
        self.groups = [self._group(part) for part in cut((0, self.columns), tiling.columns)]
        self.blocks = self._blocks()

    def _blocks(self) -> dict[Address, tuple[Address, int]]:
        """Join weights that lie behind one another, up to a tile for each row."""
        limit = min(self._config.rows * self._config.rows, self._tiling.areas.weights // 4)
        found: list[list[Step]] = []
        size = 0
        steps = (step for group in self.groups for _, some in group.chunks for step in some)
        for step in steps:
            if not found or size + step.words > limit or len(found) == 1:
                found.append([])
                size = 0
            found[-1].append(step)
            size += step.words
        joined = {}
        for steps_of in found:
            block = steps_of[0].weights, sum(step.words for step in steps_of)
            joined.update({step.weights: block for step in steps_of})
        return joined

    def _group(self, columns: Range) -> Group:
        config, size = self._config, self._layer.geometry
        spans = {column: span(size, config, column, 1) for column in range(*columns)}
        tile = tile_words(self._layer, config.rows)
        dense = {
            column: weight_tiles(self._layer, column, rows=config.rows, cols=config.cols)
            for column in spans
        }
        found = [
            (chunk, column, piece)
            for chunk in chunks(size, span(size, config, columns[0], len(spans)), self._tiling)
            for column in spans
            for piece in pieces(chunk.within(spans[column]), self._tiling.piece)
        ]
        first = {column: (chunk, piece) for chunk, column, piece in reversed(found)}
        last = {column: (chunk, piece) for chunk, column, piece in found}
        steps: dict[Box, list[Step]] = {}
        for chunk, column, piece in found:
            begins, ends = ((chunk, piece) == end[column] for end in (first, last))
            alone = first[column][0] == last[column][0]
            weights = self._code.constant(piece.of(dense[column]).tobytes())
            count = piece.tiles * tile
            step = Step(column, piece, weights, count, begins, ends, alone)
            steps.setdefault(chunk, []).append(step)
        return Group(columns, list(steps.items()))
