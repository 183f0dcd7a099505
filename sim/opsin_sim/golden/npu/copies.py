# SPDX-License-Identifier: MIT
"""LOAD and STORE: what they leave in scratchpad and memory.

Fields by their names in the instruction set's text; ``scratchpad`` is (words, bytes of a word).
Fields that are not given are zero. Both change their first argument in place.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["load", "store"]


def _rows(f: Counter[str], first: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield row, address in memory and first local word; rows of a plane are ``first`` … ``end``.

    Local words are counted from row ``first`` on, memory from row 0.
    """
    for plane in range(f["planes"]):
        local = f["local"] + plane * f["local_plane_stride"]
        memory = f["memory"] + plane * f["plane_stride"]
        for row in range(first, end):
            yield (
                row,
                memory + row * f["row_stride"],
                local + (row - first) * f["local_row_stride"],
            )


def load(
    scratchpad: NDArray[np.uint8], memory: NDArray[np.uint8], fields: Mapping[str, int]
) -> None:
    """Carry out a LOAD without fault; ``scratchpad`` is changed."""
    f = Counter(dict(fields))
    size, width = f["row_bytes"], scratchpad.shape[1]
    before, after = f["before"], f["after"]
    words = -(-(before + size + after) // width)
    count = f["rows"]
    for row, address, local in _rows(f, -f["top"], count + f["bottom"]):
        line = np.full(words * width, f["fill"], np.uint8)
        if 0 <= row < count:
            line[before : before + size] = memory[address : address + size]
        scratchpad[local : local + words] = line.reshape(words, width)


def store(
    memory: NDArray[np.uint8], scratchpad: NDArray[np.uint8], fields: Mapping[str, int]
) -> None:
    """Carry out a STORE without fault; ``memory`` is changed."""
    f = Counter(dict(fields))
    size = f["row_bytes"]
    flat = scratchpad.reshape(-1)
    for _, address, local in _rows(f, 0, f["rows"]):
        begin = local * scratchpad.shape[1]
        memory[address : address + size] = flat[begin : begin + size]
