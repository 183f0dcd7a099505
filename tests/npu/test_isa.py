# SPDX-License-Identifier: MIT
"""The instruction set's layout and its page in the documentation."""

from itertools import combinations
from pathlib import Path

import pytest

from opsin.npu import isa
from opsin.npu.isa_table import markdown

PAGE = Path(__file__).parents[2] / "docs" / "isa.md"


def test_page_is_current() -> None:
    text = PAGE.read_text()
    assert text == markdown(), "run python -m opsin.npu.isa_table > docs/isa.md"


@pytest.mark.parametrize("opcode", list(isa.Opcode), ids=lambda opcode: opcode.name)
def test_fields_do_not_overlap(opcode: isa.Opcode) -> None:
    fields = isa.FIELDS[opcode].values()
    for field in fields:
        assert 0 <= field.word < isa.DESCRIPTOR_BYTES // 4
        assert field.lsb + field.width <= 32
    for a, b in combinations(fields, 2):
        apart = a.lsb + a.width <= b.lsb or b.lsb + b.width <= a.lsb
        assert a.word != b.word or apart
