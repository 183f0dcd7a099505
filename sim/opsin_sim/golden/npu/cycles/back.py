# SPDX-License-Identifier: MIT
"""The dispatcher behind the check: queues, and commands that begin as their tokens allow."""

from collections import deque
from collections.abc import Callable

from ..codes import UNITS, Unit
from .clock import Clock
from .units import Units
from .walk import Visit
from .works import Work

__all__ = ["Back"]

_RUNNING = 4  # commands of a unit that have begun and not finished
_COPY = 18  # cycles of a command to its register
_KNOWN = 5  # cycles until a finished command has left its place
_CAUSES = "token_wait", "unit_wait"


class Back:
    """Queues of released commands; ``work_of`` tells what one takes, ``left`` that one has gone."""

    def __init__(
        self, clock: Clock, work_of: Callable[[Visit], Work], left: Callable[[Unit], None]
    ) -> None:
        self.clock, self._work_of, self._left = clock, work_of, left
        self.units: Units
        self.waits = {f"{unit.name.lower()}_{why}": 0.0 for unit in Unit for why in _CAUSES}
        self.released = 0
        self.log: list[tuple[Visit, float, float]] = []
        self._queued: dict[Unit, deque[Visit]] = {unit: deque() for unit in Unit}
        self._there: dict[Unit, Visit | None] = dict.fromkeys(Unit)
        self._blocked = dict.fromkeys(Unit, ("unit_wait", 0.0))  # why, and since when
        self._begun: dict[Unit, deque[tuple[Visit, float]]] = {unit: deque() for unit in Unit}
        self._tokens = {(a, b): 0 for a in Unit for b in Unit}
        self._copying = False
        self._turn, self._turned = 0, 0.0  # whose turn it was, and when

    def release(self, visit: Visit) -> None:
        """Queue a command."""
        self.released += 1

        def queued() -> None:
            self._queued[UNITS[visit.opcode]].append(visit)
            self._copy()

        self.clock.at(self.clock.now + 1, queued)

    def _waiting(self, unit: Unit) -> bool:
        return bool(self._queued[unit]) and self._there[unit] is None

    def _copy(self) -> None:
        """Copy the command of the first unit from the present turn on that waits for it."""
        if self._copying:
            return
        turn = self._turn + int(self.clock.now - self._turned)
        for delay in range(4):
            unit = Unit((turn + delay) % 4)
            if self._waiting(unit):
                break
        else:
            return
        self._copying = True
        end = self.clock.now + delay + 1 + _COPY
        self._turn = unit.value

        def copied() -> None:
            self._copying, self._turned = False, self.clock.now
            self._there[unit] = self._queued[unit].popleft()
            self._blocked[unit] = "unit_wait", self.clock.now
            self.begin(unit)
            self._copy()

        self.clock.at(end, copied)

    def begin(self, unit: Unit) -> None:
        """Begin the command at the front, if it may."""
        visit = self._there[unit]
        if visit is None:
            return
        wait = [other for other in Unit if visit.fields["wait"] >> other & 1]
        ready = len(self._begun[unit]) < _RUNNING and self.units.takes(unit)
        lacking = not all(self._tokens[other, unit] for other in wait)
        cause, since = self._blocked[unit]
        self.waits[f"{unit.name.lower()}_{cause}"] += self.clock.now - since
        self._blocked[unit] = "token_wait" if lacking else "unit_wait", self.clock.now
        if lacking or not ready:
            return
        for other in wait:
            self._tokens[other, unit] -= 1
        self._there[unit] = None
        self._begun[unit].append((visit, self.clock.now))
        self.units.take(self._work_of(visit))
        self.clock.at(self.clock.now + 1, self._copy)

    def finished(self, unit: Unit) -> None:
        """Hand out the tokens of a unit's oldest command."""
        visit, begun = self._begun[unit].popleft()
        self.log.append((visit, begun, self.clock.now))

        def known() -> None:
            for other in Unit:
                if visit.fields["signal"] >> other & 1:
                    self._tokens[unit, other] += 1
            for other in Unit:
                self.begin(other)

        def left() -> None:
            self.released -= 1
            self._left(unit)

        self.clock.at(self.clock.now + 1, known)
        self.clock.at(self.clock.now + _KNOWN, left)
