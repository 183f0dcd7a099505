# SPDX-License-Identifier: MIT
"""Values of fields as text."""

import re
import struct

from opsin.npu.isa import DESCRIPTOR_BYTES, FIELDS, Field, Opcode, Unit

__all__ = ["WORDS", "Values", "covered", "show", "value_of"]

WORDS = DESCRIPTOR_BYTES // 4
"""Of a descriptor."""

Values = dict[str, int]

_UNITS = {unit.name.lower(): unit.value for unit in Unit}
_MASKS = ("wait", "signal")
_ADDRESSES = ("memory", "local", "weights", "accumulator", "source", "operand", "parameters")
_DECIMAL = re.compile(r"[-+]?[0-9]*\.[0-9]*(e[-+]?[0-9]+)?|[-+]?[0-9]+e[-+]?[0-9]+", re.IGNORECASE)


def covered(opcode: Opcode) -> list[int]:
    """Return, for each word, the bits that fields of ``opcode`` cover."""
    masks = [0] * WORDS
    for field in FIELDS[opcode].values():
        masks[field.word] |= ((1 << field.width) - 1) << field.lsb
    return masks


def _is_number(name: str, field: Field) -> bool:
    """Whether a field holds a binary32 number."""
    return name.endswith("_scale") and field.width == 32


def show(name: str, field: Field, value: int) -> str:
    """Return a field's value as text."""
    if name in _MASKS:
        return "+".join(unit for unit, bit in _UNITS.items() if value >> bit & 1)
    if _is_number(name, field):
        text = _shortest(value)
        return text if text is not None else f"{value:#x}"
    if name in _ADDRESSES:
        return f"{value:#x}"
    return f"{value}"


def _shortest(bits: int) -> str | None:
    """Return the shortest decimal of a binary32 number; None if there is none."""
    (value,) = struct.unpack("<f", struct.pack("<I", bits))
    for digits in range(1, 10):
        text = f"{value:.{digits}g}"
        if "n" in text:  # nan, inf
            return None
        text = text if "." in text or "e" in text else f"{text}.0"
        if _binary32(text) == bits:
            return text
    return None


def _binary32(text: str) -> int:
    try:
        (bits,) = struct.unpack("<I", struct.pack("<f", float(text)))
    except OverflowError:
        raise ValueError(f"{text} does not fit binary32") from None
    return int(bits)


def value_of(name: str, field: Field, text: str) -> int:
    """Read a field's value; the bits that it gets, not negative.

    Raises
    ------
    ValueError
        If it is none, or does not fit.
    """
    if name in _MASKS and text.split("+")[0] in _UNITS:
        bits = 0
        for unit in text.split("+"):
            if unit not in _UNITS:
                raise ValueError(f"{name} must be of {', '.join(_UNITS)}, not '{unit}'")
            bits |= 1 << _UNITS[unit]
        return bits
    if _is_number(name, field) and _DECIMAL.fullmatch(text):
        return _binary32(text)
    try:
        value = int(text, 0)
    except ValueError:
        raise ValueError(f"{name} must be a number, not '{text}'") from None
    least = -(1 << field.width - 1) if field.signed else 0
    most = least + (1 << field.width) - 1
    if not least <= value <= most:
        raise ValueError(f"{name} must be in {least}..{most}, not {text}")
    return value % (1 << field.width)
