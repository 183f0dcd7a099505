# SPDX-License-Identifier: MIT
"""Checks a descriptor must pass before it runs. Python integers: nothing wraps."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from .codes import Error, Opcode
from .edges import kept, square

__all__ = ["Sizes", "check"]

Fields = Mapping[str, int]
Loops = list[tuple[int, int]]  # count, stride


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Of the machine, and of the job's memory: bytes ``memory_begin`` … ``memory_end - 1``.

    ``rows`` are the bytes of a local word.
    """

    rows: int
    scratchpad_words: int
    accumulator_rows: int
    memory_begin: int = 0
    memory_end: int = 2**32


_NEST = ("n0", "n1")
_WINDOW = ("n0", "n1", "k0", "k1")
_ALL = ("k0", "k1", "k2", "n0", "n1", "n2")
_COUNTS = {
    Opcode.LOAD: ("row_bytes", "planes"),
    Opcode.STORE: ("row_bytes", "planes", "rows"),
    Opcode.MATMUL: _ALL,
    Opcode.DEPTHWISE: _ALL,
    Opcode.REQUANTIZE: _NEST,
    Opcode.ADD: _NEST,
    Opcode.MAXIMUM: _WINDOW,
    Opcode.MEAN: _WINDOW,
    Opcode.LOOP: ("count",),
    Opcode.HALT: (),
}


def _inside(start: int, loops: Loops, begin: int, end: int) -> bool:
    """Whether ``start`` plus every combination of ``loops`` is in begin..end-1."""
    reach = [(count - 1) * stride for count, stride in loops]
    lowest = start + sum(min(0, r) for r in reach)
    highest = start + sum(max(0, r) for r in reach)
    return begin <= lowest and highest < end


def _local_rows(opcode: Opcode, f: Fields) -> int:
    return f["rows"] + (f["top"] + f["bottom"] if opcode is Opcode.LOAD else 0)


def _copy_in_range(opcode: Opcode, f: Fields, sizes: Sizes) -> bool:
    size = f["row_bytes"] + (f["before"] + f["after"] if opcode is Opcode.LOAD else 0)
    loops = [
        (f["planes"], f["local_plane_stride"]),
        (_local_rows(opcode, f), f["local_row_stride"]),
        (-(-size // sizes.rows), 1),
    ]
    return _inside(f["local"], loops, 0, sizes.scratchpad_words)


def _copy_in_memory(f: Fields, sizes: Sizes) -> bool:
    loops = [
        (f["planes"], f["plane_stride"]),
        (f["rows"], f["row_stride"]),
        (f["row_bytes"], 1),
    ]
    return f["rows"] == 0 or _inside(f["memory"], loops, sizes.memory_begin, sizes.memory_end)


def _products_in_range(opcode: Opcode, f: Fields, sizes: Sizes) -> bool:
    tiles, sums = (prod(f[f"{name}{n}"] for n in range(3)) for name in "kn")
    tile = 1 if opcode is Opcode.DEPTHWISE else sizes.rows // (2 if f["packed"] else 1)
    words, nest = sizes.scratchpad_words, kept(f)
    return (
        _inside(nest["local"], [(nest[n], f[f"{n}_stride"]) for n in _ALL], 0, words)
        and f["weights"] + tiles * tile <= words
        and f["accumulator"] + sums <= sizes.accumulator_rows
    )


def _vector_in_range(opcode: Opcode, f: Fields, sizes: Sizes) -> bool:
    words = sizes.scratchpad_words
    source, operand = "source", "operand"
    loops = {
        name: [(f[n], f[f"{name}_{n}_stride"]) for n in _WINDOW if f"{name}_{n}_stride" in f]
        for name in ("local", source, operand)
    }
    depth = sizes.accumulator_rows if opcode is Opcode.REQUANTIZE else words
    return (
        _inside(f["local"], loops["local"], 0, words)
        and _inside(f[source], loops[source], 0, depth)
        and (opcode is not Opcode.ADD or _inside(f[operand], loops[operand], 0, words))
        and (opcode is not Opcode.REQUANTIZE or _inside(f["parameters"], [(8, 1)], 0, words))
    )


def check(opcode: Opcode, f: Fields, sizes: Sizes) -> Error:
    """Find a descriptor's first fault, of those that its own fields tell.

    Raises
    ------
    KeyError
        If a field is missing.
    """
    copies = opcode in (Opcode.LOAD, Opcode.STORE)
    if any(f[name] == 0 for name in _COUNTS[opcode]):
        return Error.COUNT
    if f.get("edges", 0) and not square(f):
        return Error.COUNT
    if copies:
        if _local_rows(opcode, f) == 0:
            return Error.COUNT
        if not _copy_in_range(opcode, f, sizes):
            return Error.RANGE
        return Error.NONE if _copy_in_memory(f, sizes) else Error.MEMORY
    if opcode in (Opcode.MATMUL, Opcode.DEPTHWISE):
        return Error.NONE if _products_in_range(opcode, f, sizes) else Error.RANGE
    if opcode in (Opcode.LOOP, Opcode.HALT):
        return Error.NONE
    return Error.NONE if _vector_in_range(opcode, f, sizes) else Error.RANGE
