# SPDX-License-Identifier: MIT
"""Products of any width."""

from amaranth import Module, Signal, Value

from ..common.carry_multiplier import carry_latency
from ..common.flow import delayed
from ..common.multiplier import multiply

__all__ = ["carry_product", "product"]

WIDEST = 18


def product(m: Module, a: Value, b: Value) -> Value:
    """Return ``a * b`` of 2 cycles before, as :func:`~opsin.common.multiplier.multiply` does.

    What is wider than 18 bits is left to synthesis: it takes several multipliers, and is slow.
    """
    if max(len(a), len(b)) <= WIDEST:
        return multiply(m, a, b)
    a, b = delayed(m, a, 1, "a"), delayed(m, b, 1, "b")
    result = Signal.like(a * b, name="product")
    m.d.sync += result.eq(a * b)
    return result


def carry_product(m: Module, a: Value, b: Value, *, latency: int) -> Value:
    """Return ``a * b`` of ``latency`` cycles before, made of carry cells.

    What is wider than 18 bits is left to synthesis.

    Raises
    ------
    ValueError
        If ``latency`` is less than :func:`~opsin.common.carry_multiplier.carry_latency`.
    """
    a, b = Value.cast(a), Value.cast(b)
    if max(len(a), len(b)) > WIDEST:
        own, result = 2, product(m, a, b)
    else:
        own, result = carry_latency(a.shape(), b.shape()), multiply(m, a, b, cells="carry")
    if latency < own:
        raise ValueError(f"latency must be at least {own}, not {latency!r}")
    return Value.cast(delayed(m, result, latency - own, "product"))
