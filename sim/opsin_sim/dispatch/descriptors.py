# SPDX-License-Identifier: MIT
"""Descriptors by the tables of the instruction set."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from opsin.npu.isa import FIELDS, Opcode

__all__ = ["decode", "encode", "image"]


def encode(opcode: Opcode, **fields: int) -> bytes:
    """Build a descriptor; fields that are not given are zero.

    Raises
    ------
    KeyError
        If the opcode has no such field.
    OverflowError
        If a value does not fit its field.
    """
    bits = int(opcode.value)
    for name, value in fields.items():
        field = FIELDS[opcode][name]
        least = -(1 << field.width - 1) if field.signed else 0
        if not least <= value < least + (1 << field.width):
            raise OverflowError(f"{name} must fit {field.width} bits, not {value!r}")
        bits |= (value % (1 << field.width)) << (32 * field.word + field.lsb)
    return bits.to_bytes(64, "little")


def decode(opcode: Opcode, words: Sequence[int]) -> dict[str, int]:
    """Read every field of a descriptor."""
    found = {}
    for name, field in FIELDS[opcode].items():
        value = words[field.word] >> field.lsb & ((1 << field.width) - 1)
        if field.signed and value >> field.width - 1:
            value -= 1 << field.width
        found[name] = value
    return found


def image(*descriptors: bytes, size: int = 4096, halt: bool = True) -> NDArray[np.uint8]:
    """Return memory of ``size`` bytes with a program, ended by HALT, at its beginning."""
    program = b"".join([*descriptors, encode(Opcode.HALT) if halt else b""])
    return np.frombuffer(program.ljust(size, b"\0"), np.uint8).copy()
