# SPDX-License-Identifier: MIT
"""What is to be known of a descriptor's words while they pass."""

from ..isa import FIELDS, UNITS, Opcode, Unit

__all__ = ["counts", "loop_choices", "opcodes_of"]

_COUNTS = {
    Opcode.LOAD: ("row_bytes", "planes"),
    Opcode.STORE: ("row_bytes", "rows", "planes"),
    Opcode.LOOP: ("count",),
}
_NESTS = ("k0", "k1", "k2", "n0", "n1", "n2")


def counts(opcode: Opcode) -> dict[int, tuple[bool, bool]]:
    """Return which halves, low and high, of which words must not be zero."""
    found: dict[int, tuple[bool, bool]] = {}
    for name in _COUNTS.get(opcode, _NESTS):
        if field := FIELDS[opcode].get(name):
            low, high = found.get(field.word, (False, False))
            found[field.word] = (low or field.lsb == 0, high or field.lsb == 16)
    return found


def loop_choices(opcode: Opcode) -> dict[int, int]:
    """Return the words that loops change, and where in word 15 it says how."""
    fields = FIELDS[opcode]
    return {
        fields[name.removesuffix("_loop0")].word: field.lsb
        for name, field in fields.items()
        if name.endswith("_loop0")
    }


def opcodes_of(unit: Unit) -> list[Opcode]:
    """Return what a unit carries out."""
    return [opcode for opcode, its in UNITS.items() if its is unit]
