# SPDX-License-Identifier: MIT
"""Events in the order of their times."""

import heapq
from collections.abc import Callable
from itertools import count

__all__ = ["Clock"]


class Clock:
    """``now`` is the time of the event that happens; ``at`` lets another happen."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()

    def at(self, time: float, event: Callable[[], None]) -> None:
        """Let ``event`` happen at ``time``, behind others of that time."""
        heapq.heappush(self._events, (max(time, self.now), next(self._number), event))

    def run(self) -> None:
        """Let all happen."""
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            event()
