# SPDX-License-Identifier: MIT
"""How much more two frames differ than their noise explains, and what follows from it."""

from collections.abc import Sequence
from typing import Protocol

from amaranth import C, Cat, Module, Mux, Signal, Value

from ..common.multiplier import multiply

__all__ = ["EXCESS_LATENCY", "Register", "drop", "motion_excess", "weighted"]

EXCESS_LATENCY = 10
"""Stages of :func:`motion_excess`."""

_BITS = 18  # of a multiplier's operands


class Register(Protocol):
    """Adds registers behind a value."""

    def __call__(self, value: Value, name: str, stages: int = 1) -> Value:
        """Return ``value`` so many stages later."""
        ...


def motion_excess(
    m: Module,
    register: Register,
    differences: Sequence[Value],
    samples: Sequence[Value],
    *,
    constant: Value,
    slope: Value,
    threshold: Value,
    depth: int,
    fraction: int = 0,
) -> Value:
    """Return ``16 * log2(d² / variance) - threshold`` in :data:`EXCESS_LATENCY` stages.

    ``d`` is the mean of five differences, which are not negative and in ``2**-fraction`` samples,
    with weights 1, 2, 2, 2, 1; ``variance = constant + slope * mean``, of the samples. The
    logarithm is linear between powers of two: no division, no square. Golden model:
    ``opsin_sim.golden.isp.motion.motion_ratio``.
    """
    total = _summed(register, differences, "difference")[: len(differences[0]) + 3]
    mean = _summed(register, samples, "sample")[3 : depth + 3]

    product = multiply(m, slope, mean)
    variance = constant + (product >> (depth - 7))
    variance = register(Mux(variance < 0, 0, variance)[:25], "variance")  # log2 of 0 is that of 1
    noise = _log2(m, register, variance, "noise")

    unit = 16 * (22 - 2 * depth - 2 * fraction)
    moved = register((_log2(m, register, total, "moved") << 1) + (unit - threshold), "offset", 3)
    return register(moved - noise, "excess")


def drop(register: Register, excess: Value, slope: Value, most: int) -> Value:
    """Return ``excess * 2**slope``, at least 0 and at most ``most``, in two stages."""
    steep = register(Mux(excess < 0, 0, excess)[:10] << slope, "steep")
    return register(Mux(steep > most, most, steep)[: most.bit_length()], "drop")


def weighted(m: Module, register: Register, value: Value, weight: Value, name: str) -> Value:
    """Return ``value * weight`` in three stages; ``value`` is signed and may be wide."""
    if len(value) <= _BITS:
        return multiply(m, value, weight, latency=3)
    low = multiply(m, value[: _BITS - 1], weight)
    high = multiply(m, value[_BITS - 1 :].as_signed(), weight)
    return register((high << (_BITS - 1)) + low, name)


def _summed(register: Register, row: Sequence[Value], name: str) -> Value:
    """Add up five values with weights 1, 2, 2, 2, 1, in three stages."""
    outer = register(row[0] + row[4], f"{name}_outer", 2)
    inner = register(row[1] + row[3], f"{name}_inner")
    inner = register(inner + register(row[2], f"{name}_middle"), f"{name}_three")
    return register(outer + (inner << 1), f"{name}_sum")


def _log2(m: Module, register: Register, value: Value, name: str) -> Value:
    """Return 16 times the logarithm, linear between powers of two, in three stages; 0 of 0."""
    size = (len(value) - 1).bit_length()
    # The highest bit set of each four, then which four they are, and what is below.
    some, places = [], []
    for k in range(0, len(value), 4):
        four = value[k : k + 4]
        some.append(register(four.any(), f"{name}_some_{k}"))
        first = _highest(m, [*four], [C(n, 2) for n in range(len(four))])
        places.append(Cat(register(first, f"{name}_place_{k}"), C(k // 4, size - 2)))
    exponent = register(_highest(m, some, places), f"{name}_exponent")
    padded = Cat(C(0, 4), register(value, f"{name}_value"), C(0, 3))
    eights = [padded[k : k + 8] for k in range(0, len(value), 4)]
    eight = register(_highest(m, some, eights), f"{name}_eight")
    below = eight.bit_select(exponent[:2], 4)
    return register(Cat(below, exponent), f"{name}_log")


def _highest(m: Module, marks: Sequence[Value], values: Sequence[Value]) -> Value:
    """Return the value with the last mark that is set, else 0."""
    found = Signal(len(values[0]))
    for mark, value in zip(marks, values, strict=True):
        with m.If(mark):
            m.d.comb += found.eq(value)
    return found
