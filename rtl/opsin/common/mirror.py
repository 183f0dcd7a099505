# SPDX-License-Identifier: MIT
"""Frames continued beyond their borders by their mirror image."""

from typing import Any

from amaranth import Cat, Mux, Value

__all__ = ["mirrored_column", "mirrored_columns"]


def mirrored_column(column: Any, marks: Any) -> Value:
    """Replace what lies above the first and below the last line.

    ``marks`` are the :class:`~opsin.common.line_scan.ColumnMarks` of the column, from the top.
    """
    reach = len(column) // 2
    rows = []
    for offset in range(-reach, reach + 1):
        value = column[reach + offset]
        for k in range(abs(offset)):
            if offset < 0:
                value = Mux(marks.top[k], column[reach - 2 * k - offset], value)
            else:
                value = Mux(marks.bottom[k], column[reach + 2 * k - offset], value)
        rows.append(value)
    return Cat(rows)


def mirrored_columns(window: Any, history: Any, place: int) -> list[Value]:
    """Return column ``place``, counted from the middle beat's first, from within the line.

    ``window`` are the columns of beats, an odd number, newest beat first, and ``history`` their
    marks. The line's first column lies in beat ``-k``, or its last one in beat ``k``. At most one
    of the conditions that reach so far holds, as lines are longer than half the window.
    """
    middle, ppc = len(window) // 2, len(window[0])

    def column(place: int) -> list[Value]:
        beat = window[middle - place // ppc][place % ppc]
        return [beat[row] for row in range(len(beat))]

    values = column(place)
    for k in range(middle + 1):
        first, last = -k * ppc, k * ppc + ppc - 1
        if place < first:
            beyond, mirror = history[middle + k].first, column(2 * first - place)
        elif place > last:
            beyond, mirror = history[middle - k].last, column(2 * last - place)
        else:
            break
        values = [Mux(beyond, *pair) for pair in zip(mirror, values, strict=True)]
    return values
