# SPDX-License-Identifier: MIT
"""Products of any width."""

from amaranth import Module, Signal, Value

from ..common.flow import delayed
from ..common.multiplier import multiply

__all__ = ["product"]


def product(m: Module, a: Value, b: Value) -> Value:
    """Return ``a * b`` of 2 cycles before, as :func:`~opsin.common.multiplier.multiply` does.

    What is wider than 18 bits is left to synthesis: it takes several multipliers, and is slow.
    """
    if max(len(a), len(b)) <= 18:
        return multiply(m, a, b)
    a, b = delayed(m, a, 1, "a"), delayed(m, b, 1, "b")
    result = Signal.like(a * b, name="product")
    m.d.sync += result.eq(a * b)
    return result
