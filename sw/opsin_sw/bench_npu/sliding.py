# SPDX-License-Identifier: MIT
"""A depthwise layer whose operands are in the scratchpad: what the array alone takes."""

import numpy as np

from opsin.config import NpuConfig
from opsin.npu import isa

from ..compiler.boxes import cut
from ..compiler.emit import Code, Loop
from ..compiler.graph import Geometry
from ..compiler.layout import words
from ..compiler.operation import LOCAL, SUMS, Operation, Span
from ..compiler.program import Program

__all__ = ["sliding"]

_TAPS = 9
_SHOWN = 16  # sums, of which results are stored, so that there is something to compare


def sliding(geometry: Geometry, config: NpuConfig, *, multiply: bool) -> Program:
    """Program that loads lines and weights, and takes them for every column of a 3 × 3 layer.

    Sums of as many lines as the accumulator holds are made at once. There is a word of padding
    between lines. Without ``multiply`` it loads and stores only.
    """
    size, bank = geometry, config.scratchpad_words // config.banks
    pitch, lines = size.width + 1, min(size.height, config.accumulator_rows // size.width)
    held = (lines + 2) * pitch + 1
    if size.kernel != (3, 3) or size.stride != (1, 1) or not lines or held > 6 * bank:
        raise ValueError(f"lines must fit the memories, not {size!r}")
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
    blocks = [
        stop - start
        for _ in range(words(size.channels, config.rows))
        for start, stop in cut((0, size.height), lines)
    ]
    base = 0
    for number, down in enumerate(blocks if multiply else ()):
        base = number % 2 * half if lines * size.width <= half else 0
        made = {"local": 0, "weights": weights, "accumulator": base, "k2": 1, "n2": 1}
        made |= {"k0": 3, "k0_stride": 1, "k1": 3, "k1_stride": pitch}
        made |= {"n0": size.width, "n0_stride": 1, "n1": down, "n1_stride": pitch}
        target = (Span(SUMS, base, base + down * size.width),)
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
