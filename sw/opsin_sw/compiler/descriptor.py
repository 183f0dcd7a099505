# SPDX-License-Identifier: MIT
"""Descriptors as bytes."""

from opsin.npu import isa

__all__ = ["encode"]


def encode(opcode: isa.Opcode, **values: int) -> bytes:
    """Sixteen little-endian words; every field of ``opcode`` must be given.

    Raises
    ------
    ValueError
        If a field is missing, unknown or does not fit.
    """
    fields = isa.FIELDS[opcode]
    values["opcode"] = opcode.value
    if values.keys() != fields.keys():
        wrong = sorted(values.keys() ^ fields.keys())
        raise ValueError(
            f"fields of {opcode.name} must be {', '.join(fields)}, not also/only {wrong}"
        )
    words = [0] * (isa.DESCRIPTOR_BYTES // 4)
    for name, field in fields.items():
        low = -(1 << (field.width - 1)) if field.signed else 0
        high = low + (1 << field.width)
        if not low <= values[name] < high:
            raise ValueError(f"{name} must be in {low}..{high - 1}, not {values[name]!r}")
        words[field.word] |= (values[name] & ((1 << field.width) - 1)) << field.lsb
    return b"".join(word.to_bytes(4, "little") for word in words)
