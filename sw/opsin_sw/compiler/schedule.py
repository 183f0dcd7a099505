# SPDX-License-Identifier: MIT
"""A convolution's tiles as operations.

The units run side by side, so the order is that in which the array needs things: weights before
the MATMUL that takes them, behind it what becomes of its sums, and a share of the next tile's
input, which is loaded while this one is multiplied.
"""

from collections.abc import Iterator
from itertools import groupby

from opsin.config import NpuConfig
from opsin.npu import isa

from .boxes import Box, Tile, tiles
from .emit import Code, Loop
from .graph import Convolution
from .layout import words
from .operation import LOCAL, SUMS, Address, Operation, Span
from .source import Input, Source
from .steps import Group, Plan, Step
from .tiling import PARAMETER_WORDS, Tiling, halves

__all__ = ["schedule"]

_Place = tuple[Tile, Group, Box, Step]


def schedule(
    code: Code,
    layer: Convolution,
    tiling: Tiling,
    *,
    batch: int,
    config: NpuConfig,
    source: Address,
    target: Address,
) -> None:
    """Append the operations that read tensor ``source`` and write ``target``."""
    _Scheduler(code, layer, tiling, config, source, target).run(batch)


class _Scheduler:
    """Tile by tile, group by group, chunk by chunk; input is loaded when it changes."""

    def __init__(
        self,
        code: Code,
        layer: Convolution,
        tiling: Tiling,
        config: NpuConfig,
        source: Address,
        target: Address,
    ) -> None:
        self.code, self.layer, self.tiling, self.config = code, layer, tiling, config
        self.target, self.size = target, layer.geometry
        self.source = Source(layer.input, source, config.rows, layer.fill)
        self.plan = Plan(code, layer, tiling, config)
        self.weights: dict[Address, int] = {}
        self.parameters: dict[int, int] = {}
        self.padding: dict[int, tuple[int, ...]] = {}
        self.next_weights = tiling.areas.weights_start
        self.columns = self.stores = 0

    def run(self, batch: int) -> None:
        places: Iterator[_Place] = (
            (tile, group, chunk, step)
            for tile in tiles(self.size, batch, self.tiling)
            for group in self.plan.groups
            for chunk, steps in group.chunks
            for step in steps
        )
        rounds = [
            (Input.of(self.size, tile, chunk), list(found))
            for (tile, chunk), found in groupby(places, lambda place: (place[0], place[2]))
        ]
        for number, (_, steps) in enumerate(rounds):
            coming: list[Operation] = []
            if number == 0:
                self._load_weights(steps[0][3])
                for load in self._inputs(rounds[0][0], 0, 4):
                    self.code.add(load)
            if number + 1 < len(rounds):
                coming = self._inputs(rounds[number + 1][0], number + 1, min(len(steps), 16))
            count, behind = len(coming), len(steps)
            if self.tiling.buffers == 1:  # it takes the place of what is being multiplied
                behind = 1
            for done, place in enumerate(steps, behind - len(steps)):
                self._step(number, *place)
                first, last = (count * max(n, 0) // behind for n in (done, done + 1))
                for load in coming[first:last]:
                    self.code.add(load)

    def _local(self, number: int) -> int:
        return number % self.tiling.buffers * self.tiling.input_words

    def _inputs(self, wanted: Input, number: int, parts: int) -> list[Operation]:
        local = self._local(number)
        padded = self.padding.get(local) == wanted.padding
        self.padding[local] = wanted.padding
        return list(self.source.loads(wanted, local, parts, padded=padded))

    def _load_weights(self, step: Step) -> int:
        """Word where a step's weights are, loading them with those behind them if need be."""
        block, size = self.plan.blocks[step.weights]
        if block not in self.weights:
            areas = self.tiling.areas
            if self.next_weights + size > areas.output_start:
                self.next_weights = areas.weights_start
                self.weights.clear()
            start, self.next_weights = self.next_weights, self.next_weights + size
            self.code.copy(isa.Opcode.LOAD, block, start, [Loop(size, 1, 1)])
            self.weights = {
                address: place
                for address, place in self.weights.items()
                if not start <= place < start + size
            }
            self.weights[block] = start
        return self.weights[block] + (step.weights.offset - block.offset) // self.code.word_bytes

    def _step(self, number: int, tile: Tile, group: Group, chunk: Box, step: Step) -> None:
        """One MATMUL, and what follows if it completes its sums."""
        weights, parameters = self._load_weights(step), self._load_parameters(step.column)
        base = self._sums(tile, group, step)
        self._multiply(self._local(number), tile, chunk, step, weights, base)
        if step.last:
            self._requantize(tile, group, step, parameters, base)
            if step.column + 1 == group.columns[1]:
                self._store(tile, group)

    def _load_parameters(self, column: int) -> int:
        """Word where a column's parameters are, loading them with their neighbours if need be."""
        areas = self.tiling.areas
        block, place = divmod(column, areas.columns)
        slot = block % areas.slots
        start = areas.parameters_start(slot)
        if self.parameters.get(slot) != block:
            self.parameters[slot] = block
            count = min(areas.columns, self.plan.columns - block * areas.columns) * PARAMETER_WORDS
            there = block * areas.columns * PARAMETER_WORDS * self.code.word_bytes
            loops = [Loop(count, 1, 1)]
            self.code.copy(isa.Opcode.LOAD, self.plan.parameters + there, start, loops)
        return start + place * PARAMETER_WORDS

    def _sums(self, tile: Tile, group: Group, step: Step) -> int:
        """Let columns take turns in the accumulator's banks; those of a group if in chunks."""
        if len(group.chunks) == 1:
            self.columns += step.first
            return self.columns % 2 * halves(self.config)
        return self.stores % 2 * halves(self.config) + (step.column - group.columns[0]) * tile.rows

    def _multiply(
        self, local: int, tile: Tile, chunk: Box, step: Step, weights: int, base: int
    ) -> None:
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

    def _requantize(self, tile: Tile, group: Group, step: Step, parameters: int, base: int) -> None:
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

    def _store(self, tile: Tile, group: Group) -> None:
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
