# SPDX-License-Identifier: MIT
"""A depthwise layer whose operands are in the scratchpad: what the array alone takes."""

from itertools import product

import numpy as np

from opsin.config import NpuConfig
from opsin.npu import isa

from ..compiler.boxes import Range, cut
from ..compiler.emit import Code, Loop
from ..compiler.graph import Geometry
from ..compiler.layout import words
from ..compiler.operation import LOCAL, SUMS, Operation, Span
from ..compiler.program import Program

__all__ = ["blocks", "sliding"]

_TAPS = 9
_LONGEST = 240  # words of a line
_PADDING = 123
_SHOWN = 16  # sums, of which results are stored, so that there is something to compare

Block = tuple[Range, Range]
"""Columns and lines of sums."""


def blocks(width: int, height: int, most: int) -> list[Block]:
    """Cut a plane into blocks of up to ``most`` sums, to be read with the fewest words.

    Those with the same columns follow one another: their lines are as long.
    """
    found: tuple[int, int, int] | None = None
    for across in range(1, width + 1):
        wide = -(-width // across)
        down = -(-height // max(most // wide, 1))
        if wide > most or wide + 2 > _LONGEST:
            continue
        words = (width + 2 * (across - 1)) * (height + 2 * (down - 1))
        found = min(found or (words, across, down), (words, across, down))
    assert found is not None
    _, across, down = found
    columns, lines = cut((0, width), -(-width // across)), cut((0, height), -(-height // down))
    return list(product(columns, lines))


def sliding(geometry: Geometry, config: NpuConfig, *, multiply: bool) -> Program:
    """Program that loads words and weights, and takes them for every block of a 3 × 3 layer.

    The layer's padding is that of the instruction. Without ``multiply`` it loads and stores only.
    """
    size, bank = geometry, config.scratchpad_words // config.banks
    if (size.kernel, size.stride, size.pads) != ((3, 3), (1, 1), (1, 1, 1, 1)):
        raise ValueError(f"kernel must be 3 × 3 with stride 1 and padding 1, not {size!r}")
    cuts = blocks(size.width, size.height, config.accumulator_rows)
    held = max((x[1] - x[0] + 2) * (y[1] - y[0] + 2) for x, y in cuts)
    if held > 6 * bank:
        raise ValueError(f"blocks must fit the scratchpad, not {size!r}")
    code, rng = Code(config.word_bytes), np.random.default_rng(7)
    weights, parameters = 6 * bank, 7 * bank
    results = parameters + 8
    for place, count in ((0, held), (weights, _TAPS)):
        data = rng.integers(-128, 128, count * config.rows, np.int8)
        code.copy(isa.Opcode.LOAD, code.constant(data.tobytes()), place, [Loop(count, 1, 1)])
    scales = np.full(config.cols, 1 / 500, "<f4").tobytes()
    there = code.constant(bytes(4 * config.cols) + scales)
    code.copy(isa.Opcode.LOAD, there, parameters, [Loop(8, 1, 1)])
    taken = Span(LOCAL, 0, held), Span(LOCAL, weights, weights + _TAPS)
    half = config.accumulator_rows // 2
    columns = sorted({x for x, _ in cuts})
    channels = range(words(size.channels, config.rows))
    order = [block for x in columns for _ in channels for block in cuts if block[0] == x]
    base = 0
    for number, block in enumerate(order if multiply else ()):
        made = _fields(size, block)
        sums = made["n0"] * made["n1"]
        base = number % 2 * half if sums <= half else 0
        made |= {"weights": weights, "accumulator": base}
        target = (Span(SUMS, base, base + sums),)
        code.add(Operation(isa.Opcode.DEPTHWISE, made, None, taken, target))
    count = min(_SHOWN, size.width)
    if multiply:
        made = {"local": results, "local_n0_stride": 1, "source": base, "source_n0_stride": 1}
        made |= {"n0": count, "n1": 1, "parameters": parameters, "minimum": -128, "maximum": 127}
        reads = Span(SUMS, base, base + count), Span(LOCAL, parameters, parameters + 8)
        there_too = (Span(LOCAL, results, results + count),)
        code.add(Operation(isa.Opcode.REQUANTIZE, made, None, reads, there_too))
    shown = results if multiply else 0
    target_address = code.reserve(count * config.rows)
    loops, touched = [Loop(count, 1, 1)], Span("target", 0, count)
    code.copy(isa.Opcode.STORE, target_address, shown, loops, touched)
    code.add(Operation(isa.Opcode.HALT))
    image, bases = code.link()
    return Program(config, 1, 0, bases["tensors"] + code.tensor_bytes, (), (), (), image)


def _fields(size: Geometry, block: Block) -> dict[str, int]:
    """Fields of a block whose words are at the scratchpad's begin."""
    (x, x_end), (y, y_end) = block
    left, right, top, bottom = x == 0, x_end == size.width, y == 0, y_end == size.height
    line = x_end - x + 2 - left - right
    return {
        "local": (-left - top * line) % 2**32,
        "edges": left | right << 1 | top << 2 | bottom << 3,
        "padding": _PADDING,
        **{"k0": 3, "k0_stride": 1, "k1": 3, "k1_stride": line, "k2": 1, "n2": 1},
        **{"n0": x_end - x, "n0_stride": 1, "n1": y_end - y, "n1_stride": line},
    }
