# SPDX-License-Identifier: MIT
"""What becomes of a tile's input: sums, results, bytes in memory."""

from opsin.config import NpuConfig
from opsin.npu import isa

from .areas import PARAMETER_WORDS
from .boxes import Box, Tile
from .emit import Code, Loop
from .graph import Convolution
from .inputs import Input
from .layout import words
from .operation import LOCAL, SUMS, Address, Operation, Span
from .steps import Group, Step
from .tiling import Tiling, halves

__all__ = ["Stages"]


class Stages:
    """Operations of the array, vector and store unit; columns and groups take turns in memories."""

    def __init__(
        self, code: Code, layer: Convolution, tiling: Tiling, config: NpuConfig, target: Address
    ) -> None:
        self.code, self.layer, self.tiling, self.config = code, layer, tiling, config
        self.target, self.size = target, layer.geometry
        self.columns = self.stores = 0

    def sums(self, tile: Tile, group: Group, step: Step) -> int:
        """Let columns take turns in the accumulator's banks; those of a group if in chunks."""
        if step.alone:
            self.columns += step.first
            turn, half = self.columns // 2 % self.tiling.sums, self.columns % 2
            return half * halves(self.config) + turn * tile.rows
        return self.stores % 2 * halves(self.config) + (step.column - group.columns[0]) * tile.rows

    def multiply(
        self, local: int, tile: Tile, chunk: Box, step: Step, weights: int, base: int
    ) -> None:
        """Multiply the input at ``local`` by a step's weights, to sums from ``base`` on."""
        wanted = Input.of(self.size, tile, chunk)
        across, down = wanted.across, wanted.down
        right, below = across.dilation * wanted.pixel, down.dilation * wanted.line
        start = local + (step.box.rows[0] - chunk.rows[0]) * below
        start += (step.box.columns[0] - chunk.columns[0]) * right
        start += step.box.channels[0] - chunk.channels[0]
        taps = [(step.box.shape[2], 1), (step.box.shape[1], right), (step.box.shape[0], below)]
        if self.size.depthwise:  # a channel word for each column
            taps = [*taps[1:], taps[0]]
        (k0, right), (k1, below), (k2, last) = taps
        n2, n1, n0 = tile.shape
        opcode = isa.Opcode.DEPTHWISE if self.size.depthwise else isa.Opcode.MATMUL
        packed = {"packed": 1} if self.layer.packed else {}
        self.code.add(
            Operation(
                opcode,
                packed
                | {
                    "accumulate": int(not step.first),
                    "weights": weights,
                    "local": start,
                    "accumulator": base,
                    "k0": k0,
                    "k0_stride": right,
                    "k1": k1,
                    "k1_stride": below if k1 > 1 else 0,
                    "k2": k2,
                    "k2_stride": last if k2 > 1 else 0,
                    "n0": n0,
                    "n0_stride": across.stride * wanted.pixel if n0 > 1 else 0,
                    "n1": n1,
                    "n1_stride": down.stride * wanted.line if n1 > 1 else 0,
                    "n2": n2,
                    "n2_stride": wanted.image if n2 > 1 else 0,
                },
                reads=(
                    Span(LOCAL, local, local + wanted.words),
                    Span(LOCAL, weights, weights + step.words),
                ),
                writes=(Span(SUMS, base, base + tile.rows),),
            )
        )

    def _results(self, tile: Tile, group: Group) -> int:
        """Word of the scratchpad where a group's results are."""
        areas, slots = self.tiling.areas, self.tiling.outputs
        return areas.output_start + self.stores % slots * (self.tiling.rows * self.tiling.columns)

    def requantize(self, tile: Tile, group: Group, step: Step, parameters: int, base: int) -> None:
        """Make results of a column's sums."""
        layer, local = self.layer, self._results(tile, group)
        self.code.add(
            Operation(
                isa.Opcode.REQUANTIZE,
                {
                    "zero_point": layer.zero_point,
                    "minimum": layer.minimum,
                    "maximum": layer.maximum,
                    "local": local + step.column - group.columns[0],
                    "local_n0_stride": group.width if tile.rows > 1 else 0,
                    "source": base,
                    "source_n0_stride": 1,
                    "n0": tile.rows,
                    "n1": 1,
                    "parameters": parameters,
                },
                reads=(
                    Span(SUMS, base, base + tile.rows),
                    Span(LOCAL, parameters, parameters + PARAMETER_WORDS),
                ),
                writes=(Span(LOCAL, local, local + tile.rows * group.width),),
            )
        )

    def store(self, tile: Tile, group: Group) -> None:
        """Write a tile's results of one group to memory."""
        images, down, across = tile.shape
        pixel = words(self.size.outputs, self.config.cols)
        row = self.size.output_width * pixel
        picture = self.size.output_height * row
        start = tile.batch[0] * picture + tile.lines[0] * row + tile.columns[0] * pixel
        last = (tile.batch[1] - 1) * picture + (tile.lines[1] - 1) * row + tile.columns[1] * pixel
        size = self.code.word_bytes
        self.code.copy(
            isa.Opcode.STORE,
            self.target + (start + group.columns[0]) * size,
            self._results(tile, group),
            [
                Loop(images, picture, down * across * group.width),
                Loop(down, row, across * group.width),
                Loop(across, pixel, group.width),
                Loop(group.width, 1, 1),
            ],
            Span(f"tensor {self.target.offset}", start * size, last * size),
        )
        self.stores += 1
