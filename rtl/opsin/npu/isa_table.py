# SPDX-License-Identifier: MIT
"""docs/isa.md, written from the instruction set.

``python -m opsin_sw.registers`` writes it with the other generated files.
"""

import re

from . import isa

__all__ = ["markdown"]

_RULE = re.compile(r"=+ =+")
_LOOPED = re.compile(r"(.+)_loop[01]")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _two_columns(lines: list[str]) -> str:
    """Markdown of a table of reStructuredText; a line that begins with a blank goes on."""
    rows: list[list[str]] = []
    for line in lines[1:-1]:
        name, _, words = line.partition(" ")
        if name:
            rows.append([f"**{name}**", words.strip()])
        else:
            rows[-1][1] += f" {words.strip()}"
    return _table(["", ""], [[name, words.replace("|", "\\|")] for name, words in rows])


def _paragraph(text: str) -> str:
    lines = text.splitlines()
    return _two_columns(lines) if _RULE.fullmatch(lines[0]) else " ".join(lines)


def _looped(fields: dict[str, isa.Field]) -> set[str]:
    """Names of the fields to which loops add."""
    return {match[1] for name in fields if (match := _LOOPED.fullmatch(name))}


def _fields(opcode: isa.Opcode) -> str:
    rows = []
    fields = isa.FIELDS[opcode]
    looped = _looped(fields)
    for name in sorted(fields, key=lambda name: (fields[name].word, fields[name].lsb)):
        field = fields[name]
        bits = f"{field.lsb + field.width - 1}..{field.lsb}" if field.width > 1 else f"{field.lsb}"
        kind = "signed" if field.signed else "unsigned"
        value = f"{opcode.value}" if name == "opcode" else kind
        rows.append([f"{field.word}", bits, f"`{name}`", value, "yes" if name in looped else ""])
    return _table(["word", "bits", "field", "", "looped"], rows)


def _opcodes() -> str:
    units = {opcode: isa.UNITS[opcode].name.lower() for opcode in isa.UNITS}
    rows = [
        [f"{opcode.value}", f"[{opcode.name}](#{opcode.name.lower()})", units.get(opcode, "")]
        for opcode in isa.Opcode
    ]
    return _table(["opcode", "", "unit"], rows)


def _values(kind: type[isa.Error] | type[isa.Unit]) -> str:
    return _table(["value", "name"], [[f"{m.value}", f"`{m.name}`"] for m in kind])


def markdown() -> str:
    """Return the page."""
    title, *paragraphs = (isa.__doc__ or "").strip().split("\n\n")
    parts = [
        "# The neural processor's descriptors",
        "Generated from `opsin.npu.isa` by `python -m opsin_sw.registers`; a test compares.",
        title,
        *map(_paragraph, paragraphs),
        "## Fields",
        "To a *looped* field `x` LOOPs add the numbers that `x_loop0` and `x_loop1` name.",
        _opcodes(),
    ]
    for opcode in isa.Opcode:
        parts += [f"### {opcode.name}", _fields(opcode)]
    parts += ["## Values", "### Units", "Bits of `wait` and `signal`.", _values(isa.Unit)]
    parts += ["### Errors", _values(isa.Error)]
    return "\n\n".join(parts).replace("``", "`") + "\n"
