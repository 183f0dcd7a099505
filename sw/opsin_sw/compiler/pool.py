# SPDX-License-Identifier: MIT
"""Pools: boxes of lines, columns and channel words, one after the other."""

from opsin.config import NpuConfig
from opsin.npu import isa

from ..errors import UserError
from .addition import binary32
from .boxes import Box, Tile, cut
from .emit import Code, Loop
from .graph import Pool
from .inputs import Input
from .layout import words
from .operation import LOCAL, Address, Operation, Span
from .source import Source
from .tiling import parts, reach

__all__ = ["schedule_pool"]

_PARTS = 8  # so that memory and vector unit overlap
_LEAST = 64  # words, so that descriptors do not matter


def schedule_pool(
    code: Code, layer: Pool, *, batch: int, config: NpuConfig, source: Address, target: Address
) -> None:
    """Append the operations of a pool."""
    _Pool(code, layer, config, source, target).run(batch)


class _Pool:
    """Boxes of lines, columns and channel words, one after the other."""

    def __init__(
        self, code: Code, layer: Pool, config: NpuConfig, source: Address, target: Address
    ) -> None:
        self.code, self.layer, self.config, self.target = code, layer, config, target
        self.size = layer.geometry
        self.pixel = words(self.size.channels, config.rows)
        self.source = Source(layer.input, source, config.rows, layer.fill)
        self.half = config.scratchpad_words * 3 // 8
        self.stores = 0

    def run(self, batch: int) -> None:
        down, across, channels = self._box()
        size = self.size
        for image in range(batch):
            for lines in cut((0, size.output_height), down):
                for columns in cut((0, size.output_width), across):
                    for part in cut((0, self.pixel), channels):
                        self._part(Tile((image, image + 1), lines, columns), part)

    def _box(self) -> tuple[int, int, int]:
        """Lines, columns and channel words that fit; few enough that units overlap."""
        size, found = self.size, None
        for channels in parts(self.pixel):
            for across in parts(size.output_width):
                if found and across < size.output_width:
                    break
                for down in parts(size.output_height):
                    inputs = channels
                    for axis, outputs in enumerate((down, across)):
                        inputs *= reach(size, axis, outputs, size.kernel[axis])
                    outputs = down * across * channels
                    if inputs > self.half or outputs > self.config.scratchpad_words // 8:
                        continue
                    if found and size.output_height < _PARTS // 2 * down:
                        continue
                    if found is None or inputs >= _LEAST:
                        found = down, across, channels
                    if size.output_height >= _PARTS // 2 * down:
                        return found
            if found:
                return found
        raise UserError(
            f"operator {self.layer.operator} (node '{self.layer.name}') does not fit the memories "
            f"of configuration '{self.config.name}'"
        )

    def _part(self, tile: Tile, channels: tuple[int, int]) -> None:
        size, slot = self.size, self.stores % 2
        box = Box((0, size.kernel[0]), (0, size.kernel[1]), channels)
        wanted = Input.of(size, tile, box)
        local = slot * self.half
        for load in self.source.loads(wanted, local, 1):
            self.code.add(load)
        _, down, across = tile.shape
        count = channels[1] - channels[0]
        results = 2 * self.half + slot * (self.config.scratchpad_words // 8)
        shape = (down, across, count)
        for offset, there, n0, n1 in self._loops(shape, wanted):
            self._reduce(wanted, local, offset, results + there, n0, n1, results, shape)
        row, word = size.output_width * self.pixel, self.code.word_bytes
        image = tile.batch[0] * size.output_height * row
        start = image + tile.lines[0] * row + tile.columns[0] * self.pixel
        last = image + (tile.lines[1] - 1) * row + tile.columns[1] * self.pixel
        self.code.copy(
            isa.Opcode.STORE,
            self.target + (start + channels[0]) * word,
            results,
            [
                Loop(down, row, across * count),
                Loop(across, self.pixel, count),
                Loop(count, 1, 1),
            ],
            Span(f"tensor {self.target.offset}", start * word, last * word),
        )
        self.stores += 1

    def _loops(
        self, shape: tuple[int, int, int], wanted: Input
    ) -> list[tuple[int, int, tuple[int, int, int], tuple[int, int, int]]]:
        """Descriptors over two of the three loops: offsets, (count, source, local) strides."""
        down, across, channels = shape
        loops = [
            (down, wanted.down.stride * wanted.line, across * channels),
            (across, wanted.across.stride * wanted.pixel, channels),
            (channels, 1, 1),
        ]
        outer = 0 if down <= channels else 2
        (count, source, local), *inner = [loops[outer], *loops[:outer], *loops[outer + 1 :]]
        return [(i * source, i * local, inner[1], inner[0]) for i in range(count)]

    def _reduce(
        self,
        wanted: Input,
        local: int,
        offset: int,
        target: int,
        n0: tuple[int, int, int],
        n1: tuple[int, int, int],
        results: int,
        shape: tuple[int, int, int],
    ) -> None:
        layer, (taps_down, taps) = self.layer, self.size.kernel
        fields = {
            "n0": n0[0],
            "n1": n1[0],
            "source_n0_stride": n0[1] if n0[0] > 1 else 0,
            "source_n1_stride": n1[1] if n1[0] > 1 else 0,
            "local_n0_stride": n0[2] if n0[0] > 1 else 0,
            "local_n1_stride": n1[2] if n1[0] > 1 else 0,
            "local": target,
            "source": local + offset,
            "k0": taps,
            "k1": taps_down,
            "source_k0_stride": wanted.across.dilation * wanted.pixel if taps > 1 else 0,
            "source_k1_stride": wanted.down.dilation * wanted.line if taps_down > 1 else 0,
            "minimum": layer.minimum,
            "maximum": layer.maximum,
        }
        if not layer.largest:
            fields |= {
                "source_zero": layer.source_zero,
                "source_scale": binary32(layer.scale),
                "zero_point": layer.zero_point,
            }
        self.code.add(
            Operation(
                isa.Opcode.MAXIMUM if layer.largest else isa.Opcode.MEAN,
                fields,
                reads=(Span(LOCAL, local, local + wanted.words),),
                writes=(Span(LOCAL, results, results + shape[0] * shape[1] * shape[2]),),
            )
        )
