# SPDX-License-Identifier: MIT
"""Waveform files (FST, VCD): which signals they hold and how those change."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .quiet import open_waveform
from .signals import Signal, Value

__all__ = ["Wave"]

_INVISIBLE = {"Parameter", "Event"}
_DIRECTIONS = {"Input": "in", "Output": "out"}


class Wave:
    """A waveform file, read as far as is asked for.

    Verilator puts the top's ports into a scope of their own around the top; both are one here, and
    a bench of which nothing is recorded is left out.

    Raises
    ------
    WaveError
        If the file is missing, or not a waveform, or damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open_waveform(path)
        scale = self._file.timescale
        self.tick = 1e-9 if scale is None else scale.factor * 10.0 ** scale.unit.to_exponent()
        self._changes: dict[Any, list[tuple[int, Value]]] = {}

    @cached_property
    def end(self) -> int:
        """Time of the last change, in ticks."""
        times = self._file.time_table()
        return int(times[-1]) if times else 0

    @cached_property
    def signals(self) -> list[Signal]:
        """Every signal, in the order of the file, once."""
        roots: list[Any] = list(self._file.scopes())
        viewer: tuple[str, ...] = ()
        while len(roots) == 1 and not list(roots[0].vars()) and list(roots[0].scopes()):
            viewer = (*viewer, roots[0].name)  # a bench around the top, not recorded itself
            roots = list(roots[0].scopes())
        found: dict[str, Signal] = {}
        for root in roots:
            for signal in _walk(root, (), viewer):
                previous = found.get(signal.path)
                if previous is None or len(previous.viewer_scope) < len(signal.viewer_scope):
                    found[signal.path] = signal
        return [_inherit(signal, found) for signal in found.values()]

    @cached_property
    def inside(self) -> dict[tuple[str, ...], list[Signal]]:
        """Signals of every module that holds any, parents before children."""
        found: dict[tuple[str, ...], list[Signal]] = {}
        for signal in self.signals:
            found.setdefault(signal.scope, []).append(signal)
        return found

    def changes(self, signal: Signal) -> list[tuple[int, Value]]:
        """All ``(time, value)`` of ``signal``, in order, without repetitions."""
        key = str(signal.variable.signal_id)
        if key not in self._changes:
            last_of_each_time = dict(signal.variable.signal)
            previous: Value | None = None
            self._changes[key] = kept = []
            for time, value in last_of_each_time.items():
                if value != previous:
                    kept.append((time, value))
                previous = value
        return self._changes[key]

    def at(self, signal: Signal, time: int) -> Value | None:
        """Value of ``signal`` at ``time``, None before its first."""
        changes = self.changes(signal)
        index = bisect_right(changes, time, key=lambda change: change[0])
        return changes[index - 1][1] if index else None

    def spans(self, signal: Signal, start: int, stop: int) -> Iterator[tuple[int, int, Value]]:
        """``(from, to, value)`` of each constant stretch of ``signal`` within the window."""
        changes = self.changes(signal)
        index = max(0, bisect_right(changes, start, key=lambda change: change[0]) - 1)
        for position in range(index, len(changes)):
            time, value = changes[position]
            if time >= stop:
                return
            until = changes[position + 1][0] if position + 1 < len(changes) else stop
            yield max(time, start), min(until, stop), value

    def time(self, ticks: float) -> str:
        """``ticks`` in the unit that reads best."""
        seconds = ticks * self.tick
        for unit, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"), (1e-12, "ps")):
            if seconds >= unit * 0.9999999:
                return f"{seconds / unit:.6g} {name}"
        return f"{seconds / 1e-15:.6g} fs" if seconds else "0"


def _walk(scope: Any, outer: tuple[str, ...], viewer: tuple[str, ...]) -> Iterator[Signal]:
    """Signals of ``scope`` and all below it."""
    viewer = (*viewer, scope.name)
    path = outer if outer == (scope.name,) else (*outer, _plain(scope.name))
    for variable in scope.vars():
        if str(variable.type) not in _INVISIBLE:
            yield _signal(variable, variable.name, path, viewer)
    for inner in scope.scopes():
        if str(inner.scope_type) == "vhdl_array":  # the reader takes "x[0]" apart: put it together
            for variable in inner.vars():
                yield _signal(variable, inner.name + variable.name, path, viewer)
        else:
            yield from _walk(inner, path, viewer)


def _signal(variable: Any, name: str, scope: tuple[str, ...], viewer: tuple[str, ...]) -> Signal:
    numeric = not (variable.is_string or variable.is_real)
    direction = _DIRECTIONS.get(str(variable.direction), "")
    width = (variable.bitwidth or 1) if numeric else 0
    return Signal(scope, _plain(name), width, viewer, name, direction, variable)


def _inherit(signal: Signal, others: dict[str, Signal]) -> Signal:
    """Give a field of a structure the direction of the port it belongs to."""
    whole = others.get(".".join((*signal.scope, signal.root)))
    if whole is None or whole is signal or signal.direction:
        return signal
    return replace(signal, direction=whole.direction)


def _plain(name: str) -> str:
    """``name`` without the backslash of an escaped identifier."""
    return name.removeprefix("\\")
