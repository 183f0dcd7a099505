# SPDX-License-Identifier: MIT
"""Save files for GTKWave: groups, readable names, states by name."""

import math
from io import StringIO
from pathlib import Path

from vcd.gtkw import GTKWColor, GTKWSave

from .clock import Clock, Window
from .errors import WaveError
from .groups import Group
from .layout import label_of
from .names import Names
from .reader import Wave
from .signals import Signal
from .streams import Stream

__all__ = ["MAX_TRACES", "budgeted", "save_gtkw"]

MAX_TRACES = 1200
"""GTKWave loads every trace of a save file at its start; the rest is in its tree."""

_PIXELS_PER_CYCLE = 40


def budgeted(groups: list[Group], limit: int = MAX_TRACES) -> list[Group]:
    """Keep ``groups`` as long as their traces stay within ``limit``, outer modules first."""
    kept: set[tuple[str, ...]] = set()
    for group in sorted(groups, key=lambda group: len(group.scope)):
        limit -= group.rows
        if limit < 0 and kept:
            break
        kept.add(group.scope)
    return [group for group in groups if group.scope in kept]


def save_gtkw(
    wave: Wave,
    names: Names,
    groups: list[Group],
    clock: Clock | None,
    window: Window,
    path: Path,
) -> None:
    """Write ``path`` and, in ``path`` + ``.names``, the tables of names it refers to.

    The first module's group is open, the others are closed.

    Raises
    ------
    WaveError
        If it cannot be written.
    """
    text = StringIO()
    save = GTKWSave(text)
    save.comment(f"Written by opsin waves for {wave.path.name}")
    save.dumpfile(str(wave.path))
    save.timestart(window.start)
    period = clock.period if clock else (window.stop - window.start) / 20
    save.zoom_markers(-math.log2(200 * max(period, 1) / _PIXELS_PER_CYCLE))
    save.size(1500, 900)
    save.signals_width(320)
    save.sst_expanded(True)
    save.treeopen(".".join(groups[0].viewer_scope))
    writer = _Writer(save, names, Path(f"{path}.names"))
    try:
        for index, group in enumerate(groups):
            writer.group(group, closed=index > 0)
        path.write_text(text.getvalue())
    except OSError as error:
        raise WaveError(f"{path}: {error.strerror}") from None


class _Writer:
    """Traces and groups of a save file."""

    def __init__(self, save: GTKWSave, names: Names, tables: Path) -> None:
        self._save, self._names, self._tables = save, names, tables

    def group(self, group: Group, *, closed: bool) -> None:
        """Write clocks and ports; what is inside the module goes into a closed group, if told."""
        with self._save.group(group.title, closed=closed):
            for signal in group.clocks:
                self._trace(signal, signal.name, GTKWColor.orange)
            outside, inside = group.parted()
            self._items(outside, closed=closed)
            if inside.rows:
                with self._save.group("inside", closed=True):
                    self._items(inside, closed=True)

    def _items(self, group: Group, *, closed: bool) -> None:
        for stream in group.streams:
            self._stream(stream, closed=closed)
        for signal in group.signals:
            self._trace(signal, label_of(signal), GTKWColor.normal)

    def _stream(self, stream: Stream, *, closed: bool) -> None:
        with self._save.group(stream.name, closed=closed):
            for signal in stream.rows:
                control = signal in (stream.valid, stream.ready)
                color = GTKWColor.yellow if control else GTKWColor.normal
                self._trace(signal, label_of(signal, stream), color)

    def _trace(self, signal: Signal, label: str, color: GTKWColor) -> None:
        path = ".".join((*signal.viewer_scope, signal.viewer_name))
        if signal.width > 1:
            path += signal.range
        table = self._names.table(signal)
        self._save.trace(
            path,
            alias=label.replace(".", ":"),  # it shows only what follows the last dot
            color=color,
            datafmt="dec" if table else "bin" if signal.width == 1 else self._names.radix,
            translate_filter_file=str(self._table(signal, table)) if table else None,
        )

    def _table(self, signal: Signal, table: dict[int, str]) -> Path:
        """File that tells GTKWave the names in ``table``."""
        self._tables.mkdir(exist_ok=True)
        path = self._tables / f"{signal.path}.txt"
        path.write_text("".join(f"{value} {name}\n" for value, name in sorted(table.items())))
        return path.absolute()
