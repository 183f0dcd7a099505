# SPDX-License-Identifier: MIT
"""Text to descriptors."""

import re
from dataclasses import dataclass

from opsin.npu.isa import FIELDS, Field, Opcode

from ..errors import UserError
from .values import WORDS, covered, value_of

__all__ = ["assemble"]

_LABEL = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*):")
_COMMENT = re.compile(r"[;#].*")
_OTHER = re.compile(r"word_([0-9]|1[0-5])")
_WORD = Field(0, 0, 32)


@dataclass
class _Line:
    """``number`` of it in the text, ``position`` of its descriptor."""

    number: int
    position: int
    parts: list[str]


def _parse(text: str) -> tuple[list[_Line], dict[str, int]]:
    """Return the descriptors' lines, and the positions of labels."""
    lines: list[_Line] = []
    labels: dict[str, int] = {}
    for number, whole in enumerate(text.splitlines(), 1):
        rest = _COMMENT.sub("", whole)
        while match := _LABEL.match(rest):
            if match[1] in labels:
                raise UserError(f"line {number}: there is a label '{match[1]}' already")
            labels[match[1]] = len(lines)
            rest = rest[match.end() :]
        if parts := rest.split():
            lines.append(_Line(number, len(lines), parts))
    return lines, labels


def _length(line: _Line, text: str, labels: dict[str, int]) -> str:
    """Return the number of descriptors behind a LOOP and in front of a label."""
    if not text.startswith("@"):
        return text
    if text[1:] not in labels:
        raise ValueError(f"there is no label '{text[1:]}'")
    length = labels[text[1:]] - line.position - 1
    if length < 0:
        raise ValueError(f"label '{text[1:]}' is not behind the LOOP")
    return f"{length}"


def _words(line: _Line, labels: dict[str, int]) -> list[int]:
    name, *rest = line.parts
    words = [0] * WORDS
    if name.upper() == "WORDS":
        if not 1 <= len(rest) <= WORDS:
            raise ValueError(f"WORDS must be followed by 1..{WORDS} numbers, not {len(rest)}")
        values = [value_of("a word", _WORD, text) for text in rest]
        return values + words[len(values) :]
    if name.upper() not in Opcode.__members__:
        known = ", ".join(Opcode.__members__)
        raise ValueError(f"opcode must be one of {known} or WORDS, not '{name}'")
    opcode = Opcode[name.upper()]
    fields, taken = FIELDS[opcode], covered(opcode)
    words[0] = opcode.value
    seen: set[str] = set()
    for part in rest:
        field_name, equals, text = part.partition("=")
        if not equals:
            raise ValueError(f"'{part}' is not field=value")
        if field_name in seen:
            raise ValueError(f"{field_name} is there twice")
        seen.add(field_name)
        if match := _OTHER.fullmatch(field_name):
            bits = value_of(field_name, _WORD, text)
            if bits & taken[int(match[1])]:
                raise ValueError(f"{field_name} must have no bits of fields, not {text}")
            words[int(match[1])] |= bits
        elif field_name == "opcode" or field_name not in fields:
            raise ValueError(f"{opcode.name} has no field '{field_name}'")
        else:
            field = fields[field_name]
            text = _length(line, text, labels) if field_name == "length" else text
            words[field.word] |= value_of(field_name, field, text) << field.lsb
    return words


def assemble(text: str) -> bytes:
    """Return the descriptors of a text, one behind the other.

    Raises
    ------
    UserError
        If there is a mistake in it.
    """
    lines, labels = _parse(text)
    program = b""
    for line in lines:
        try:
            words = _words(line, labels)
        except ValueError as error:
            raise UserError(f"line {line.number}: {error}") from None
        program += b"".join(word.to_bytes(4, "little") for word in words)
    return program
