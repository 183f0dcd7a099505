# SPDX-License-Identifier: MIT
"""How one signal is drawn: a line for a bit, boxes with values for everything else."""

from collections.abc import Callable
from dataclasses import dataclass

from .canvas import MONO_ADVANCE, Canvas
from .clock import Window
from .names import Names
from .reader import Wave
from .signals import Signal, Value

__all__ = ["INK", "MUTED", "Plot", "bit_trace", "bus_trace", "is_bus"]

INK = "#1f2328"
MUTED = "#6e7781"
VALUE_SIZE = 10.5

_TRACE = "#0b4f8a"
_FILL = "#edf4fb"
_UNKNOWN = "#c62f3b"
_UNKNOWN_FILL = "#fbe3e4"
_BUSY = "#b9cfe4"
_NAMED_FILLS = ("#e4e8ee", "#d3ecf7", "#fde7c7", "#dcefd5", "#eadcf3", "#fbd9df", "#fff3b8")
_SLANT = 3.0
_NARROW = 5.0  # boxes below this width run together


@dataclass(frozen=True)
class Plot:
    """Where time ``window`` lies on the canvas."""

    canvas: Canvas
    window: Window
    left: float
    right: float

    def x(self, time: float) -> float:
        """Horizontal position of ``time``."""
        share = (time - self.window.start) / (self.window.stop - self.window.start)
        return self.left + share * (self.right - self.left)


def is_bus(signal: Signal, names: Names) -> bool:
    """Whether ``signal`` has values to be written, not just levels."""
    return signal.width != 1 or names.table(signal) is not None


def bit_trace(
    plot: Plot, wave: Wave, signal: Signal, top: float, bottom: float, color: str = _TRACE
) -> None:
    """Levels of a bit between ``top`` and ``bottom``; unknown ones in red at half height."""
    points: list[tuple[float, float]] = []
    for start, stop, value in wave.spans(signal, plot.window.start, plot.window.stop):
        x0, x1 = plot.x(start), plot.x(stop)
        if value in (0, 1):
            y = top if value else bottom
            points += [(x0, y), (x1, y)]
            if value and color == _TRACE:
                plot.canvas.box(x0, top, x1, bottom, _FILL, layer=2)
            continue
        if points:
            plot.canvas.line(points, color)
            points = []
        middle = (top + bottom) / 2
        plot.canvas.box(x0, top, x1, bottom, _UNKNOWN_FILL)
        plot.canvas.line([(x0, middle), (x1, middle)], _UNKNOWN)
    if points:
        plot.canvas.line(points, color)


def bus_trace(
    plot: Plot, wave: Wave, names: Names, signal: Signal, top: float, bottom: float
) -> None:
    """Values in boxes with pointed ends; a value that does not fit its box is left out."""
    spans = [
        (plot.x(start), plot.x(stop), start > plot.window.start, stop < plot.window.stop, value)
        for start, stop, value in wave.spans(signal, plot.window.start, plot.window.stop)
    ]
    write = _writing(names, signal, [(_room(x1 - x0), value) for x0, x1, _, _, value in spans])
    busy: list[float] = []
    for x0, x1, begins, ends, value in spans:
        if x1 - x0 < _NARROW and ends:
            busy = [busy[0] if busy else x0, x1]
            continue
        if busy:
            plot.canvas.box(busy[0], top, busy[1], bottom, _BUSY, layer=3)
            busy = []
        _box(plot, (x0, x1), (top, bottom), (begins, ends), _colors(signal, value, names))
        text = write(signal, value)
        if len(text) <= _room(x1 - x0):
            x, y = (x0 + x1) / 2, (top + bottom) / 2
            plot.canvas.text(x, y, text, size=VALUE_SIZE, color=INK, align="center", mono=True)
    if busy:
        plot.canvas.box(busy[0], top, busy[1], bottom, _BUSY, layer=3)


def _room(width: float) -> float:
    """Characters that fit a box."""
    return (width - 2 * _SLANT) / (MONO_ADVANCE * VALUE_SIZE)


def _writing(
    names: Names, signal: Signal, values: list[tuple[float, Value]]
) -> Callable[[Signal, Value], str]:
    """Leave leading zeros out of the whole row if that makes a value fit."""
    for room, value in values:
        if room >= 1 and len(names.text(signal, value)) > room >= len(names.short(signal, value)):
            return names.short
    return names.text


def _box(
    plot: Plot,
    x: tuple[float, float],
    y: tuple[float, float],
    changed: tuple[bool, bool],
    colors: tuple[str, str],
) -> None:
    """Box between two changes; open at an end where the value goes on beyond the window."""
    (x0, x1), (top, bottom), (line, fill) = x, y, colors
    slant = min(_SLANT, (x1 - x0) / 2)
    left, right = (slant if change else 0.0 for change in changed)
    middle = (top + bottom) / 2
    upper = [(x0 + left, top), (x1 - right, top)]
    lower = [(x0 + left, bottom), (x1 - right, bottom)]
    begin, end = [(x0, middle)] if left else [], [(x1, middle)] if right else []
    plot.canvas.area([*begin, *upper, *end, *reversed(lower)], fill)
    plot.canvas.line([*begin, *upper, *end], line)
    plot.canvas.line([*begin, *lower, *end], line)


def _colors(signal: Signal, value: Value, names: Names) -> tuple[str, str]:
    """Outline and filling: red if unknown, a tint of its own for each named value."""
    if isinstance(value, str) and signal.width:
        return _UNKNOWN, _UNKNOWN_FILL
    table = names.table(signal)
    if table is not None and isinstance(value, int) and value in table:
        return _TRACE, _NAMED_FILLS[sorted(table).index(value) % len(_NAMED_FILLS)]
    if isinstance(value, str):  # the file's own names
        index = value.rpartition("/")[2]
        number = int(index) if index.isdigit() else sum(value.encode())
        return _TRACE, _NAMED_FILLS[number % len(_NAMED_FILLS)]
    return _TRACE, _FILL
