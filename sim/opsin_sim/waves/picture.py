# SPDX-License-Identifier: MIT
"""Waveforms as a picture for documents and reports: PNG or SVG, no viewer, no screen."""

from itertools import groupby
from pathlib import Path

from .canvas import SUFFIXES, Canvas, shorten, text_width
from .clock import Clock, Window, is_clock
from .errors import WaveError
from .frame import axis, footer, grid, title
from .groups import Group
from .layout import (
    NAME_SIZE,
    WIDTH_SIZE,
    Happened,
    Row,
    name_column,
    plot_width,
    rows_of,
)
from .marks import mark, shade
from .names import Names
from .reader import Wave
from .signals import Signal
from .streams import Stream, activity
from .traces import INK, MUTED, Plot, bit_trace, bus_trace, is_bus

__all__ = ["draw"]

_MARGIN = 14.0
_BAND, _RULE, _CLOCK = "#eef1f4", "#e8ebee", "#8c959f"


def draw(
    wave: Wave,
    names: Names,
    groups: list[Group],
    clock: Clock | None,
    window: Window,
    path: Path,
    *,
    scale: float = 1.0,
) -> None:
    """Draw ``groups`` within ``window`` into ``path``, a PNG or an SVG by its suffix.

    Raises
    ------
    WaveError
        If the suffix is another, or the file cannot be written.
    """
    if path.suffix not in SUFFIXES:
        raise WaveError(f"a picture must end in .png or .svg, not {path.name!r}")
    picture = _Picture(wave, names, groups, clock, window)
    try:
        picture.canvas.save(path, picture.width, picture.y, scale=scale)
    except OSError as error:
        raise WaveError(f"{path}: {error.strerror}") from None


class _Picture:
    """Names on the left, traces on the right, one row below the other."""

    def __init__(
        self, wave: Wave, names: Names, groups: list[Group], clock: Clock | None, window: Window
    ) -> None:
        self.wave, self.names, self.clock = wave, names, clock
        self.happened: dict[str, Happened] = {
            stream.path: list(activity(wave, clock, stream, window)) if clock else []
            for group in groups
            for stream in group.streams
        }
        rows, left_out = rows_of(groups, self.happened)
        self.names_width = name_column(rows)
        left = _MARGIN + self.names_width + 16
        right = left + plot_width(wave, names, rows, clock, window)
        self.canvas = Canvas()
        self.plot = Plot(self.canvas, window, left, right)
        self.width = right + _MARGIN
        self.y = title(self.plot, wave, clock, _MARGIN)
        self.y = top = axis(self.plot, wave, clock, self.y)
        for index, row in enumerate(rows):
            self._row(row, rows[index + 1 :])
        grid(self.plot, clock, top, self.y)
        found = {what for row in rows if row.stream for _, what in self.happened[row.stream.path]}
        self.y = footer(self.plot, self.y, _MARGIN, found=found, left_out=left_out)

    def _row(self, row: Row, following: list[Row]) -> None:
        bottom = self.y + row.height
        if row.stream is not None:
            traces = sum(below.height for below in following[: len(row.stream.rows)])
            self._stream(row, row.stream, bottom + traces)
        elif row.signal is None:
            self.canvas.box(0, self.y + 3, self.width, bottom - 1, _BAND, layer=0)
            self._label(row, self.y + 15.5)
        else:
            self._label(row, bottom - 10)
            self._trace(row.signal, bottom)
        self.y = bottom

    def _trace(self, signal: Signal, bottom: float) -> None:
        top = self.y
        if is_bus(signal, self.names):
            bus_trace(self.plot, self.wave, self.names, signal, top + 3, bottom - 2)
        elif is_clock(signal):
            bit_trace(self.plot, self.wave, signal, top + 5, bottom - 4, _CLOCK)
        else:
            bit_trace(self.plot, self.wave, signal, top + 5, bottom - 4)

    def _label(self, row: Row, y: float) -> None:
        bold = row.signal is None
        x = _MARGIN + row.indent
        detail = text_width(row.detail, WIDTH_SIZE) + 6 if row.detail else 0.0
        label = shorten(row.label, self.names_width - row.indent - detail, NAME_SIZE, bold=bold)
        self.canvas.text(x, y, label, size=NAME_SIZE, color=INK, bold=bold)
        if row.detail:
            x += text_width(label, NAME_SIZE, bold=bold) + 6
            self.canvas.text(x, y, row.detail, size=WIDTH_SIZE, color=MUTED)

    def _stream(self, row: Row, stream: Stream, bottom: float) -> None:
        """Heading of a stream; marks in its line and shades down to ``bottom``."""
        middle = self.y + row.height - 10
        self.canvas.line([(_MARGIN, self.y + 1), (self.plot.right, self.y + 1)], _RULE, 1.0, 1)
        self._label(row, middle)
        for what, run in groupby(self.happened[stream.path], key=lambda entry: entry[1]):
            assert self.clock is not None  # else nothing happened
            spans = [self.clock.span(cycle, self.plot.window) for cycle, _ in run]
            x = [(self.plot.x(begin), self.plot.x(end)) for begin, end in spans]
            shade(self.canvas, what, (x[0][0], x[-1][1]), (self.y + 2, bottom))
            for x0, x1 in x:
                mark(self.canvas, what, (x0 + x1) / 2, middle, min(3.2, (x1 - x0) / 3))
