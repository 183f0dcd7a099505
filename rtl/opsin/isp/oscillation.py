# SPDX-License-Identifier: MIT
"""Of values in a row: the median, and how much they go up and down again."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from amaranth import Mux, Value

__all__ = ["Register", "less", "median_of_five", "median_of_three", "oscillation"]

Register = Callable[..., Value]
"""Carry a value, under a name, for one stage or for so many."""


def less(a: Value, b: Value) -> Value:
    """Return whether ``a`` is less than ``b``.

    The sign of the difference comes from the carry chain itself; what synthesis makes of ``<``
    takes a LUT more.
    """
    return (a - b)[-1]


def median_of_five(values: Sequence[Value], register: Register, name: str) -> Value:
    """Return the median, four stages and a comparison later."""

    def least(a: Value, b: Value, name: str) -> Value:
        return register(Mux(less(a, b), a, b), name)

    def greater(a: Value, b: Value) -> Value:
        return Mux(less(a, b), b, a)

    def greatest(a: Value, b: Value, name: str) -> Value:
        return register(greater(a, b), name)

    # The median is that of the fifth, the greater of the lesser ones and the lesser of the greater.
    a, b, c, d, fifth = values
    low = greatest(least(a, b, f"{name}_a"), least(c, d, f"{name}_c"), f"{name}_low")
    high = least(greatest(a, b, f"{name}_b"), greatest(c, d, f"{name}_d"), f"{name}_high")
    below, above = least(low, high, f"{name}_below"), greatest(low, high, f"{name}_above")
    middle = least(above, register(fifth, f"{name}_fifth", 3), f"{name}_middle")
    return greater(register(below, f"{name}_below_4"), middle)


def median_of_three(values: Sequence[Value], register: Register, name: str) -> Value:
    """Return the median, two stages and a comparison later."""
    a, b, c = values
    low = register(Mux(less(a, b), a, b), f"{name}_less")
    more = register(Mux(less(a, b), b, a), f"{name}_more")
    c = register(c, f"{name}_third")
    below = register(Mux(less(more, c), more, c), f"{name}_below")
    low = register(low, f"{name}_less_2")
    return Mux(less(low, below), below, low)


def oscillation(values: Sequence[Value], register: Register, name: str) -> Value:
    """Return the sum of the steps' sizes less the size of their sum.

    After four stages, of three values, or five, of five.
    """
    ends = (values[0], values[-1])
    sizes = []
    for k, (a, b) in enumerate([*pairwise(values), ends]):
        step = register(b - a, f"{name}_step_{k}")
        sizes.append(register(Mux(step < 0, -step, step)[: len(a)], f"{name}_size_{k}"))
    net, stages = sizes.pop(), 0
    while len(sizes) > 1:
        stages += 1
        pairs = zip(sizes[::2], sizes[1::2], strict=True)
        sizes = [register(a + b, f"{name}_sum_{stages}_{k}") for k, (a, b) in enumerate(pairs)]
    bits = len(values[0]) + stages
    return register((sizes[0] - register(net, f"{name}_net", stages))[:bits], name)
