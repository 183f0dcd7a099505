# SPDX-License-Identifier: MIT
"""docs/isa.md, written from the instruction set and the counters.

``python -m opsin.npu.isa_table > docs/isa.md``
"""

import re

from . import isa
from .counters import COUNTERS

__all__ = ["markdown"]

_RULE = re.compile(r"=+ =+")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _paragraph(text: str) -> str:
    """Markdown of a paragraph or a two-column table of reStructuredText."""
    lines = text.splitlines()
    if not _RULE.fullmatch(lines[0]):
        return " ".join(lines)
    rows: list[list[str]] = []
    for line in lines[1:-1]:
        name, _, words = line.partition(" ")
        if name:
            rows.append([f"**{name}**", words.strip()])
        else:
            rows[-1][1] += f" {words.strip()}"
    return _table(["", ""], rows)


def _fields(opcode: isa.Opcode) -> str:
    rows = []
    fields = isa.FIELDS[opcode]
    for name in sorted(fields, key=lambda name: (fields[name].word, fields[name].lsb)):
        field = fields[name]
        bits = f"{field.lsb + field.width - 1}..{field.lsb}" if field.width > 1 else f"{field.lsb}"
        kind = "signed" if field.signed else "unsigned"
        value = f"{opcode.value}" if name == "opcode" else kind
        rows.append([f"{field.word}", bits, f"`{name}`", value])
    return _table(["word", "bits", "field", ""], rows)


def _values(kind: type[isa.Opcode] | type[isa.Space] | type[isa.Error]) -> str:
    return _table(["value", "name"], [[f"{m.value}", f"`{m.name}`"] for m in kind])


def markdown() -> str:
    """Return the page."""
    paragraphs = (isa.__doc__ or "").strip().split("\n\n")
    parts = [
        "# The neural processor's descriptors",
        "Generated from `opsin.npu.isa` by `python -m opsin.npu.isa_table`; a test compares.",
        *map(_paragraph, paragraphs),
        "## Fields",
    ]
    for opcode in isa.Opcode:
        parts += [f"### {opcode.name}", _fields(opcode)]
    parts += ["## Values", "### `space` of LOAD", _values(isa.Space)]
    parts += ["### Errors", _values(isa.Error), "## Counters"]
    parts += [_table(["counter", "counts"], [[f"`{n}`", text] for n, text in COUNTERS.items()])]
    return "\n\n".join(parts).replace("``", "`") + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
