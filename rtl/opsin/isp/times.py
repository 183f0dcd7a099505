# SPDX-License-Identifier: MIT
"""Products with factors of few bits, which are not worth a multiplier."""

from collections.abc import Callable

from amaranth import Mux, Value

__all__ = ["times"]

Register = Callable[..., Value]
"""Carry a value, under a name, for one stage or for so many."""


def times(value: Value, factor: Value, register: Register, name: str) -> Value:
    """Return ``value * factor``, of an unsigned factor, with adders, a stage later."""
    parts = [Mux(factor[bit], value, 0) << bit for bit in range(len(factor))]
    pairs = [sum(parts[k : k + 2], start=Value.cast(0)) for k in range(0, len(parts), 2)]
    sums = [register(pair, f"{name}_{k}") for k, pair in enumerate(pairs)]
    return sum(sums[1:], start=sums[0])
