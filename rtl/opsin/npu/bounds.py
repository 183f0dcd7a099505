# SPDX-License-Identifier: MIT
"""What has to be added up and compared to know that a descriptor stays within its memories."""

from typing import Any, NamedTuple

from amaranth.hdl import Array, Cat, Value, ValueLike, unsigned
from amaranth.lib import data, enum
from amaranth.utils import exact_log2

from ..config import NpuConfig
from .descriptor import Descriptor
from .isa import Error, Opcode

__all__ = ["BOUND_BITS", "Kind", "Step", "programs"]

BOUND_BITS = 33
"""Bits of an address or a bound: 2³² fits."""


class Kind(enum.Enum, shape=unsigned(2)):
    """What a step does to the lowest and the highest address reached."""

    BEGIN = 0  # both are ``value``
    REACH = 1  # one of them moves by (count - 1) * value, by the sign of ``value``
    SCALE = 2  # the highest is multiplied by ``count``
    BELOW = 3  # the highest must be below ``value``, the lowest not negative


class Step(NamedTuple):
    """One step; ``error`` is the fault if BELOW fails."""

    kind: Kind
    value: ValueLike = 0
    count: ValueLike = 0
    error: Error = Error.RANGE


def _local(d: Any, depth: ValueLike) -> list[Step]:
    return [
        Step(Kind.BEGIN, d.local),
        Step(Kind.REACH, 1, d.row_words),
        Step(Kind.REACH, d.local_stride, d.rows),
        Step(Kind.BELOW, depth),
    ]


def _remote(d: Any, end: Value, shift: int) -> list[Step]:
    return [
        Step(Kind.BEGIN, d.memory >> shift),
        Step(Kind.REACH, 1, d.row_words),
        Step(Kind.REACH, d.memory_stride >> shift, d.rows),
        Step(Kind.BELOW, end, error=Error.MEMORY),
    ]


def _run(first: ValueLike, each: int, counts: list[Value], depth: int) -> list[Step]:
    """``first + each * Π counts`` is at most ``depth``."""
    return [
        Step(Kind.BEGIN, each),
        *(Step(Kind.SCALE, 0, count) for count in counts),
        Step(Kind.REACH, first, 2),
        Step(Kind.BELOW, depth + 1),
    ]


def programs(config: NpuConfig, descriptor: Value, memory_bytes: Value) -> dict[Opcode, list[Step]]:
    """List the steps of every opcode, whose operands are fields of ``descriptor``.

    The first BELOW that fails is the fault.
    """
    views: dict[Opcode, Any] = {
        opcode: data.View(Descriptor(opcode), descriptor) for opcode in Opcode
    }
    load, store, fill = views[Opcode.LOAD], views[Opcode.STORE], views[Opcode.FILL]
    matmul, requantize = views[Opcode.MATMUL], views[Opcode.REQUANTIZE]
    depths = Array([config.activation_words, config.weight_words, 8, 0])
    shift = exact_log2(config.word_bytes)
    end = Cat(memory_bytes, memory_bytes == 0) >> shift
    ks, ns = ("k0", "k1", "k2"), ("n0", "n1", "n2")
    return {
        Opcode.LOAD: [*_local(load, depths[load.space]), *_remote(load, end, shift)],
        Opcode.STORE: [*_local(store, config.activation_words), *_remote(store, end, shift)],
        Opcode.FILL: _local(fill, config.activation_words),
        Opcode.MATMUL: [
            Step(Kind.BEGIN, matmul.local),
            *(Step(Kind.REACH, matmul[f"{n}_stride"], matmul[n]) for n in ks + ns),
            Step(Kind.BELOW, config.activation_words),
            *_run(matmul.weights, config.rows, [matmul[k] for k in ks], config.weight_words),
            *_run(matmul.accumulator, 1, [matmul[n] for n in ns], config.accumulator_rows),
        ],
        Opcode.REQUANTIZE: [
            Step(Kind.BEGIN, requantize.local),
            Step(Kind.REACH, requantize.local_stride, requantize.count),
            Step(Kind.BELOW, config.activation_words),
            *_run(requantize.accumulator, 1, [requantize.count], config.accumulator_rows),
        ],
        Opcode.HALT: [],
    }
