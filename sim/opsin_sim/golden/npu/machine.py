# SPDX-License-Identifier: MIT
"""Instruction-set simulator of the neural processor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .check import check
from .descriptors import BITS, LAYOUTS, Error, Opcode
from .requantize import requantize

__all__ = ["Machine", "Result"]


@dataclass
class Result:
    """Outcome of a job.

    ``descriptors`` counts those that finished, HALT among them; ``error_index`` is the index of
    the descriptor the job ended at. ``words_read`` leaves descriptor fetches out; ``streamed``
    counts activation words through the mesh, each worth ``rows`` × ``cols`` of ``macs``.
    """

    error: Error = Error.NONE
    error_index: int = 0
    descriptors: int = 0
    macs: int = 0
    streamed: int = 0
    words_read: int = 0
    words_written: int = 0
    words_filled: int = 0
    rows_requantized: int = 0


def _grid(start: int, *loops: tuple[int, int]) -> NDArray[np.int64]:
    """``start + Σ i·stride`` over loops of (count, stride), the first fastest, flattened."""
    grid = np.array([start])
    for count, stride in loops:
        grid = np.add.outer(np.arange(count) * stride, grid).ravel()
    return grid


class Machine:
    """Local memories, and what descriptors do to them; all zero at first, kept between jobs.

    Parameters
    ----------
    rows : int
        Rows and columns of the mesh, bytes of a memory word.
    activation_words, weight_words, accumulator_rows : int
        Sizes of the local memories.
    """

    def __init__(
        self, *, rows: int, activation_words: int, weight_words: int, accumulator_rows: int
    ) -> None:
        self.rows = rows
        self.activations = np.zeros((activation_words, rows), np.int8)
        self.weights = np.zeros((weight_words, rows), np.int8)
        self.parameters = np.zeros((8, rows), np.int8)
        self.accumulator = np.zeros((accumulator_rows, rows), np.int32)

    def run(self, memory: NDArray[np.uint8], entry: int) -> Result:
        """Run the job at byte address ``entry`` of ``memory``, which is changed in place."""
        if memory.dtype != np.uint8 or memory.ndim != 1:
            raise TypeError(f"memory must be one-dimensional uint8, not {memory.dtype!r}")
        result = Result()
        if entry % 64:
            result.error = Error.ALIGNMENT
            return result
        while True:
            result.error_index = result.descriptors
            start = entry + 64 * result.descriptors
            if start + 64 > len(memory):
                result.error = Error.MEMORY
                return result
            raw = memory[start : start + 64]
            if raw[0] not in list(Opcode):
                result.error = Error.OPCODE
                return result
            opcode = Opcode(int(raw[0]))
            layout = LAYOUTS[opcode]
            (record,) = np.frombuffer(raw.tobytes(), layout)
            fields = {name: int(record[name]) & BITS.get(name, -1) for name in layout.names or ()}
            result.error = check(
                opcode,
                fields,
                rows=self.rows,
                sizes=[len(self.activations), len(self.weights), len(self.parameters), 0],
                sums=len(self.accumulator),
                memory_bytes=len(memory),
            )
            if result.error:
                return result
            if opcode is not Opcode.HALT:
                getattr(self, f"_{opcode.name.lower()}")(fields, memory, result)
            result.descriptors += 1
            if opcode is Opcode.HALT:
                return result

    def _load(self, f: dict[str, int], memory: NDArray[np.uint8], result: Result) -> None:
        target = (self.activations, self.weights, self.parameters)[f["space"]]
        size = f["row_words"] * self.rows
        for row in range(f["rows"]):
            start = f["memory"] + row * f["memory_stride"]
            words = memory[start : start + size].view(np.int8).reshape(-1, self.rows)
            local = f["local"] + row * f["local_stride"]
            target[local : local + f["row_words"]] = words
        result.words_read += f["rows"] * f["row_words"]

    def _store(self, f: dict[str, int], memory: NDArray[np.uint8], result: Result) -> None:
        size = f["row_words"] * self.rows
        for row in range(f["rows"]):
            start = f["memory"] + row * f["memory_stride"]
            local = f["local"] + row * f["local_stride"]
            words = self.activations[local : local + f["row_words"]]
            memory[start : start + size] = words.view(np.uint8).ravel()
        result.words_written += f["rows"] * f["row_words"]

    def _fill(self, f: dict[str, int], memory: NDArray[np.uint8], result: Result) -> None:
        for row in range(f["rows"]):
            local = f["local"] + row * f["local_stride"]
            self.activations[local : local + f["row_words"]] = f["value"]
        result.words_filled += f["rows"] * f["row_words"]

    def _matmul(self, f: dict[str, int], memory: NDArray[np.uint8], result: Result) -> None:
        tiles = _grid(0, *((f[k], f[f"{k}_stride"]) for k in ("k0", "k1", "k2")))
        vectors = _grid(f["local"], *((f[n], f[f"{n}_stride"]) for n in ("n0", "n1", "n2")))
        streamed = self.activations[np.add.outer(vectors, tiles)].reshape(len(vectors), -1)
        weights = self.weights[f["weights"] :][: len(tiles) * self.rows]
        # exact: 53 bits hold 2**39 products of 14 bits
        sums = (streamed.astype(np.float64) @ weights.astype(np.float64)).astype(np.int64)
        rows = self.accumulator[f["accumulator"] :][: len(vectors)]
        base = rows if f["accumulate"] else self.parameters.view("<i4").ravel()[: self.rows]
        rows[:] = (base + sums).astype(np.int32)  # wraps
        count = len(tiles) * len(vectors)
        result.streamed += count
        result.macs += count * self.rows * self.rows

    def _requantize(self, f: dict[str, int], memory: NDArray[np.uint8], result: Result) -> None:
        words = _grid(f["local"], (f["count"], f["local_stride"]))
        sums = self.accumulator[f["accumulator"] :][: f["count"]]
        scale = self.parameters.view("<f4").ravel()[self.rows :]
        clip = {name: f[name] for name in ("zero_point", "minimum", "maximum")}
        self.activations[words] = requantize(sums, scale, **clip)  # of one word, the last stays
        result.rows_requantized += f["count"]
