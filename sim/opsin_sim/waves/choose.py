# SPDX-License-Identifier: MIT
"""Which signals to show: those asked for, or else those that most likely matter."""

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from .errors import WaveError
from .groups import Group, modules
from .names import Names
from .reader import Wave
from .signals import Signal
from .streams import Stream

__all__ = ["choose"]


def choose(
    wave: Wave, names: Names, *, scope: str | None = None, globs: Iterable[str] = ()
) -> list[Group]:
    """Signals of module ``scope`` (and no other), or those that a pattern of ``globs`` matches.

    A pattern is compared with the whole path and with the path below ``scope`` or the top; if it
    fits none, with the bare names. The name of a stream stands for its signals. With neither, it
    is the top's ports and the state machines of all modules.

    Raises
    ------
    WaveError
        If there is no such module or a pattern matches nothing.
    """
    groups = modules(wave)
    if scope is not None:
        found = [g for g in groups if scope in (g.title, ".".join(g.scope[1:]))]
        found = found or [g for g in groups if scope == g.scope[-1]]
        if not found:
            raise WaveError(f"{wave.path}: no module {scope!r}; --list shows them")
        groups = found[:1]
    patterns = list(globs)
    if patterns:
        depth = len(groups[0].scope) if scope is not None else 1
        return _matching(wave, groups, patterns, depth)
    if scope is not None:
        return groups
    states = (Group(g.scope, signals=_states(g, names)) for g in groups[1:])
    return [_ports(groups[0], names), *(group for group in states if group.signals)]


def _ports(group: Group, names: Names) -> Group:
    """Only the ports of ``group``, if the file tells, and what has named values."""
    ports, inside = group.parted()
    named = (signal for signal in inside.signals if names.table(signal))
    return replace(ports, signals=(*ports.signals, *named))


def _states(group: Group, names: Names) -> tuple[Signal, ...]:
    """State registers: Amaranth calls them after their machine and knows the states' names."""
    return tuple(
        signal
        for signal in group.signals
        if signal.name.endswith("_state") and (names.table(signal) or not signal.width)
    )


def _matching(wave: Wave, groups: list[Group], patterns: list[str], depth: int) -> list[Group]:
    """Reduce ``groups`` to what ``patterns`` match, relative to the module ``depth`` deep."""
    items: list[Signal | Stream] = []
    for group in groups:
        items += [*group.streams, *wave.inside[group.scope]]
    chosen: set[str] = set()
    for pattern in patterns:
        below = {i.path for i in items if _fits(pattern, i.path, ".".join(_from(depth, i)))}
        hits = below or {i.path for i in items if _fits(pattern, i.name)}
        if not hits:
            raise WaveError(f"{wave.path}: no signal matches {pattern!r}; --list shows them")
        chosen |= hits
    reduced = (_reduced(group, wave.inside[group.scope], chosen) for group in groups)
    return [group for group in reduced if group.rows]


def _reduced(group: Group, inside: list[Signal], chosen: set[str]) -> Group:
    """Only the ``chosen`` streams of ``group``, and of its signals those not in these already."""
    streams = tuple(stream for stream in group.streams if stream.path in chosen)
    taken = {name for stream in streams for name in (stream.name, *stream.members)}
    signals = [s for s in inside if s.path in chosen and s.name not in taken]
    clocks = tuple(s for s in group.clocks if s in signals)
    return Group(group.scope, clocks, streams, tuple(s for s in signals if s not in clocks))


def _from(depth: int, item: Signal | Stream) -> tuple[str, ...]:
    return (*item.scope[depth:], item.name)


def _fits(pattern: str, *paths: str) -> bool:
    """Whether ``pattern`` is, or matches, one of ``paths``; ``$`` only matches itself."""
    return any(
        path == pattern or (fnmatchcase(path, pattern) and path.count("$") <= pattern.count("$"))
        for path in paths
    )
