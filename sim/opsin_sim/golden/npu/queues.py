# SPDX-License-Identifier: MIT
"""Descriptors on their way to the units, and the tokens between these."""

from collections import deque
from dataclasses import dataclass

from .clocks import Clock, Clocks
from .codes import UNITS, Unit
from .program import Step

__all__ = ["Begun", "Command", "Queues"]

_TOKENS = 255


@dataclass(frozen=True)
class Command:
    """A descriptor for a unit, the ``number``-th of the job."""

    number: int
    step: Step
    fields: dict[str, int]

    @property
    def unit(self) -> Unit:
        """Who carries it out."""
        return UNITS[self.step.opcode]


@dataclass(frozen=True)
class Begun:
    """A command that has begun, the ``index``-th of its unit; ``clock`` is what had finished."""

    command: Command
    index: int
    clock: Clock

    def is_behind(self, other: "Begun") -> bool:
        """Whether tokens and fences let this one begin only when the other has finished."""
        return other.index < self.clock[other.command.unit]


class Queues:
    """As long as they need be: no token comes too late."""

    def __init__(self) -> None:
        self._waiting: list[deque[Command]] = [deque() for _ in Unit]
        self._tokens = {(giver, taker): 0 for giver in Unit for taker in Unit}
        self._begun = [0] * 4
        self._clocks = Clocks()

    def append(self, command: Command) -> None:
        """Hand a command to its unit."""
        self._waiting[command.unit].append(command)

    def ready(self) -> list[Command]:
        """Return the first commands of the units, if their tokens are there, in program order."""
        heads = [queue[0] for queue in self._waiting if queue]
        ready = [c for c in heads if all(self._tokens[pair] for pair in _taken(c))]
        return sorted(ready, key=lambda command: command.number)

    def stuck(self) -> list[Command]:
        """Return the first commands of the units, in the order of units."""
        return [queue[0] for queue in self._waiting if queue]

    def begin(self, command: Command) -> Begun:
        """Begin one that is ready."""
        unit = command.unit
        self._waiting[unit].popleft()
        for pair in _taken(command):
            self._tokens[pair] -= 1
        clock = self._clocks.begin(
            unit, command.fields["wait"], fence=bool(command.fields["fence"])
        )
        self._begun[unit] += 1
        return Begun(command, self._begun[unit] - 1, clock)

    def finish(self, begun: Begun) -> bool:
        """Finish what has just begun; return whether all its tokens could be counted."""
        f, unit = begun.command.fields, begun.command.unit
        self._clocks.finish(unit, begun.index, f["signal"], fence=bool(f["fence"]))
        given = [(unit, taker) for taker in Unit if f["signal"] >> taker & 1]
        for pair in given:
            self._tokens[pair] += 1
        return all(self._tokens[pair] <= _TOKENS for pair in given)


def _taken(command: Command) -> list[tuple[Unit, Unit]]:
    return [(giver, command.unit) for giver in Unit if command.fields["wait"] >> giver & 1]
