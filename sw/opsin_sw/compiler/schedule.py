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

from .areas import PARAMETER_WORDS
from .boxes import Box, Tile, tiles
from .emit import Code, Loop
from .graph import Convolution
from .inputs import Input
from .operation import Address, Operation
from .source import Source
from .stages import Stages
from .steps import Group, Plan, Step
from .tiling import Tiling

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
        self.size = layer.geometry
        self.stages = Stages(code, layer, tiling, config, target)
        self.source = Source(layer.input, source, config.rows, layer.fill)
        self.plan = Plan(code, layer, tiling, config)
        self.weights: dict[Address, int] = {}
        self.parameters: dict[int, int] = {}
        self.padding: dict[int, tuple[int, ...]] = {}
        self.next_weights = tiling.areas.weights_start

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
        slot = number % self.tiling.buffers
        return self.tiling.areas.start + slot * self.tiling.input_words

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
        stages, local = self.stages, self._local(number)
        base = stages.sums(tile, group, step)
        stages.multiply(local, tile, chunk, step, weights, base)
        if step.last:
            stages.requantize(tile, group, step, parameters, base)
            if step.column + 1 == group.columns[1]:
                stages.store(tile, group)

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
