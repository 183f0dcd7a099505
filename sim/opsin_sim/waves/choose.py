# SPDX-License-Identifier: MIT
"""Which signals to show, in groups: a module's clock and reset, its streams, its other signals."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain

from .clock import is_clock, is_reset
from .errors import WaveError
from .names import Names
from .reader import Signal, Wave
from .streams import Stream, fields_of, find_streams

__all__ = ["Group", "choose", "modules"]


@dataclass(frozen=True)
class Group:
    """What is shown of one module."""

    scope: tuple[str, ...]
    clocks: tuple[Signal, ...] = ()
    streams: tuple[Stream, ...] = ()
    signals: tuple[Signal, ...] = ()

    @property
    def title(self) -> str:
        """Path of the module."""
        return ".".join(self.scope)

    @property
    def viewer_scope(self) -> tuple[str, ...]:
        """Path of the module in the file."""
        streams = (stream.valid for stream in self.streams)
        return next(chain(self.clocks, streams, self.signals)).viewer_scope

    @property
    def rows(self) -> int:
        """How many traces it holds."""
        streams = sum(len(stream.rows) for stream in self.streams)
        return len(self.clocks) + streams + len(self.signals)


def modules(wave: Wave, *, generated: bool = False) -> list[Group]:
    """Every module of the file with all its signals, parents before children."""
    inside: dict[tuple[str, ...], list[Signal]] = {scope: [] for scope in wave.scopes}
    for signal in wave.signals:
        if generated or not signal.generated:
            inside[signal.scope].append(signal)
    return [_group(scope, signals) for scope, signals in inside.items() if signals]


def choose(
    wave: Wave, names: Names, *, scope: str | None = None, globs: Iterable[str] = ()
) -> list[Group]:
    """Signals of module ``scope`` (and no other), or those that a pattern of ``globs`` matches.

    A pattern is compared with the whole path, with the path below ``scope`` or the top, and with
    the bare name; the name of a stream stands for its signals. With neither, it is the top's
    ports and whatever else has named values.

    Raises
    ------
    WaveError
        If there is no such module or a pattern matches nothing.
    """
    globs = list(globs)
    groups = modules(wave, generated=any("$" in pattern for pattern in globs))
    if scope is not None:
        found = [g for g in groups if scope in (g.title, ".".join(g.scope[1:]), g.scope[-1])]
        if not found:
            raise WaveError(f"{wave.path}: no module {scope!r}; --list shows them")
        groups = found[:1]
    if globs:
        return _matching(wave, groups, globs)
    if scope is not None:
        return groups
    top = groups[0]
    named = [g for g in (_named(group, names) for group in groups[1:]) if g.signals]
    return [top, *named]


def _group(scope: tuple[str, ...], signals: list[Signal]) -> Group:
    """Sort the signals of one module."""
    streams = find_streams(signals)
    taken = {name for stream in streams for name in stream.members}
    clocks = [s for s in signals if is_clock(s)] + [s for s in signals if is_reset(s)]
    rest = [s for s in signals if s.name not in taken and s not in clocks]
    return Group(scope, tuple(clocks), tuple(streams), _unfolded(rest))


def _unfolded(signals: list[Signal]) -> tuple[Signal, ...]:
    """Structures and arrays replaced by their fields, in place, unless those are many."""
    families: dict[str, list[Signal]] = {}
    for signal in signals:
        families.setdefault(re.split(r"[.\[]", signal.name, maxsplit=1)[0], []).append(signal)
    shown: list[Signal] = []
    for name, members in families.items():
        fields = [s for s in members if s.name != name]
        whole = [s for s in members if s.name == name]
        shown += fields_of(fields, whole) if fields else whole
    return tuple(shown)


def _named(group: Group, names: Names) -> Group:
    """Only the signals of ``group`` whose values have names."""
    signals = tuple(s for s in group.signals if names.table(s) or not s.width)
    return Group(group.scope, signals=signals)


def _matching(wave: Wave, groups: list[Group], globs: list[str]) -> list[Group]:
    """Reduce ``groups`` to what the patterns match."""
    unused = set(globs)

    def matches(scope: tuple[str, ...], name: str) -> bool:
        spellings = {name, ".".join((*scope[1:], name)), ".".join((*scope, name))}
        hits = {g for g in globs if g in spellings or any(fnmatchcase(s, g) for s in spellings)}
        unused.difference_update(hits)
        return bool(hits)

    kept = []
    for group in groups:
        streams = tuple(s for s in group.streams if matches(s.scope, s.name))
        taken = {name for stream in streams for name in stream.members}
        inside = [s for s in wave.signals if s.scope == group.scope and s.name not in taken]
        signals = [s for s in inside if matches(s.scope, s.name)]
        signals = [s for s in signals if not s.generated or any("$" in g for g in globs)]
        clocks = tuple(s for s in signals if s in group.clocks)
        rest = tuple(s for s in signals if s not in clocks)
        if clocks or streams or rest:
            kept.append(Group(group.scope, clocks, streams, rest))
    if unused:
        raise WaveError(f"{wave.path}: no signal matches {min(unused)!r}; --list shows them")
    return kept
