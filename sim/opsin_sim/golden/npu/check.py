# SPDX-License-Identifier: MIT
"""Checks a descriptor must pass before it runs. Python integers: nothing wraps."""

from collections.abc import Mapping

from .descriptors import Error, Opcode

__all__ = ["check"]

Fields = Mapping[str, int]

_COUNTS = {
    Opcode.LOAD: ("rows", "row_words"),
    Opcode.STORE: ("rows", "row_words"),
    Opcode.FILL: ("rows", "row_words"),
    Opcode.MATMUL: ("k0", "k1", "k2", "n0", "n1", "n2"),
    Opcode.REQUANTIZE: ("count",),
    Opcode.HALT: (),
}


def _inside(start: int, loops: list[tuple[int, int]], size: int) -> bool:
    """Whether ``start`` plus every combination of ``loops`` (count, stride) is in 0..size-1."""
    reach = [(count - 1) * stride for count, stride in loops]
    lowest = start + sum(min(0, r) for r in reach)
    highest = start + sum(max(0, r) for r in reach)
    return lowest >= 0 and highest < size


def _ranges(opcode: Opcode, f: Fields, *, rows: int, sizes: list[int], sums: int) -> bool:
    if opcode in (Opcode.LOAD, Opcode.STORE, Opcode.FILL):
        loops = [(f["rows"], f["local_stride"]), (f["row_words"], 1)]
        return _inside(f["local"], loops, sizes[f.get("space", 0)])
    if opcode is Opcode.MATMUL:
        names = ("k0", "k1", "k2", "n0", "n1", "n2")
        tiles, vectors = f["k0"] * f["k1"] * f["k2"], f["n0"] * f["n1"] * f["n2"]
        return (
            _inside(f["local"], [(f[n], f[f"{n}_stride"]) for n in names], sizes[0])
            and f["weights"] + tiles * rows <= sizes[1]
            and f["accumulator"] + vectors <= sums
        )
    if opcode is Opcode.REQUANTIZE:
        return (
            _inside(f["local"], [(f["count"], f["local_stride"])], sizes[0])
            and f["accumulator"] + f["count"] <= sums
        )
    return True


def check(
    opcode: Opcode, f: Fields, *, rows: int, sizes: list[int], sums: int, memory_bytes: int
) -> Error:
    """First fault of a descriptor, in the order the instruction set gives.

    ``sizes`` are the words of every ``space``, ``sums`` the accumulator's rows.
    """
    copies = opcode in (Opcode.LOAD, Opcode.STORE)
    if copies and (f["memory"] % rows or f["memory_stride"] % rows):
        return Error.ALIGNMENT
    if any(f[name] == 0 for name in _COUNTS[opcode]):
        return Error.COUNT
    if not _ranges(opcode, f, rows=rows, sizes=sizes, sums=sums):
        return Error.RANGE
    if copies:
        loops = [(f["rows"], f["memory_stride"]), (f["row_words"] * rows, 1)]
        if not _inside(f["memory"], loops, memory_bytes):
            return Error.MEMORY
    return Error.NONE
