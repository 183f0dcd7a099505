# SPDX-License-Identifier: MIT
"""Which descriptors have finished when another begins, by tokens and fences alone."""

from collections import deque

from .codes import Unit

__all__ = ["Clock", "Clocks"]

Clock = tuple[int, int, int, int]
"""How many of its descriptors each unit has finished, at least."""

_ZERO: Clock = (0, 0, 0, 0)


def _latest(one: Clock, other: Clock) -> Clock:
    return (
        max(one[0], other[0]),
        max(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


class Clocks:
    """Vector clocks of a job; descriptors have to be named in an order that may be.

    A unit begins its descriptors in order, and finishes them in order.
    """

    def __init__(self) -> None:
        self._begun = [_ZERO] * 4
        self._finished = [_ZERO] * 4
        self._floor = _ZERO
        self._carried: dict[tuple[int, int], deque[Clock]] = {
            (giver, taker): deque() for giver in Unit for taker in Unit
        }

    def begin(self, unit: Unit, wait: int, *, fence: bool) -> Clock:
        """Let a descriptor begin: what has finished by then."""
        clock = _latest(self._begun[unit], self._floor)
        for giver in Unit:
            if wait >> giver & 1:
                clock = _latest(clock, self._carried[giver, unit].popleft())
            if fence:
                clock = _latest(clock, self._finished[giver])
        self._begun[unit] = clock
        return clock

    def finish(self, unit: Unit, index: int, signal: int, *, fence: bool) -> None:
        """Let the descriptor that has just begun, the unit's ``index``-th, finish."""
        clock = list(_latest(self._begun[unit], self._finished[unit]))
        clock[unit] = index + 1
        self._finished[unit] = (clock[0], clock[1], clock[2], clock[3])
        for taker in Unit:
            if signal >> taker & 1:
                self._carried[unit, taker].append(self._finished[unit])
        if fence:
            self._floor = self._finished[unit]
