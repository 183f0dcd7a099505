# SPDX-License-Identifier: MIT
"""The MATMULs of a layer, in order, and the constants they need."""

from dataclasses import dataclass

from opsin.config import NpuConfig

from .boxes import Box, Range, chunks, pieces
from .emit import Address, Code
from .graph import Convolution
from .layout import parameters, weight_tiles, words
from .tiling import COUNT_LIMIT, Tiling, span

__all__ = ["Group", "Plan", "Step"]


@dataclass(frozen=True)
class Step:
    """MATMUL of the weight tiles ``box`` of one column tile; ``weights`` is where they lie.

    ``first`` and ``last`` tell whether it begins and completes the column's sums.
    """

    column: int
    box: Box
    weights: Address
    first: bool
    last: bool


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
    parameters : list of Address
        Parameters of each column tile.
    weights : Address
        First of the weights, which lie in the order of the steps.
    weight_words : int
        Words of all weights.
    """

    def __init__(self, code: Code, layer: Convolution, tiling: Tiling, config: NpuConfig) -> None:
        self._code, self._layer, self._tiling, self._config = code, layer, tiling, config
        columns = words(layer.geometry.outputs, config.cols)
        self.parameters = [
            code.constant(parameters(layer, column, cols=config.cols)) for column in range(columns)
        ]
        self.weights = Address("constants", len(code.constants))
        self.groups = [
            self._group((first, min(first + tiling.columns, columns)))
            for first in range(0, columns, tiling.columns)
        ]
        self.weight_words = (len(code.constants) - self.weights.offset) // code.word_bytes

    def _group(self, columns: Range) -> Group:
        config, size = self._config, self._layer.geometry
        limit = min(config.weight_words, COUNT_LIMIT) // config.rows
        if not self._tiling.resident and limit > 1:
            limit //= 2  # halves take turns
        spans = {column: span(size, config, column, 1) for column in range(*columns)}
        dense = {
            column: weight_tiles(self._layer, column, rows=config.rows, cols=config.cols)
            for column in spans
        }
        found = [
            (chunk, column, piece)
            for chunk in chunks(size, span(size, config, columns[0], len(spans)), self._tiling)
            for column in spans
            for piece in pieces(chunk.within(spans[column]), limit)
        ]
        first = {column: piece for _, column, piece in reversed(found)}
        last = {column: piece for _, column, piece in found}
        steps: dict[Box, list[Step]] = {}
        for chunk, column, piece in found:
            weights = self._code.constant(piece.of(dense[column]).tobytes())
            begins, ends = piece == first[column], piece == last[column]
            steps.setdefault(chunk, []).append(Step(column, piece, weights, begins, ends))
        return Group(columns, list(steps.items()))
