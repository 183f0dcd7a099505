# SPDX-License-Identifier: MIT
"""A layer's tiles as descriptors."""

from opsin.config import NpuConfig
from opsin.npu import isa

from .boxes import Box, Frame, Tile, tiles
from .emit import Address, Code, Loop
from .graph import Convolution
from .layout import words
from .steps import Group, Plan, Step
from .tiling import Tiling

__all__ = ["schedule"]


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
    """Append the descriptors that read tensor ``source`` and write ``target``."""
    _Scheduler(code, layer, tiling, config, source, target).run(batch)


class _Scheduler:
    """Tile by tile, group by group, chunk by chunk; input is loaded when it changes.

    Activation memory holds the input of one chunk from word 0 on, the results of one group behind.
    """

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
        self.source, self.target, self.size = source, target, layer.geometry
        self.plan = Plan(code, layer, tiling, config)
        self.half = 0
        self.frame: Frame | None = None

    def run(self, batch: int) -> None:
        code = self.code
        if self.tiling.resident:
            code.load(isa.Space.WEIGHTS, self.plan.weights, 0, self.plan.weight_words)
        loaded: tuple[Tile, Box] | None = None
        for tile in tiles(self.size, batch, self.tiling):
            for group in self.plan.groups:
                for chunk, steps in group.chunks:
                    if loaded != (tile, chunk):
                        self.load(tile, chunk)
                        loaded = tile, chunk
                    for step in steps:
                        self.multiply(tile, group, chunk, step)
                self.store(tile, group)

    def load(self, tile: Tile, chunk: Box) -> None:
        """Bring a tile's input for one chunk, padded, to activation memory."""
        images, channels = tile.shape[0], chunk.shape[2]
        down, across = (tile.input(self.size, chunk, axis) for axis in (0, 1))
        line = across.length * channels
        image = down.length * line
        lines = images * down.length
        bottom, right = (down.length - down.after) * line, (across.length - across.after) * channels
        frame = Frame(images, channels, down, across)
        if not frame.within(self.frame):  # else the padding of the tile before is still there
            fill, self.frame = self.layer.fill, frame
            self.code.fill(0, (images, image), (down.before * line, 1), value=fill)
            self.code.fill(bottom, (images, image), (down.after * line, 1), value=fill)
            self.code.fill(0, (lines, line), (across.before * channels, 1), value=fill)
            self.code.fill(right, (lines, line), (across.after * channels, 1), value=fill)
        if min(down.inside, across.inside) < 1:
            return
        pixel = words(self.size.channels, self.config.rows)
        row = self.size.width * pixel
        picture = self.size.height * row
        start = tile.batch[0] * picture + down.start * row + across.start * pixel
        self.code.copy(
            isa.Opcode.LOAD,
            self.source + (start + chunk.channels[0]) * self.code.word_bytes,
            down.before * line + across.before * channels,
            [
                Loop(images, picture, image),
                Loop(down.inside, row, line),
                Loop(across.inside, pixel, channels),
                Loop(channels, 1, 1),
            ],
            space=isa.Space.ACTIVATIONS.value,
        )

    def weights(self, step: Step) -> int:
        """Word of weight memory where a step's weights are, loading them if need be."""
        if self.tiling.resident:
            return (step.weights.offset - self.plan.weights.offset) // self.code.word_bytes
        count = step.box.tiles * self.config.rows
        half = self.config.weight_words // 2
        start = self.half if count <= half else 0
        self.half = half - self.half
        self.code.load(isa.Space.WEIGHTS, step.weights, start, count)
        return start

    def multiply(self, tile: Tile, group: Group, chunk: Box, step: Step) -> None:
        """One MATMUL with what it needs, and REQUANTIZE if it completes its sums."""
        code, size = self.code, self.size
        position = step.column - group.columns[0]
        accumulator = position * tile.rows
        if len(group.chunks) == 1:  # the sums of one column are done with before the next one's
            accumulator = position % 2 * tile.rows
            if accumulator + tile.rows > self.config.accumulator_rows:
                accumulator = 0
        channels = chunk.shape[2]
        line = tile.input(size, chunk, 1).length * channels
        down, right = size.dilation[0] * line, size.dilation[1] * channels
        local = (step.box.rows[0] - chunk.rows[0]) * down
        local += (step.box.columns[0] - chunk.columns[0]) * right
        local += step.box.channels[0] - chunk.channels[0]
        (k2, k1, k0), (n2, n1, n0) = step.box.shape, tile.shape
        weights = self.weights(step)
        if step.first:
            code.load(isa.Space.PARAMETERS, self.plan.parameters[step.column], 0, 8)
        code.add(
            isa.Opcode.MATMUL,
            accumulate=int(not step.first),
            weights=weights,
            local=local,
            accumulator=accumulator,
            k0=k0,
            k0_stride=1,
            k1=k1,
            k1_stride=right,
            k2=k2,
            k2_stride=down,
            n0=n0,
            n0_stride=size.stride[1] * channels,
            n1=n1,
            n1_stride=size.stride[0] * line,
            n2=n2,
            n2_stride=tile.input(size, chunk, 0).length * line,
        )
        if step.last:
            if not step.first:
                code.load(isa.Space.PARAMETERS, self.plan.parameters[step.column], 0, 8)
            code.add(
                isa.Opcode.REQUANTIZE,
                zero_point=self.layer.zero_point,
                minimum=self.layer.minimum,
                maximum=self.layer.maximum,
                local=self.tiling.input_words + position,
                accumulator=accumulator,
                count=tile.rows,
                local_stride=group.width,
            )

    def store(self, tile: Tile, group: Group) -> None:
        """Write a tile's results of one group to memory."""
        images, lines, across = tile.shape
        pixel = words(self.size.outputs, self.config.cols)
        row = self.size.output_width * pixel
        picture = self.size.output_height * row
        start = tile.batch[0] * picture + tile.lines[0] * row + tile.columns[0] * pixel
        self.code.copy(
            isa.Opcode.STORE,
            self.target + (start + group.columns[0]) * self.code.word_bytes,
            self.tiling.input_words,
            [
                Loop(images, picture, lines * across * group.width),
                Loop(lines, row, across * group.width),
                Loop(across, pixel, group.width),
                Loop(group.width, 1, 1),
            ],
        )
