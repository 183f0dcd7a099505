# SPDX-License-Identifier: MIT
"""Sums of two tensors, a run of words at a time."""

import struct

from opsin.config import NpuConfig
from opsin.npu import isa

from ..errors import UserError
from .areas import Turns
from .boxes import cut
from .emit import COUNT_LIMIT, Code, Loop
from .graph import Addition
from .layout import words
from .operation import LOCAL, Address, Operation, Span

__all__ = ["binary32", "schedule_addition"]

_PARTS = 8  # so that memory and vector unit overlap
_LEAST = 64  # words, so that descriptors do not matter
_SLOTS = 4  # runs at once


def binary32(value: float) -> int:
    """Bits of a number."""
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    return int(bits)


def schedule_addition(
    code: Code,
    layer: Addition,
    *,
    batch: int,
    config: NpuConfig,
    sources: tuple[Address, Address],
    target: Address,
    turns: Turns,
) -> None:
    """Append the operations that add two tensors, a run of words at a time."""
    tensor = layer.output
    total = batch * tensor.height * tensor.width * words(tensor.channels, config.rows)
    bank = config.scratchpad_words // config.banks
    room = min(bank // 2, COUNT_LIMIT // config.rows)
    if room < 1:
        raise UserError(f"operator {layer.operator} (node '{layer.name}') does not fit")
    run = min(room, max(_LEAST, -(-total // _PARTS)))
    slots, start = min(bank // run, _SLOTS), turns.start(3 * bank)
    size = config.rows
    for number, (first, last) in enumerate(cut((0, total), run)):
        count = last - first
        places = [start + n * bank + number % slots * run for n in range(3)]
        for source, place in zip(sources, places, strict=False):
            span = Span(f"tensor {source.offset}", first * size, last * size)
            loops = [Loop(count, 1, 1)]
            code.copy(isa.Opcode.LOAD, source + first * size, place, loops, span)
        spans = [Span(LOCAL, place, place + count) for place in places]
        code.add(
            Operation(
                isa.Opcode.ADD,
                {
                    "n0": count,
                    "n1": 1,
                    "local": places[2],
                    "local_n0_stride": 1,
                    "source": places[0],
                    "source_n0_stride": 1,
                    "operand": places[1],
                    "operand_n0_stride": 1,
                    "source_zero": layer.zeros[0],
                    "source_scale": binary32(layer.scales[0]),
                    "operand_zero": layer.zeros[1],
                    "operand_scale": binary32(layer.scales[1]),
                    "zero_point": layer.zero_point,
                    "minimum": layer.minimum,
                    "maximum": layer.maximum,
                },
                reads=tuple(spans[:2]),
                writes=(spans[2],),
            )
        )
        span = Span(f"tensor {target.offset}", first * size, last * size)
        code.copy(isa.Opcode.STORE, target + first * size, places[2], [Loop(count, 1, 1)], span)
