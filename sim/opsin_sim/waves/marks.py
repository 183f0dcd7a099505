# SPDX-License-Identifier: MIT
"""How it is shown what a stream does: a shade per cycle, a mark above it, and their legend."""

from .canvas import Canvas, text_width
from .streams import Activity

__all__ = ["legend", "mark", "shade"]

_SHADES = {Activity.BEAT: "#d9f2df", Activity.STALL: "#ffeac2", Activity.UNKNOWN: "#fbe3e4"}
_MARKS = {Activity.BEAT: "#1a8741", Activity.STALL: "#c98a04", Activity.UNKNOWN: "#c62f3b"}
_MEANINGS = {
    Activity.BEAT: "beat: valid and ready",
    Activity.STALL: "stall: valid, not ready",
    Activity.UNKNOWN: "valid or ready unknown",
}


def shade(canvas: Canvas, what: Activity, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Shade a rectangle; nothing for an idle cycle."""
    if what in _SHADES:
        canvas.box(x[0], y[0], x[1], y[1], _SHADES[what], layer=0)


def mark(canvas: Canvas, what: Activity, x: float, y: float, size: float = 3.2) -> None:
    """Draw an arrow for a beat, a bar for anything else; nothing where there is no room."""
    if what not in _MARKS or size < 1.2:
        return
    if what is Activity.BEAT:
        points = [(x - size, y - size), (x + size, y - size), (x, y + size)]
        canvas.area(points, _MARKS[what], layer=4)
    else:
        canvas.box(x - size, y - 1, x + size, y + 1, _MARKS[what], layer=4)


def legend(canvas: Canvas, right: float, y: float, found: set[Activity], *, size: float) -> None:
    """Meaning of the marks that were ``found``, ending at ``right``."""
    for what, meaning in reversed(_MEANINGS.items()):
        if what in found:
            canvas.text(right, y, meaning, size=size, color="#57606a", align="right")
            right -= text_width(meaning, size) + 24
            shade(canvas, what, (right, right + 18), (y - 7, y + 7))
            mark(canvas, what, right + 9, y)
            right -= 16
