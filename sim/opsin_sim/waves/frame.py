# SPDX-License-Identifier: MIT
"""What stands around the traces of a picture: title, axis, grid and legend."""

from .canvas import shorten, text_width
from .clock import Clock
from .marks import legend
from .reader import Wave
from .streams import Activity
from .traces import INK, MUTED, Plot

__all__ = ["axis", "footer", "grid", "title"]

_GRID, _LINE = "#e1e5e9", "#8c959f"
_TITLE_SIZE, _SIZE = 13.0, 10.5
_STEPS = (1, 2, 5)


def title(plot: Plot, wave: Wave, clock: Clock | None, margin: float) -> float:
    """File on the left, window on the right; the bottom of both."""
    window = plot.window
    parts = [f"{wave.time(window.start)} to {wave.time(window.stop)}"]
    if clock is not None and clock.within(window):
        cycles = clock.within(window)
        parts.insert(0, f"cycles {cycles.start} to {cycles.stop - 1} of {clock.signal.name}")
    text = " · ".join(parts)
    room = plot.right - margin - text_width(text, _SIZE) - 20
    name = shorten(wave.path.name, room, size=_TITLE_SIZE, bold=True)
    plot.canvas.text(margin, 17, name, size=_TITLE_SIZE, color=INK, bold=True)
    plot.canvas.text(plot.right, 17, text, size=_SIZE, color=MUTED, align="right")
    return 30.0


def axis(plot: Plot, wave: Wave, clock: Clock | None, top: float) -> float:
    """Numbers of the cycles, each above the middle of its own; times if there is no clock."""
    y = top + 9
    cycles = clock.within(plot.window) if clock else range(0)
    if clock is None or not cycles:
        for share in range(0, 11, 2):
            time = plot.window.start + (plot.window.stop - plot.window.start) * share / 10
            align = "left" if share == 0 else "right" if share == 10 else "center"
            plot.canvas.text(plot.x(time), y, wave.time(time), size=_SIZE, color=MUTED, align=align)
    else:
        step = _step(text_width(str(cycles.stop), _SIZE) + 12, plot, len(cycles))
        for cycle in cycles:
            if cycle % step == 0:
                x0, x1 = map(plot.x, clock.span(cycle, plot.window))
                plot.canvas.text(
                    (x0 + x1) / 2, y, str(cycle), size=_SIZE, color=MUTED, align="center"
                )
    plot.canvas.line([(plot.left, top + 18), (plot.right, top + 18)], _LINE, 1.0)
    return top + 20


def grid(plot: Plot, clock: Clock | None, top: float, bottom: float) -> None:
    """Thin lines at the rising edges, or at some if they are many."""
    cycles = clock.within(plot.window) if clock else range(0)
    if clock is None or not cycles:
        return
    step = _step(7.0, plot, len(cycles))
    for cycle in cycles:
        if cycle % step == step - 1:
            x = plot.x(clock.edges[cycle])
            plot.canvas.line([(x, top), (x, bottom)], _GRID, 1.0, 1)


def footer(plot: Plot, top: float, margin: float, *, found: set[Activity], left_out: int) -> float:
    """Legend of the marks that were ``found``, and how much was left out; the picture's bottom."""
    found = found - {Activity.IDLE}
    if not (found or left_out):
        return top + 10
    y = top + 18
    if left_out:
        text = f"{left_out} more signal{'s' * (left_out != 1)} not shown"
        plot.canvas.text(margin, y, text, size=_SIZE, color=MUTED)
    legend(plot.canvas, plot.right, y, found, size=_SIZE)
    return top + 34


def _step(room: float, plot: Plot, count: int) -> int:
    """Smallest of 1, 2, 5, 10, 20, ... cycles that are at least ``room`` wide."""
    cycle = (plot.right - plot.left) / count
    power = 1
    while True:
        for step in _STEPS:
            if step * power * cycle >= room:
                return step * power
        power *= 10
