# SPDX-License-Identifier: MIT
"""A machine's local memories, and what one descriptor does to them."""

from math import prod

import numpy as np
from numpy.typing import NDArray

from . import copies, matmul
from .codes import Opcode
from .touched import Space
from .vector import vector

__all__ = ["LocalMemories", "work"]


class LocalMemories:
    """Scratchpad (words × bytes) and accumulator (rows × sums), all zero at first.

    Nothing may depend on the zeros: ``defined`` tells what jobs with ``races`` have written.
    """

    def __init__(self, *, rows: int, scratchpad_words: int, accumulator_rows: int) -> None:
        self.scratchpad = np.zeros((scratchpad_words, rows), np.int8)
        self.accumulator = np.zeros((accumulator_rows, rows), np.int32)
        self.defined = {
            Space.SCRATCHPAD: np.zeros(scratchpad_words, np.bool),
            Space.ACCUMULATOR: np.zeros(accumulator_rows, np.bool),
        }

    def carry_out(self, opcode: Opcode, fields: dict[str, int], memory: NDArray[np.uint8]) -> None:
        """Do all that a descriptor without fault does."""
        if opcode is Opcode.LOAD:
            copies.load(self.scratchpad.view(np.uint8), memory, fields)
        elif opcode is Opcode.STORE:
            copies.store(memory, self.scratchpad.view(np.uint8), fields)
        elif opcode is Opcode.MATMUL:
            matmul.matmul(self.scratchpad, self.accumulator, fields)
        elif opcode is Opcode.DEPTHWISE:
            matmul.depthwise(self.scratchpad, self.accumulator, fields)
        else:
            vector(opcode.name, self.scratchpad, self.accumulator, fields)


def work(opcode: Opcode, f: dict[str, int], rows: int) -> dict[str, int]:
    """Count what a descriptor does, by the names of :class:`opsin_sim.golden.npu.Result`."""
    if opcode in (Opcode.LOAD, Opcode.STORE):
        name = "bytes_read" if opcode is Opcode.LOAD else "bytes_written"
        return {name: f["planes"] * f["rows"] * f["row_bytes"]}
    outputs = prod(f[n] for n in ("n0", "n1", "n2") if n in f)
    if opcode in (Opcode.MATMUL, Opcode.DEPTHWISE):
        streamed = outputs * f["k0"] * f["k1"] * f["k2"]
        each = rows * rows if opcode is Opcode.MATMUL else rows
        return {"macs": streamed * each, "vectors": streamed}
    return {"vector_words": outputs}
