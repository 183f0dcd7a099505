# SPDX-License-Identifier: MIT
"""Saturation of signed results to unsigned samples."""

from amaranth import Cat, Value

__all__ = ["clip"]


def clip(value: Value, depth: int) -> Value:
    """``min(max(value, 0), 2**depth - 1)`` of a signed value of more than ``depth`` bits.

    One level of logic per bit: the sign decides between 0 and the rest, any other bit beyond
    ``depth`` sets all bits.
    """
    negative, beyond = value[-1], value[depth:-1].any()
    return Cat(~negative & (beyond | value[bit]) for bit in range(depth))
