# SPDX-License-Identifier: MIT
"""Descriptor layouts as NumPy structures: one dtype of 64 bytes per opcode.

Read from the instruction set's tables, not imported from them: two readings that must agree.
"""

from enum import IntEnum

import numpy as np

__all__ = ["BITS", "LAYOUTS", "Error", "Opcode", "Space", "encode"]


class Opcode(IntEnum):
    """First byte of a descriptor."""

    LOAD = 1
    STORE = 2
    FILL = 3
    MATMUL = 4
    REQUANTIZE = 5
    HALT = 6


class Space(IntEnum):
    """Local memories that LOAD writes."""

    ACTIVATIONS = 0
    WEIGHTS = 1
    PARAMETERS = 2


class Error(IntEnum):
    """Why a job stopped."""

    NONE = 0
    OPCODE = 1
    ALIGNMENT = 2
    RANGE = 3
    COUNT = 4
    MEMORY = 5


def _layout(*fields: tuple[str, str, int]) -> np.dtype[np.void]:
    names, formats, offsets = zip(("opcode", "u1", 0), *fields, strict=True)
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": 64})


_LOCAL = (
    ("local", "<u4", 8),
    ("row_words", "<u2", 12),
    ("rows", "<u2", 14),
    ("local_stride", "<i4", 20),
)
_COPY = (*_LOCAL, ("memory", "<u4", 4), ("memory_stride", "<i4", 16))

LAYOUTS: dict[Opcode, np.dtype[np.void]] = {
    Opcode.LOAD: _layout(("space", "u1", 1), *_COPY),
    Opcode.STORE: _layout(*_COPY),
    Opcode.FILL: _layout(("value", "i1", 1), *_LOCAL),
    Opcode.MATMUL: _layout(
        ("accumulate", "u1", 1),
        ("weights", "<u4", 4),
        ("local", "<u4", 8),
        ("accumulator", "<u4", 12),
        ("k0", "<u2", 16),
        ("k1", "<u2", 18),
        ("k2", "<u2", 20),
        ("n0", "<u2", 22),
        ("n1", "<u2", 24),
        ("n2", "<u2", 26),
        ("k0_stride", "<i4", 28),
        ("k1_stride", "<i4", 32),
        ("k2_stride", "<i4", 36),
        ("n0_stride", "<i4", 40),
        ("n1_stride", "<i4", 44),
        ("n2_stride", "<i4", 48),
    ),
    Opcode.REQUANTIZE: _layout(
        ("zero_point", "i1", 4),
        ("minimum", "i1", 5),
        ("maximum", "i1", 6),
        ("local", "<u4", 8),
        ("accumulator", "<u4", 12),
        ("count", "<u2", 16),
        ("local_stride", "<i4", 20),
    ),
    Opcode.HALT: _layout(),
}

BITS = {"space": 0b11, "accumulate": 0b1}
"""Masks of the fields narrower than their dtype."""


def encode(opcode: Opcode, **fields: int) -> bytes:
    """Build a descriptor; fields that are not given are zero.

    Raises
    ------
    ValueError
        If the opcode has no such field.
    OverflowError
        If a value does not fit its field.
    """
    record = np.zeros((), LAYOUTS[opcode])
    record["opcode"] = opcode
    for name, value in fields.items():
        if name not in (LAYOUTS[opcode].names or ()):
            raise ValueError(f"field must be of {LAYOUTS[opcode].names}, not {name!r}")
        if name in BITS and value & ~BITS[name]:
            raise OverflowError(f"{name} must be in 0..{BITS[name]}, not {value!r}")
        record[name] = value
    return record.tobytes()
