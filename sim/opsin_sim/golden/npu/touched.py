# SPDX-License-Identifier: MIT
"""What a descriptor reads and writes, place by place."""

from enum import Enum
from math import prod

import numpy as np
from numpy.typing import NDArray

from .codes import Opcode
from .edges import padded
from .matmul import grid, places

__all__ = ["Places", "Space", "read_late", "reads", "stored", "writes"]

Places = NDArray[np.int64]


class Space(Enum):
    """What has addresses."""

    SCRATCHPAD = "scratchpad"
    ACCUMULATOR = "accumulator"
    MEMORY = "memory"


def _nest(f: dict[str, int], base: str, loops: tuple[str, ...]) -> Places:
    """Places of an operand, the first loop fastest."""
    return grid(f[base], *((f[n], f[f"{base}_{n}_stride"]) for n in loops))


def _local_rows(opcode: Opcode, f: dict[str, int], rows: int) -> Places:
    count, size = f["rows"], f["row_bytes"]
    if opcode is Opcode.LOAD:
        count += f["top"] + f["bottom"]
        size += f["before"] + f["after"]
    loops = [(-(-size // rows), 1), (count, f["local_row_stride"])]
    return grid(f["local"], *loops, (f["planes"], f["local_plane_stride"]))


def stored(f: dict[str, int]) -> Places:
    """Addresses of a LOAD or a STORE, in its order."""
    loops = [(f["row_bytes"], 1), (f["rows"], f["row_stride"]), (f["planes"], f["plane_stride"])]
    return grid(f["memory"], *loops)


def _tiles(opcode: Opcode, f: dict[str, int], rows: int) -> Places:
    each = 1 if opcode is Opcode.DEPTHWISE else rows // (2 if f["packed"] else 1)
    return f["weights"] + np.arange(f["k0"] * f["k1"] * f["k2"] * each)


def _activations(f: dict[str, int], depth: int) -> Places:
    every = places(f)
    return every[~padded(f)] % depth if f.get("edges", 0) else every.ravel()


def reads(opcode: Opcode, f: dict[str, int], rows: int, depth: int) -> dict[Space, Places]:
    """Return what is read, each place once; the scratchpad has ``depth`` words."""
    found: dict[Space, list[Places]] = {}
    if opcode is Opcode.LOAD:
        found = {Space.MEMORY: [stored(f)]}
    elif opcode is Opcode.STORE:
        found = {Space.SCRATCHPAD: [_local_rows(opcode, f, rows)]}
    elif opcode in (Opcode.MATMUL, Opcode.DEPTHWISE):
        found = {Space.SCRATCHPAD: [_activations(f, depth), _tiles(opcode, f, rows)]}
        if f["accumulate"]:
            found |= {Space.ACCUMULATOR: [_sums(f)]}
    elif opcode is Opcode.REQUANTIZE:
        found = {
            Space.ACCUMULATOR: [_nest(f, "source", ("n0", "n1"))],
            Space.SCRATCHPAD: [f["parameters"] + np.arange(8)],
        }
    elif opcode is Opcode.ADD:
        operands = [_nest(f, name, ("n0", "n1")) for name in ("source", "operand")]
        found = {Space.SCRATCHPAD: operands}
    else:
        found = {Space.SCRATCHPAD: [_nest(f, "source", ("k0", "k1", "n0", "n1"))]}
    return {space: np.unique(np.concatenate(some)) for space, some in found.items()}


def _sums(f: dict[str, int]) -> Places:
    return f["accumulator"] + np.arange(prod(f[n] for n in ("n0", "n1", "n2")))


def writes(opcode: Opcode, f: dict[str, int], rows: int) -> dict[Space, Places]:
    """Return what is written, each place once."""
    if opcode is Opcode.LOAD:
        return {Space.SCRATCHPAD: np.unique(_local_rows(opcode, f, rows))}
    if opcode is Opcode.STORE:
        return {Space.MEMORY: np.unique(stored(f))}
    if opcode in (Opcode.MATMUL, Opcode.DEPTHWISE):
        return {Space.ACCUMULATOR: _sums(f)}
    return {Space.SCRATCHPAD: np.unique(_nest(f, "local", ("n0", "n1")))}


def read_late(opcode: Opcode, f: dict[str, int]) -> Places:
    """Return words that a vector descriptor reads when it has written them itself."""
    if opcode not in (Opcode.ADD, Opcode.MAXIMUM, Opcode.MEAN):
        return np.zeros(0, np.int64)
    written = _nest(f, "local", ("n0", "n1"))
    words, first = np.unique(written, return_index=True)
    late = []
    for name in ("source", "operand"):
        if name in f:
            loops = ("k0", "k1", "n0", "n1") if "k0" in f else ("n0", "n1")
            read = _nest(f, name, loops).reshape(len(written), -1)
            at = np.searchsorted(words, read).clip(max=len(words) - 1)
            when = np.arange(len(written))[:, None]
            late.append(read[(words[at] == read) & (first[at] < when)])
    return np.unique(np.concatenate(late))
