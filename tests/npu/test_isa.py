# SPDX-License-Identifier: MIT
"""The instruction set's layout and its page in the documentation."""

from itertools import combinations
from pathlib import Path

import pytest

from opsin.npu import isa
from opsin.npu.isa_table import markdown

PAGE = Path(__file__).parents[2] / "docs" / "isa.md"


def test_page_is_current() -> None:
    assert PAGE.read_text() == markdown(), "run python -m opsin_sw.registers"


def test_page_tells_of_everything() -> None:
    text = markdown()
    for opcode in isa.Opcode:
        assert f"\n| **{opcode.name}** |" in text, "no description"
        section = text.split(f"\n### {opcode.name}\n")[1].split("\n#")[0]
        for name, field in isa.FIELDS[opcode].items():
            line = next(line for line in section.splitlines() if f"| `{name}` |" in line)
            assert line.startswith(f"| {field.word} |")
            assert ("| yes |" in line) == (f"{name}_loop0" in isa.FIELDS[opcode])
    for error in isa.Error:
        assert f"| `{error.name}` |" in text


@pytest.mark.parametrize("opcode", list(isa.Opcode), ids=lambda opcode: opcode.name)
def test_fields_do_not_overlap(opcode: isa.Opcode) -> None:
    fields = isa.FIELDS[opcode].values()
    for field in fields:
        assert 0 <= field.word < isa.DESCRIPTOR_BYTES // 4
        assert field.lsb + field.width <= 32
    for a, b in combinations(fields, 2):
        apart = a.lsb + a.width <= b.lsb or b.lsb + b.width <= a.lsb
        assert a.word != b.word or apart
