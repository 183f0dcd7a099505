# SPDX-License-Identifier: MIT
"""The rows of a picture, and how wide its columns have to be."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

from .canvas import MONO_ADVANCE, text_width
from .clock import Clock, Window
from .groups import Group
from .names import Names
from .reader import Wave
from .signals import Signal
from .streams import Activity, Stream
from .traces import VALUE_SIZE, is_bus

__all__ = [
    "NAME_SIZE",
    "WIDTH_SIZE",
    "Happened",
    "Row",
    "label_of",
    "name_column",
    "plot_width",
    "rows_of",
]

MAX_ROWS = 64
ROW = 22.0
NAME_SIZE, WIDTH_SIZE = 11.5, 9.5

Happened: TypeAlias = list[tuple[int, Activity]]
"""Cycles, and what a stream did in each."""

_INDENT = 12.0
_MAX_NAME = 230.0
_MIN_PLOT, _MAX_PLOT = 560.0, 1600.0
_MIN_CYCLE, _MAX_CYCLE = 24.0, 64.0


@dataclass(frozen=True)
class Row:
    """A heading (of a module, or of a ``stream``) or the trace of ``signal``."""

    label: str
    indent: float = 0.0
    signal: Signal | None = None
    stream: Stream | None = None
    detail: str = ""
    """Stands small behind the label."""

    @property
    def height(self) -> float:
        """Pixels from this row to the next."""
        return ROW if self.signal else ROW + (2.0 if self.stream else 6.0)


def rows_of(groups: list[Group], happened: dict[str, Happened]) -> tuple[list[Row], int]:
    """Rows of ``groups``, at most :data:`MAX_ROWS`, and the number of traces left out.

    ``happened`` is what the streams did, by their paths.
    """
    rows: list[Row] = []
    left_out = 0
    for group in groups:
        room = MAX_ROWS - len(rows)
        if room < 2:
            left_out += group.rows
            continue
        kept = list(_rows_of_group(group, happened))
        rows += kept[:room]
        left_out += sum(row.signal is not None for row in kept[room:])
    return rows, left_out


def _rows_of_group(group: Group, happened: dict[str, Happened]) -> Iterator[Row]:
    yield Row(group.title)
    for signal in group.clocks:
        yield Row(signal.name, _INDENT, signal)
    for stream in group.streams:
        yield Row(stream.name, _INDENT, None, stream, _summary(happened.get(stream.path, [])))
        for signal in stream.rows:
            yield _trace(signal, label_of(signal, stream), 2 * _INDENT)
    for signal in group.signals:
        yield _trace(signal, label_of(signal), _INDENT)


def _trace(signal: Signal, label: str, indent: float) -> Row:
    return Row(label, indent, signal, None, str(signal.width) if signal.width > 1 else "")


def _summary(happened: Happened) -> str:
    """``12 beats, 3 stalls``."""
    counts = Counter(what for _, what in happened)
    beats, stalls = counts[Activity.BEAT], counts[Activity.STALL]
    words = [f"{beats} beat{'s' * (beats != 1)}"]
    if stalls:
        words.append(f"{stalls} stall{'s' * (stalls != 1)}")
    return ", ".join(words) if happened else ""


def label_of(signal: Signal, stream: Stream | None = None) -> str:
    """Name of ``signal`` as Amaranth writes it, within ``stream`` if it is of one."""
    if stream is None:
        return signal.name.replace("__", ".")
    member = signal.name.removeprefix(stream.valid.name.removesuffix("valid"))
    return member.removeprefix("payload.")


def name_column(rows: list[Row]) -> float:
    """Width of the longest name."""
    widths = [
        row.indent
        + text_width(row.label, NAME_SIZE, bold=row.signal is None)
        + (text_width(row.detail, WIDTH_SIZE) + 6 if row.detail else 0)
        for row in rows
    ]
    return min(ceil(max(widths, default=0)) + 1, _MAX_NAME)


def plot_width(
    wave: Wave, names: Names, rows: list[Row], clock: Clock | None, window: Window
) -> float:
    """Width at which the values that change every cycle can be read, if that is not too wide."""
    cycles = len(clock.within(window)) if clock else 0
    if clock is None or not cycles:
        return 900.0
    cycle = _MIN_CYCLE
    if cycle * cycles >= _MAX_PLOT:
        return _MAX_PLOT
    for row in rows:
        if row.signal is not None and is_bus(row.signal, names):
            for start, stop, value in wave.spans(row.signal, window.start, window.stop):
                needed = len(names.short(row.signal, value)) * MONO_ADVANCE * VALUE_SIZE + 8.0
                if stop - start <= clock.period and needed <= _MAX_CYCLE:
                    cycle = max(cycle, needed)
    return min(max(cycle * cycles, _MIN_PLOT), _MAX_PLOT)
