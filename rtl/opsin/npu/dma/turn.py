# SPDX-License-Identifier: MIT
"""Bytes of words that do not lie where they shall."""

from amaranth.hdl import C, Cat, Mux, Value, ValueLike

__all__ = ["choose", "from_byte", "turn", "up_to_byte"]


def turn(word: Value, by: Value) -> Value:
    """Move every byte up by ``by`` places, the highest ones to the bottom."""
    for bit in range(len(by)):
        word = Mux(by[bit], word.rotate_left(8 << bit), word)
    return word


def from_byte(first: Value, count: int) -> Value:
    """Return a bit for each of ``count`` bytes, the last of which ``first`` may be: from it on."""
    return Cat(*(first <= byte for byte in range(count - 1)), C(1))


def up_to_byte(last: Value, count: int) -> Value:
    """Return a bit for each of ``count`` bytes: whether it is ``last`` or lower."""
    return Cat(C(1), *(last >= byte for byte in range(1, count)))


def choose(select: Value, chosen: ValueLike, other: ValueLike) -> Value:
    """Take the bytes whose bit is set from ``chosen``, the rest from ``other``."""
    ones, zeros = Value.cast(chosen), Value.cast(other)
    return Cat(
        Mux(select[byte], ones.word_select(byte, 8), zeros.word_select(byte, 8))
        for byte in range(len(select))
    )
