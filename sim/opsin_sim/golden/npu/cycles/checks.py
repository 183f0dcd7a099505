# SPDX-License-Identifier: MIT
"""How long a descriptor's check takes: a cycle per step, and one per bit of a product's factor."""

from collections.abc import Mapping

from ..codes import Opcode
from ..edges import kept

__all__ = ["check_cycles"]

_ENDS = 2  # begin, compare
_ADD = 2  # of a step that adds once


def _reach(*counts: int) -> int:
    """Move an end by ``count - 1`` strides, for each count."""
    return sum(1 + (count - 1).bit_length() for count in counts)


def _scale(*counts: int) -> int:
    """Multiply by each count."""
    return sum(1 + (0 if count == 1 else count.bit_length()) for count in counts)


def check_cycles(opcode: Opcode, f: Mapping[str, int]) -> int:
    """Return the cycles of the steps of a descriptor without fault."""
    if opcode in (Opcode.LOAD, Opcode.STORE):
        rows, planes = f["rows"], f["planes"]
        cycles = _ENDS + _ADD + _reach(rows + f.get("top", 0) + f.get("bottom", 0), planes)
        return cycles + (_ENDS + _ADD + _reach(rows, planes) if rows else 0)
    if opcode in (Opcode.LOOP, Opcode.HALT):
        return 0
    if f.get("edges", 0):
        square = [kept(f)[c] for c in ("k0", "k1")]
        cycles = _ENDS + len(square) + _reach(*square, f["n0"], f["n1"])
        return cycles + sum(_ENDS + _scale(*c) + _ADD for c in ((3, 3, 1), (f["n0"], f["n1"], 1)))
    k, n = ([f[c] for c in (f"{name}{i}" for i in range(3)) if c in f] for name in "kn")
    if opcode in (Opcode.MATMUL, Opcode.DEPTHWISE):
        return _ENDS + _reach(*k, *n) + sum(_ENDS + _scale(*c) + _ADD for c in (k, n))
    cycles = 2 * _ENDS + _reach(*n) + _reach(*n, *k)
    if opcode is Opcode.REQUANTIZE:
        cycles += _ENDS + _ADD
    if opcode is Opcode.ADD:
        cycles += _ENDS + _reach(*n)
    return cycles
