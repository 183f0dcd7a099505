# SPDX-License-Identifier: MIT
"""Descriptors: the neural processor's instructions, declared once.

A descriptor is sixteen 32-bit words, little-endian, aligned to 64 bytes in memory. Descriptors
run in order, each as if the one before it had finished. Memory addresses count bytes and are
multiples of the memory word; local addresses and strides count words (activation and weight
memory) or rows (accumulator). One activation word holds ``rows`` signed bytes, one per input
channel; a weight tile is ``rows`` consecutive words of ``cols`` signed bytes, word ``r`` holding
the weights of input channel ``r``; an accumulator row holds ``cols`` signed 32-bit sums.

=========== ====================================================================================
LOAD        For ``r`` in ``rows``: copy ``row_words`` words from memory at ``memory + r *
            memory_stride`` to ``space`` at ``local + r * local_stride``.
STORE       The same the other way, from the activation memory.
FILL        Write the byte ``value`` into every byte of the activation words that a LOAD with the
            same ``local``, ``rows``, ``row_words``, ``local_stride`` would write.
MATMUL      For every (k2, k1, k0), k0 fastest, the next weight tile from ``weights`` on; for
            every (n2, n1, n0), n0 fastest, the next accumulator row from ``accumulator`` on, the
            tile's first row being ``accumulator`` again: row ``+=`` word ``local + Σ ki·ki_stride +
            Σ ni·ni_stride`` times tile. Unless ``accumulate`` is set, the first tile replaces
            rows by product plus the bias parameters. Sums wrap modulo 2³².
REQUANTIZE  For ``i`` in ``count``: activation word ``local + i * local_stride`` becomes
            ``min(max(rne(f32(accumulator row) * scale) + zero_point, minimum), maximum)``, column
            by column, with binary32 arithmetic rounded to nearest even, subnormals flushed.
HALT        End the job.
=========== ====================================================================================

Loops run in the order given, so of two writes to one place the later stays.

Parameters (``space`` PARAMETERS) are ``cols`` biases (signed 32 bits), then ``cols`` scales
(binary32), packed in eight words. Scales are meant to be positive and finite; the others are
defined all the same: a negative scale negates, NaN counts as infinity, infinity times zero is zero.

Bits that no field covers are ignored. Local memories hold nothing defined until written, and keep
what they hold from job to job. Descriptors are fetched ahead: a STORE over a descriptor of the
same job has no defined effect on it.

Checks. Every descriptor is checked whole, in exact arithmetic (no sum wraps), before it writes
anything; those before it have taken full effect by then. The first of these faults stops the job:

========= ======================================================================================
ALIGNMENT The job's entry is not a multiple of 64 (index 0).
MEMORY    The descriptor lies (even partly) outside the memory given to the job.
OPCODE    The opcode is unknown.
ALIGNMENT ``memory`` or ``memory_stride`` is not a multiple of the memory word.
COUNT     A loop count is zero: ``rows``, ``row_words``, ``k0`` … ``n2`` or ``count``.
RANGE     A word of LOAD, STORE, FILL, MATMUL or REQUANTIZE lies outside its local memory; the
          parameters have eight words, ``space`` 3 has none.
MEMORY    A word of LOAD or STORE lies outside the memory given to the job.
========= ======================================================================================
"""

from dataclasses import dataclass

from amaranth.hdl import unsigned
from amaranth.lib import enum

__all__ = ["DESCRIPTOR_BYTES", "FIELDS", "Error", "Field", "Opcode", "Space"]

DESCRIPTOR_BYTES = 64


class Opcode(enum.Enum, shape=unsigned(8)):
    """Bits 7..0 of word 0."""

    LOAD = 1
    STORE = 2
    FILL = 3
    MATMUL = 4
    REQUANTIZE = 5
    HALT = 6


class Space(enum.Enum, shape=unsigned(2)):
    """Where LOAD writes."""

    ACTIVATIONS = 0
    WEIGHTS = 1
    PARAMETERS = 2


class Error(enum.Enum, shape=unsigned(8)):
    """Why a job stopped."""

    NONE = 0
    OPCODE = 1  # unknown opcode
    ALIGNMENT = 2  # memory address or stride not a multiple of the memory word
    RANGE = 3  # local address outside its memory
    COUNT = 4  # a loop of zero iterations
    MEMORY = 5  # descriptor or data outside the memory given to the job


@dataclass(frozen=True)
class Field:
    """``width`` bits at bit ``lsb`` of 32-bit word ``word``."""

    word: int
    lsb: int
    width: int
    signed: bool = False


_OPCODE = {"opcode": Field(0, 0, 8)}
_LOCAL = {
    "local": Field(2, 0, 32),
    "row_words": Field(3, 0, 16),
    "rows": Field(3, 16, 16),
    "local_stride": Field(5, 0, 32, signed=True),
}
_COPY = _LOCAL | {"memory": Field(1, 0, 32), "memory_stride": Field(4, 0, 32, signed=True)}

FIELDS: dict[Opcode, dict[str, Field]] = {
    Opcode.LOAD: _OPCODE | {"space": Field(0, 8, 2)} | _COPY,
    Opcode.STORE: _OPCODE | _COPY,
    Opcode.FILL: _OPCODE | {"value": Field(0, 8, 8, signed=True)} | _LOCAL,
    Opcode.MATMUL: _OPCODE
    | {
        "accumulate": Field(0, 8, 1),
        "weights": Field(1, 0, 32),
        "local": Field(2, 0, 32),
        "accumulator": Field(3, 0, 32),
        "k0": Field(4, 0, 16),
        "k1": Field(4, 16, 16),
        "k2": Field(5, 0, 16),
        "n0": Field(5, 16, 16),
        "n1": Field(6, 0, 16),
        "n2": Field(6, 16, 16),
        "k0_stride": Field(7, 0, 32, signed=True),
        "k1_stride": Field(8, 0, 32, signed=True),
        "k2_stride": Field(9, 0, 32, signed=True),
        "n0_stride": Field(10, 0, 32, signed=True),
        "n1_stride": Field(11, 0, 32, signed=True),
        "n2_stride": Field(12, 0, 32, signed=True),
    },
    Opcode.REQUANTIZE: _OPCODE
    | {
        "zero_point": Field(1, 0, 8, signed=True),
        "minimum": Field(1, 8, 8, signed=True),
        "maximum": Field(1, 16, 8, signed=True),
        "local": Field(2, 0, 32),
        "accumulator": Field(3, 0, 32),
        "count": Field(4, 0, 16),
        "local_stride": Field(5, 0, 32, signed=True),
    },
    Opcode.HALT: _OPCODE,
}
