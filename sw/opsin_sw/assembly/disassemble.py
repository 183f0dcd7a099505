# SPDX-License-Identifier: MIT
"""Descriptors to text."""

from collections.abc import Iterable, Iterator

import numpy as np

from opsin.npu.isa import DESCRIPTOR_BYTES, FIELDS, LOOP_LENGTH, Opcode

from .values import covered, show

__all__ = ["disassemble", "line"]

_KNOWN = {opcode.value: opcode for opcode in Opcode}
_FIRST = "wait", "signal", "fence"
_INDENT = "    "


def _fields(opcode: Opcode, words: list[int]) -> Iterator[str]:
    fields = FIELDS[opcode]
    for name in sorted(fields, key=lambda name: name not in _FIRST):
        field = fields[name]
        value = words[field.word] >> field.lsb & ((1 << field.width) - 1)
        if value and name != "opcode":
            if field.signed and value >> field.width - 1:
                value -= 1 << field.width
            yield f"{name}={show(name, field, value)}"
    for n, (word, mask) in enumerate(zip(words, covered(opcode), strict=True)):
        if word & ~mask:
            yield f"word_{n}={word & ~mask:#x}"


def line(descriptor: bytes) -> str:
    """Return one descriptor as text."""
    words = [int(word) for word in np.frombuffer(descriptor, "<u4")]
    opcode = _KNOWN.get(words[0] & 0xFF)
    if opcode is None:
        while len(words) > 1 and not words[-1]:
            words.pop()
        return " ".join(["WORDS", *(f"{word:#x}" for word in words)])
    return " ".join([opcode.name, *_fields(opcode, words)])


def _depths(descriptors: Iterable[bytes]) -> Iterator[int]:
    """Yield in how many loops each one lies."""
    ends: list[int] = []
    for n, raw in enumerate(descriptors):
        ends = [end for end in ends if end >= n]
        yield min(len(ends), 2)
        length = int.from_bytes(raw[6:8], "little")
        if raw[0] == Opcode.LOOP.value and length <= LOOP_LENGTH:
            ends.append(n + length)


def disassemble(program: bytes) -> list[str]:
    """Return a line for every descriptor; :func:`assemble` makes the same bytes of them again.

    Raises
    ------
    ValueError
        If ``program`` is not of whole descriptors.
    """
    if len(program) % DESCRIPTOR_BYTES:
        raise ValueError(f"program must be of {DESCRIPTOR_BYTES} bytes each, not {len(program)!r}")
    each = [program[at : at + DESCRIPTOR_BYTES] for at in range(0, len(program), DESCRIPTOR_BYTES)]
    return [_INDENT * depth + line(raw) for raw, depth in zip(each, _depths(each), strict=True)]
