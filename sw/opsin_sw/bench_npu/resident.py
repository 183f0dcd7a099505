# SPDX-License-Identifier: MIT
"""A product whose operands are in the scratchpad: what the array and the vector unit alone take."""

import numpy as np

from opsin.config import NpuConfig
from opsin.npu import isa

from ..compiler.emit import Code, Loop
from ..compiler.graph import Geometry
from ..compiler.layout import words
from ..compiler.operation import LOCAL, SUMS, Operation, Span
from ..compiler.program import Program

__all__ = ["resident"]

_PARAMETERS = 8


def resident(geometry: Geometry, config: NpuConfig, *, multiply: bool) -> Program:
    """Program that loads part of the operands, takes them as often as need be, and stores a block.

    Blocks of an eighth of the accumulator's rows are multiplied by as many columns of weights as
    fit, over and over. Without ``multiply`` it loads and stores only.
    """
    size, bank = geometry, config.scratchpad_words // config.banks
    depth, rows = words(size.channels, config.rows), config.accumulator_rows // 8
    held = 4 * bank // (depth * config.rows)
    if depth * rows > 2 * bank or not held:
        raise ValueError(f"channels must fit the scratchpad, not {size.channels!r}")
    code, rng = Code(config.word_bytes), np.random.default_rng(7)
    weights, results, parameters = 2 * bank, 6 * bank, 7 * bank
    for place, count in ((0, depth * rows), (weights, held * depth * config.rows)):
        data = rng.integers(-128, 128, count * config.rows, np.int8)
        loops = [Loop(count, 1, 1)]
        code.copy(isa.Opcode.LOAD, code.constant(data.tobytes()), place, loops)
    scales = np.full(config.cols, 1 / (74 * np.sqrt(size.channels)), "<f4").tobytes()
    there = code.constant(bytes(4 * config.cols) + scales)
    code.copy(isa.Opcode.LOAD, there, parameters, [Loop(_PARAMETERS, 1, 1)])
    blocks = -(-size.height // rows) * words(size.outputs, config.cols)
    for number in range(blocks if multiply else 0):
        base = number % 2 * (config.accumulator_rows // 2)
        taken = weights + number % held * depth * config.rows
        sums = Span(SUMS, base, base + rows)
        local = Span(LOCAL, 0, depth * rows)
        multiplied = {"local": 0, "weights": taken, "accumulator": base, "k0": depth}
        multiplied |= {"k0_stride": 1, "n0_stride": depth, "n0": rows}
        multiplied |= dict.fromkeys(["k1", "k2", "n1", "n2"], 1)
        span = Span(LOCAL, taken, taken + depth * config.rows)
        code.add(Operation(isa.Opcode.MATMUL, multiplied, None, (local, span), (sums,)))
        slot = results + number % 2 * rows
        made = {"local": slot, "local_n0_stride": 1, "source": base, "source_n0_stride": 1}
        made |= {"n0": rows, "n1": 1, "parameters": parameters, "minimum": -128, "maximum": 127}
        scaled = Span(LOCAL, parameters, parameters + _PARAMETERS)
        target = (Span(LOCAL, slot, slot + rows),)
        code.add(Operation(isa.Opcode.REQUANTIZE, made, None, (sums, scaled), target))
    target_address = code.reserve(rows * config.rows)
    last = results + (blocks - 1) % 2 * rows if multiply else 0
    code.copy(isa.Opcode.STORE, target_address, last, [Loop(rows, 1, 1)], Span("target", 0, rows))
    code.add(Operation(isa.Opcode.HALT))
    image, bases = code.link()
    size_of = bases["tensors"] + code.tensor_bytes
    return Program(config, 1, 0, size_of, (), (), (), image)
