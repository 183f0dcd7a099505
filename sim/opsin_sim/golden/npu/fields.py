# SPDX-License-Identifier: MIT
"""Where the fields of a descriptor are: the instruction set's tables, written a second time."""

from collections.abc import Sequence
from typing import NamedTuple

from .codes import Opcode

__all__ = ["FIELDS", "LOOPED", "Place", "decode", "encode"]


class Place(NamedTuple):
    """Of so many bits, from bit ``low`` of 32-bit word ``word`` on."""

    word: int
    low: int
    bits: int
    signed: bool


_UNIT = "fence:0.8/1 wait:0.12/4 signal:0.16/4"
_COPY = (
    f"{_UNIT} memory:1.0/32 local:2.0/32 row_bytes:3.0/16 rows:3.16/16 row_stride:4.0/32s "
    "plane_stride:5.0/32s planes:6.0/16 local_row_stride:6.16/16s local_plane_stride:7.0/32s"
)
_PRODUCTS = (
    f"{_UNIT} accumulate:0.20/1 offset:0.21/1 weights:1.0/32 local:2.0/32 accumulator:3.0/32 "
    "k0:4.0/16 k1:4.16/16 k2:5.0/16 n0:5.16/16 n1:6.0/16 n2:6.16/16 k0_stride:7.0/16s "
    "k1_stride:7.16/16s k2_stride:8.0/16s n0_stride:8.16/16s n1_stride:9.0/16s n2_stride:9.16/16s"
)
_VECTOR = (
    f"{_UNIT} local:1.0/32 source:2.0/32 n0:5.0/16 n1:5.16/16 local_n0_stride:7.0/16s "
    "local_n1_stride:7.16/16s source_n0_stride:8.0/16s source_n1_stride:8.16/16s "
    "minimum:11.8/8s maximum:11.16/8s"
)
_SCALED = "zero_point:11.0/8s source_zero:11.24/8s source_scale:12.0/32"
_WINDOW = "k0:6.0/16 k1:6.16/16 source_k0_stride:10.0/16s source_k1_stride:10.16/16s"

_TEXTS = {
    Opcode.LOAD: f"{_COPY} fill:0.24/8 before:8.0/16 after:8.16/16 top:9.0/8 bottom:9.8/8",
    Opcode.STORE: _COPY,
    Opcode.MATMUL: f"{_PRODUCTS} packed:0.22/1",
    Opcode.DEPTHWISE: f"{_PRODUCTS} edges:10.0/4 padding:10.8/8",
    Opcode.REQUANTIZE: f"{_VECTOR} zero_point:11.0/8s parameters:4.0/32",
    Opcode.ADD: f"{_VECTOR} {_SCALED} operand:3.0/32 operand_n0_stride:9.0/16s "
    "operand_n1_stride:9.16/16s operand_scale:13.0/32 operand_zero:14.0/8s",
    Opcode.MAXIMUM: f"{_VECTOR} {_WINDOW}",
    Opcode.MEAN: f"{_VECTOR} {_SCALED} {_WINDOW}",
    Opcode.LOOP: "count:1.0/16 length:1.16/16 step_0:2.0/32s step_1:3.0/32s step_2:4.0/32s "
    "step_3:5.0/32s",
    Opcode.HALT: "",
}

LOOPED = {
    Opcode.LOAD: ("memory", "local"),
    Opcode.STORE: ("memory", "local"),
    Opcode.MATMUL: ("local", "weights", "accumulator"),
    Opcode.DEPTHWISE: ("local", "weights", "accumulator"),
    Opcode.REQUANTIZE: ("local", "source", "parameters"),
    Opcode.ADD: ("local", "source", "operand"),
    Opcode.MAXIMUM: ("local", "source"),
    Opcode.MEAN: ("local", "source"),
    Opcode.LOOP: (),
    Opcode.HALT: (),
}
"""Fields to which loops add: the n-th by bits 6n … 6n + 5 of word 15, three for each level."""


def _places(opcode: Opcode) -> dict[str, Place]:
    found = {"opcode": Place(0, 0, 8, signed=False)}
    for text in _TEXTS[opcode].split():
        name, numbers = text.split(":")
        where, width = numbers.split("/")
        word, low = where.split(".")
        found[name] = Place(int(word), int(low), int(width.rstrip("s")), width.endswith("s"))
    for n, name in enumerate(LOOPED[opcode]):
        for level in range(2):
            found[f"{name}_loop{level}"] = Place(15, 6 * n + 3 * level, 3, signed=False)
    return found


FIELDS: dict[Opcode, dict[str, Place]] = {opcode: _places(opcode) for opcode in Opcode}


def decode(opcode: Opcode, words: Sequence[int]) -> dict[str, int]:
    """Read every field of a descriptor."""
    found = {}
    for name, (word, low, bits, signed) in FIELDS[opcode].items():
        value = words[word] >> low & ((1 << bits) - 1)
        found[name] = value - (1 << bits) if signed and value >> bits - 1 else value
    return found


def encode(opcode: Opcode, **fields: int) -> bytes:
    """Build a descriptor; fields that are not given are zero.

    Raises
    ------
    ValueError
        If the opcode has no such field.
    OverflowError
        If a value does not fit its field.
    """
    whole = int(opcode)
    for name, value in fields.items():
        if name not in FIELDS[opcode] or name == "opcode":
            raise ValueError(f"field must be of {sorted(FIELDS[opcode])}, not {name!r}")
        word, low, bits, signed = FIELDS[opcode][name]
        least = -(1 << bits - 1) if signed else 0
        if not least <= value < least + (1 << bits):
            raise OverflowError(f"{name} must fit {bits} bits, not {value!r}")
        whole |= value % (1 << bits) << (32 * word + low)
    return whole.to_bytes(64, "little")
