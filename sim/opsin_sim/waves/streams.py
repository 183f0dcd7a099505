# SPDX-License-Identifier: MIT
"""Streams: ports of valid, ready and payload found by their names, and what moves on them."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from .clock import Clock, Window
from .reader import Wave
from .signals import Signal

__all__ = ["Activity", "Stream", "activity", "fields_of", "find_streams"]

_MAX_FIELDS = 12


class Activity(Enum):
    """What a stream does in a cycle."""

    IDLE = "idle"
    BEAT = "beat"
    STALL = "stall"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Stream:
    """A stream port or an internal stream; ``payload`` are the signals worth showing of it."""

    scope: tuple[str, ...]
    name: str
    valid: Signal
    ready: Signal
    payload: tuple[Signal, ...]
    members: frozenset[str]

    @property
    def path(self) -> str:
        """Scope and name, joined with dots."""
        return ".".join((*self.scope, self.name))

    @property
    def direction(self) -> str:
        """``in`` or ``out`` of its module, if the file says."""
        return self.valid.direction

    @property
    def rows(self) -> tuple[Signal, ...]:
        """Its signals in the order to show them."""
        return (self.valid, self.ready, *self.payload)


def find_streams(signals: Iterable[Signal]) -> list[Stream]:
    """Streams among ``signals`` of one module: those that have a ``valid`` and a ``ready``."""
    named = {signal.name: signal for signal in signals}
    streams = []
    for name, valid in named.items():
        prefix, _, last = name.rpartition("__")
        ready = named.get(f"{prefix}__ready")
        if last != "valid" or not prefix or ready is None or valid.width != 1:
            continue
        payload = [
            s for n, s in named.items() if re.match(rf"{re.escape(prefix)}__payload($|[.\[])", n)
        ]
        packed = [s for s in payload if s.name == f"{prefix}__payload"]
        streams.append(
            Stream(
                valid.scope,
                prefix.replace("__", "."),
                valid,
                ready,
                fields_of(payload, packed),
                frozenset(s.name for s in (valid, ready, *payload)),
            )
        )
    return sorted(streams, key=_port_order)


def _port_order(stream: Stream) -> tuple[int, bool]:
    """Put inputs before outputs, and of those ``i`` and ``o`` first."""
    return ("in", "out", "").index(stream.direction), stream.name not in ("i", "o")


def fields_of(signals: list[Signal], packed: list[Signal]) -> tuple[Signal, ...]:
    """Find the fields that have none themselves; if they are too many, it is ``packed``."""
    names = [signal.name for signal in signals]
    leaves = [
        signal
        for signal in signals
        if not any(name.startswith((f"{signal.name}.", f"{signal.name}[")) for name in names)
    ]
    if packed and len(leaves) > _MAX_FIELDS:
        return tuple(packed)
    return tuple(sorted(leaves, key=_reading_order)[:_MAX_FIELDS])


def _reading_order(signal: Signal) -> tuple[object, ...]:
    """Put data before flags, numbers by value, red before green before blue."""
    parts = re.split(r"(\d+)", signal.name)
    stem, last = signal.name.rpartition(".")[::2]
    colour = "rgb".find(last) if len(last) == 1 else -1
    numbered = tuple((int(part), "") if part.isdigit() else (0, part) for part in parts)
    stem_key = tuple((int(p), "") if p.isdigit() else (0, p) for p in re.split(r"(\d+)", stem))
    return (signal.width == 1, stem_key, colour, numbered)


def activity(
    wave: Wave, clock: Clock, stream: Stream, window: Window
) -> Iterator[tuple[int, Activity]]:
    """``(cycle, what happens)`` for each cycle of ``window``, as its closing edge samples it."""
    valid, ready = _Sampler(wave, stream.valid), _Sampler(wave, stream.ready)
    for cycle in clock.within(window):
        pair = valid.before(clock.edges[cycle]), ready.before(clock.edges[cycle])
        if pair[0] not in (0, 1) or (pair[0] == 1 and pair[1] not in (0, 1)):
            yield cycle, Activity.UNKNOWN
        elif pair[0] == 0:
            yield cycle, Activity.IDLE
        else:
            yield cycle, Activity.BEAT if pair[1] else Activity.STALL


class _Sampler:
    """Value just before times that only grow."""

    def __init__(self, wave: Wave, signal: Signal) -> None:
        self._changes = wave.changes(signal)
        self._next = -1

    def before(self, time: int) -> object:
        if self._next < 0:
            self._next = bisect_left(self._changes, time, key=lambda change: change[0])
        while self._next < len(self._changes) and self._changes[self._next][0] < time:
            self._next += 1
        return self._changes[self._next - 1][1] if self._next else None
