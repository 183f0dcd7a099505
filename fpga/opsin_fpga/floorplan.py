# SPDX-License-Identifier: MIT
"""Which multipliers of an ECP5 a mesh takes."""

from collections.abc import Callable

__all__ = ["mesh_bels"]

_BLOCKS = (4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114)
_LINES = (10, 34, 58)
_PLACES = (0, 1, 4, 5)
_HALF = len(_PLACES) // 2


def mesh_bels(*, rows: int, across: int) -> Callable[[int, int], str]:
    """Return the places of the multipliers of a mesh on an LFE5U-85F, by row and element.

    The device has three lines of 13 blocks of four multipliers. Elements of a column stand above
    one another, in strips over all three lines, a strip being as many half blocks wide as it
    takes; a line holds a third of the rows. So what goes from column to column has a short way,
    and what goes from row to row has, too, except from line to line.

    Raises
    ------
    ValueError
        If the mesh does not fit.
    """
    per_line = -(-rows // len(_LINES))
    width = -(-per_line // _HALF)
    if width * across > _HALF * len(_BLOCKS):
        raise ValueError(f"rows and across must fit the device, not {rows!r} and {across!r}")

    def bel(row: int, element: int) -> str:
        line = row * len(_LINES) // rows
        first = -(-line * rows // len(_LINES))
        half, place = divmod(row - first, _HALF)
        block, upper = divmod(width * element + half, _HALF)
        name = _PLACES[_HALF * upper + place]
        return f"X{_BLOCKS[block] + name}/Y{_LINES[line]}/MULT18_{name}"

    return bel
