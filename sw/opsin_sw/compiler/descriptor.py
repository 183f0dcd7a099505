# SPDX-License-Identifier: MIT
"""Descriptors as bytes."""

from opsin.npu import isa

__all__ = ["encode"]


def encode(opcode: isa.Opcode, **values: int) -> bytes:
    """Sixteen little-endian words; fields of ``opcode`` that are not given are zero.

    Raises
    ------
    ValueError
        If a field is unknown or does not fit.
    """
    fields = isa.FIELDS[opcode]
    values["opcode"] = opcode.value
    if unknown := values.keys() - fields.keys():
        raise ValueError(f"fields of {opcode.name} must be {', '.join(fields)}, not {unknown}")
    words = [0] * (isa.DESCRIPTOR_BYTES // 4)
    for name, value in values.items():
        field = fields[name]
        low = -(1 << (field.width - 1)) if field.signed else 0
        high = low + (1 << field.width)
        if not low <= value < high:
            raise ValueError(f"{name} must be in {low}..{high - 1}, not {value!r}")
        words[field.word] |= (value & ((1 << field.width) - 1)) << field.lsb
    return b"".join(word.to_bytes(4, "little") for word in words)
