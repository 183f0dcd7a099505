# SPDX-License-Identifier: MIT
"""Descriptors: the neural processor's instructions, declared once.

A descriptor is sixteen 32-bit words, little-endian, aligned to 64 bytes in memory. Memory
addresses, strides and sizes count bytes and may be any. A *word* is as many bytes as the mesh has
rows, R (and columns); local addresses and strides count words of the scratchpad, or rows of the
accumulator. Bits that no field covers are ignored.

=========== ====================================================================================
LOAD        For every plane p and every row r of it, write ``ceil((before + row_bytes + after) /
            R)`` words to the scratchpad from ``local + p * local_plane_stride + r *
            local_row_stride`` on: ``before`` bytes of ``fill``, ``row_bytes`` bytes from memory at
            ``memory + p * plane_stride + (r - top) * row_stride``, and ``fill`` in all bytes
            behind. A plane has ``top + rows + bottom`` rows; the first ``top`` and the last
            ``bottom`` consist of ``fill`` alone. With ``rows`` = 0 nothing is read.
STORE       For every plane p and row r: write ``row_bytes`` bytes, the first ones of the words
            from ``local + p * local_plane_stride + r * local_row_stride`` on, to memory at
            ``memory + p * plane_stride + r * row_stride``.
MATMUL      For every (k2, k1, k0), k0 fastest, the next weight tile, R words from ``weights`` on;
            for every (n2, n1, n0), n0 fastest, the next accumulator row from ``accumulator`` on,
            the tile's first row being ``accumulator`` again: row ``+=`` word ``local + Σ ki *
            ki_stride + Σ ni * ni_stride`` times tile. Word r of a tile holds the weights of input
            r. Unless ``accumulate`` is set, the first tile replaces the rows. Bytes of activations
            are signed, or with ``offset`` bytes b that stand for b - 128. Sums wrap modulo 2³².
            With ``packed``, weights have four bits, -8..7, and a tile is R / 2 words: the lower
            half of word j's byte c is the weight of input j for column c, the upper half that of
            input j + R / 2.
DEPTHWISE   For every (n2, n1, n0), n0 fastest, the next accumulator row from ``accumulator`` on:
            column by column, row ``+= Σ`` over (k2, k1, k0), k0 fastest, of word ``local + Σ ki *
            ki_stride + Σ ni * ni_stride`` times the next word from ``weights`` on, the first one
            again for each row. ``accumulate`` and ``offset`` as in MATMUL. With ``edges``, bytes
            ``padding`` take the place of words: at the first n0 of that of k0 = 0 (left, bit 0), at
            the last n0 of that of k0 = 2 (right, bit 1), at the first n1 of those of k1 = 0 (top,
            bit 2), at the last n1 of those of k1 = 2 (bottom, bit 3). These words are not read;
            addresses of the others are modulo the scratchpad's words.
REQUANTIZE  For every (n1, n0), n0 fastest: word ``local + Σ ni * local_ni_stride`` becomes, column
            by column, ``clip(rne(f32(sum + bias) * scale) + zero_point)`` of accumulator row
            ``source + Σ ni * source_ni_stride``. Biases and scales are those of ``parameters``;
            ``sum + bias`` wraps at 32 bits.
ADD         The same of two words: ``clip(rne(f32(a - source_zero) * source_scale + f32(b -
            operand_zero) * operand_scale) + zero_point)``, a of word ``source + Σ ni *
            source_ni_stride``, b of word ``operand + Σ ni * operand_ni_stride``.
MAXIMUM     The same of the largest a among the words ``source + Σ ni * source_ni_stride + Σ ki *
            source_ki_stride``: ``clip(largest)``.
MEAN        The same of their sum: ``clip(rne(f32(Σ (a - source_zero)) * source_scale) +
            zero_point)``. The sum wraps at 32 bits.
LOOP        Carry out the next ``length`` descriptors ``count`` times. LOOPs may be among them, but
            none in the bodies of those.
HALT        End the job when everything before has finished.
=========== ====================================================================================

``clip(x)`` is ``min(max(x, minimum), maximum)``. Arithmetic but of integers is binary32, each
operation rounded to nearest even, subnormals flushed; rne rounds to the nearest even integer. The
loops of a descriptor run in the order given, so of two writes to one place the later stays.

Parameters are eight words of the scratchpad: R biases (signed 32 bits), then R scales (binary32).
Scales are meant to be positive and finite; the others are defined all the same: a negative scale
negates, NaN counts as infinity; infinity times zero is zero, so is infinity less infinity.

Units. LOAD and STORE are carried out by the load and the store unit, MATMUL and DEPTHWISE by the
array unit, REQUANTIZE, ADD, MAXIMUM and MEAN by the vector unit. Each unit takes its descriptors in
order, and finishes them in order, the units side by side. Between two units, in each direction, and
from each unit to itself, tokens are counted, none at a job's begin. Before it begins, a descriptor
takes a token from every unit whose bit is set in ``wait`` (0 load, 1 array, 2 vector, 3 store);
when it has finished, every unit whose bit is set in ``signal`` gets one from it. What a descriptor
reads must have been written by one that it waits for, directly or not, and what it overwrites must
have been read; else the result is not defined, though nothing outside the job's memory is touched.
In this a unit's descriptors keep their order without tokens, but for the vector unit, which may
read a word before it has written it itself, even by the same descriptor. A descriptor with
``fence`` begins when everything before it has finished, and nothing behind it begins before it has.
Tokens are to come from descriptors before; one from behind may come too late (TOKEN), as only some
descriptors are read ahead.

Loops. Level 0 is a LOOP, level 1 a LOOP in the body of one. A level has four numbers, zero in the
first round, to which ``step_0`` … ``step_3`` of the LOOP are added before each further round. The
field ``x`` of a descriptor in a body means ``x`` plus the number that ``x_loop0`` names (1..4, the
LOOP's ``step_0`` … ``step_3``; 0 none; 5..7 none) plus that which ``x_loop1`` does, modulo 2³².
A level that is not under way adds nothing.

Local memories hold nothing defined until written, and keep what they hold from job to job.
Descriptors are fetched ahead: a STORE over a descriptor of the same job has no defined effect.

Checks. Every descriptor is checked whole, in exact arithmetic (no sum wraps), before it is handed
to its unit. The first of these faults ends the job when all descriptors before have finished:

========= ======================================================================================
ALIGNMENT The job's entry is not a multiple of 64 (index 0).
MEMORY    The descriptor lies (even partly) outside the job's memory.
OPCODE    The opcode is unknown.
LOOP      ``length`` is 0 or more than 15; a LOOP at level 2; a LOOP's body ends behind that of the
          one around it; HALT in a body.
COUNT     A count is zero: ``row_bytes``, ``planes``, ``top + rows + bottom``, ``k0`` … ``n2``,
          ``count``. (``rows`` of a STORE.) Or there are ``edges``, and ``k0`` or ``k1`` is not 3
          or ``k2`` or ``n2`` is not 1.
RANGE     A word lies outside the scratchpad, or a row outside the accumulator. With ``edges``,
          words are counted as if ``k0`` were 3 - left - right, ``k1`` 3 - top - bottom, and
          ``local`` ``local + left * k0_stride + top * k1_stride`` modulo 2³².
MEMORY    A byte to be read or written lies outside the job's memory.
========= ======================================================================================

These end it while it runs, at once; what was going on is left undone:

========= ======================================================================================
READ      Memory refused a read. (Of a descriptor: when all before have finished.)
WRITE     Memory refused a write.
TOKEN     All units wait for tokens that cannot come any more; or one would be the 256th.
WATCHDOG  No unit and no memory did anything for as long as the watchdog allows.
STOPPED   It was told to end.
========= ======================================================================================
"""

from dataclasses import dataclass

from amaranth.hdl import unsigned
from amaranth.lib import enum

__all__ = ["DESCRIPTOR_BYTES", "FIELDS", "LOOP_LENGTH", "UNITS", "Error", "Field", "Opcode", "Unit"]

DESCRIPTOR_BYTES = 64
LOOP_LENGTH = 15
"""Descriptors of a body at most."""


class Opcode(enum.Enum, shape=unsigned(8)):
    """Bits 7..0 of word 0."""

    LOAD = 1
    STORE = 2
    MATMUL = 3
    REQUANTIZE = 4
    ADD = 5
    MAXIMUM = 6
    MEAN = 7
    LOOP = 8
    HALT = 9
    DEPTHWISE = 10


class Unit(enum.Enum, shape=unsigned(2)):
    """Who carries a descriptor out, and the bit of ``wait`` and ``signal``."""

    LOAD = 0
    ARRAY = 1
    VECTOR = 2
    STORE = 3


UNITS: dict[Opcode, Unit] = {
    Opcode.LOAD: Unit.LOAD,
    Opcode.MATMUL: Unit.ARRAY,
    Opcode.DEPTHWISE: Unit.ARRAY,
    Opcode.REQUANTIZE: Unit.VECTOR,
    Opcode.ADD: Unit.VECTOR,
    Opcode.MAXIMUM: Unit.VECTOR,
    Opcode.MEAN: Unit.VECTOR,
    Opcode.STORE: Unit.STORE,
}
"""LOOP and HALT have none."""


class Error(enum.Enum, shape=unsigned(8)):
    """Why a job stopped."""

    NONE = 0
    OPCODE = 1
    ALIGNMENT = 2
    RANGE = 3
    COUNT = 4
    MEMORY = 5
    LOOP = 6
    TOKEN = 7
    READ = 8
    WRITE = 9
    WATCHDOG = 10
    STOPPED = 11


@dataclass(frozen=True)
class Field:
    """``width`` bits at bit ``lsb`` of 32-bit word ``word``."""

    word: int
    lsb: int
    width: int
    signed: bool = False


def _halves(word: int, low: str, high: str, *, signed: bool = False) -> dict[str, Field]:
    """Return two fields of 16 bits that share a word."""
    return {low: Field(word, 0, 16, signed), high: Field(word, 16, 16, signed)}


def _looped(*names: str) -> dict[str, Field]:
    """Return what is added to the fields ``names``: six bits each in word 15, three for a level."""
    return {
        f"{name}_loop{level}": Field(15, 6 * n + 3 * level, 3)
        for n, name in enumerate(names)
        for level in range(2)
    }


_OPCODE = {"opcode": Field(0, 0, 8)}
_UNIT = _OPCODE | {"fence": Field(0, 8, 1), "wait": Field(0, 12, 4), "signal": Field(0, 16, 4)}
_COPY = {
    "memory": Field(1, 0, 32),
    "local": Field(2, 0, 32),
    **_halves(3, "row_bytes", "rows"),
    "row_stride": Field(4, 0, 32, signed=True),
    "plane_stride": Field(5, 0, 32, signed=True),
    "planes": Field(6, 0, 16),
    "local_row_stride": Field(6, 16, 16, signed=True),
    "local_plane_stride": Field(7, 0, 32, signed=True),
    **_looped("memory", "local"),
}
_VECTOR = _UNIT | {
    "local": Field(1, 0, 32),
    "source": Field(2, 0, 32),
    **_halves(5, "n0", "n1"),
    **_halves(7, "local_n0_stride", "local_n1_stride", signed=True),
    **_halves(8, "source_n0_stride", "source_n1_stride", signed=True),
    "minimum": Field(11, 8, 8, signed=True),
    "maximum": Field(11, 16, 8, signed=True),
}
_ROUNDED = {"zero_point": Field(11, 0, 8, signed=True)}
_SCALED = _ROUNDED | {
    "source_zero": Field(11, 24, 8, signed=True),
    "source_scale": Field(12, 0, 32),
}
_WINDOW = {
    "k0": Field(6, 0, 16),
    "k1": Field(6, 16, 16),
    **_halves(10, "source_k0_stride", "source_k1_stride", signed=True),
    **_looped("local", "source"),
}

_PRODUCTS = _UNIT | {
    "accumulate": Field(0, 20, 1),
    "offset": Field(0, 21, 1),
    "weights": Field(1, 0, 32),
    "local": Field(2, 0, 32),
    "accumulator": Field(3, 0, 32),
    **_halves(4, "k0", "k1"),
    **_halves(5, "k2", "n0"),
    **_halves(6, "n1", "n2"),
    **_halves(7, "k0_stride", "k1_stride", signed=True),
    **_halves(8, "k2_stride", "n0_stride", signed=True),
    **_halves(9, "n1_stride", "n2_stride", signed=True),
    **_looped("local", "weights", "accumulator"),
}

FIELDS: dict[Opcode, dict[str, Field]] = {
    Opcode.LOAD: _UNIT
    | _COPY
    | {"fill": Field(0, 24, 8), "top": Field(9, 0, 8), "bottom": Field(9, 8, 8)}
    | _halves(8, "before", "after"),
    Opcode.STORE: _UNIT | _COPY,
    Opcode.MATMUL: _PRODUCTS | {"packed": Field(0, 22, 1)},
    Opcode.DEPTHWISE: _PRODUCTS | {"edges": Field(10, 0, 4), "padding": Field(10, 8, 8)},
    Opcode.REQUANTIZE: _VECTOR
    | _ROUNDED
    | {"parameters": Field(4, 0, 32), **_looped("local", "source", "parameters")},
    Opcode.ADD: _VECTOR
    | _SCALED
    | {
        "operand": Field(3, 0, 32),
        **_halves(9, "operand_n0_stride", "operand_n1_stride", signed=True),
        "operand_scale": Field(13, 0, 32),
        "operand_zero": Field(14, 0, 8, signed=True),
        **_looped("local", "source", "operand"),
    },
    Opcode.MAXIMUM: _VECTOR | _WINDOW,
    Opcode.MEAN: _VECTOR | _SCALED | _WINDOW,
    Opcode.LOOP: _OPCODE
    | _halves(1, "count", "length")
    | {f"step_{n}": Field(2 + n, 0, 32, signed=True) for n in range(4)},
    Opcode.HALT: _OPCODE,
}
