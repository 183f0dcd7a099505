# SPDX-License-Identifier: MIT
"""Signals in groups: of each module its clock and reset, its streams, its other signals."""

from dataclasses import dataclass, replace
from itertools import chain

from .clock import Clock, Window, is_clock, is_reset
from .reader import Wave
from .signals import Signal
from .streams import Activity, Stream, activity, fields_of, find_streams

__all__ = ["Group", "fold_idle", "modules"]


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

    def parted(self) -> tuple["Group", "Group"]:
        """Clocks and ports, and what is inside; the first is all if the file does not tell."""
        named = (*self.clocks, *(stream.valid for stream in self.streams), *self.signals)
        if not any(signal.direction for signal in named):
            return self, Group(self.scope)
        streams = [[s for s in self.streams if bool(s.direction) is port] for port in (True, False)]
        signals = [[s for s in self.signals if bool(s.direction) is port] for port in (True, False)]
        outside = Group(self.scope, self.clocks, tuple(streams[0]), tuple(signals[0]))
        return outside, Group(self.scope, (), tuple(streams[1]), tuple(signals[1]))


def modules(wave: Wave) -> list[Group]:
    """Every module of the file, parents before children, without what the exporter made up."""
    groups = (_group(scope, signals) for scope, signals in wave.inside.items())
    return [group for group in groups if group.rows]


def fold_idle(wave: Wave, clock: Clock | None, groups: list[Group], window: Window) -> list[Group]:
    """Leave out the payload of streams on which nothing is valid in ``window``."""
    if clock is None:
        return groups

    def folded(stream: Stream) -> Stream:
        happened = (what for _, what in activity(wave, clock, stream, window))
        awake = any(what is not Activity.IDLE for what in happened)
        return stream if awake else replace(stream, payload=())

    return [replace(group, streams=tuple(map(folded, group.streams))) for group in groups]


def _group(scope: tuple[str, ...], signals: list[Signal]) -> Group:
    """Sort the signals of one module: ports before what is inside."""
    signals = [signal for signal in signals if not signal.generated]
    streams = find_streams(signals)
    taken = {name for stream in streams for name in stream.members}
    clocks = [s for s in signals if is_clock(s)] + [s for s in signals if is_reset(s)]
    rest = [s for s in signals if s.name not in taken and s not in clocks]
    shown = sorted(_unfolded(rest), key=lambda signal: not signal.direction)
    return Group(scope, tuple(clocks), tuple(streams), tuple(shown))


def _unfolded(signals: list[Signal]) -> list[Signal]:
    """Structures and arrays replaced by their fields, in place, unless those are many."""
    families: dict[str, list[Signal]] = {}
    for signal in signals:
        families.setdefault(signal.root, []).append(signal)
    shown: list[Signal] = []
    for name, members in families.items():
        fields = [s for s in members if s.name != name]
        whole = [s for s in members if s.name == name]
        shown += fields_of(fields, whole) if fields else whole
    return shown
