# SPDX-License-Identifier: MIT
"""Memory that refuses."""

from .codes import Opcode

__all__ = ["NOTHING", "refused_word"]

NOTHING = range(0)


def refused_word(opcode: Opcode, f: dict[str, int], refused: range, size: int) -> int | None:
    """Return the address of the first word, of ``size`` bytes, that is refused to a copy.

    A word of which any byte is in ``refused`` is.
    """
    if opcode not in (Opcode.LOAD, Opcode.STORE) or not refused:
        return None
    low, high = refused.start // size * size, -(-refused.stop // size) * size
    for plane in range(f["planes"]):
        for row in range(f["rows"]):
            begin = f["memory"] + plane * f["plane_stride"] + row * f["row_stride"]
            if begin < high and low < begin + f["row_bytes"]:
                return max(begin // size * size, low)
    return None
