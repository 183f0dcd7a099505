# SPDX-License-Identifier: MIT
"""Where the bits of raw pixels are in the bytes of MIPI CSI-2."""

from typing import Any

from amaranth import Array, C, Cat, Value, unsigned
from amaranth.lib import enum

__all__ = ["GROUP", "GROUP_BYTES", "RawFormat", "group_pixels"]

GROUP = 4
"""Pixels that are unpacked at once."""


class RawFormat(enum.Enum, shape=unsigned(3)):
    """Order of bytes of raw pixels; the last two differ in which byte of a pixel comes first."""

    RAW8 = 0
    RAW10 = 1
    RAW12 = 2
    RAW14 = 3
    RAW16 = 4
    RAW16_HIGH_FIRST = 5


GROUP_BYTES = {
    RawFormat.RAW8: 4,
    RawFormat.RAW10: 5,
    RawFormat.RAW12: 6,
    RawFormat.RAW14: 7,
    RawFormat.RAW16: 8,
    RawFormat.RAW16_HIGH_FIRST: 8,
}
"""Bytes of :data:`GROUP` pixels."""


def group_pixels(joined: Value, form: Value, depth: int) -> Value:
    """Return four pixels, aligned to the top of ``depth`` bits, of the bytes of a group."""
    b = [joined[8 * k : 8 * k + 8] for k in range(8)]
    low = Cat(b[4:7])  # of RAW10 and RAW14: lower bits of the four
    pairs = [Cat(b[2][:4], b[0]), Cat(b[2][4:], b[1]), Cat(b[5][:4], b[3]), Cat(b[5][4:], b[4])]
    forms: list[Any] = [
        b[:4],
        [Cat(low[2 * k : 2 * k + 2], b[k]) for k in range(4)],
        pairs,
        [Cat(low[6 * k : 6 * k + 6], b[k]) for k in range(4)],
        [Cat(b[2 * k], b[2 * k + 1]) for k in range(4)],
        [Cat(b[2 * k + 1], b[2 * k]) for k in range(4)],
    ]
    aligned = [
        Cat(Cat(C(0, 16 - len(pixel)), pixel)[16 - depth :] for pixel in pixels)
        for pixels in [*forms, forms[-1], forms[-1]]
    ]
    return Array(aligned)[form]
