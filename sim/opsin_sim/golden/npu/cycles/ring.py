# SPDX-License-Identifier: MIT
"""Descriptors on their way from memory."""

from collections.abc import Callable

from .clock import Clock

__all__ = ["Ring"]

_RING = 16  # descriptors kept or on their way
_SEEN = 1  # cycles from HALT to the last request
_ASK = 3  # cycles from one's request to the next


class Ring:
    """Ask for descriptors ahead, until HALT comes or there are no more.

    ``fetch`` reads the next one and calls back with its first and its last word; ``halts`` tells
    whether one is HALT, ``positions`` how many there are. ``come`` is called when one has come.
    """

    def __init__(
        self,
        clock: Clock,
        fetch: Callable[[Callable[[], None], Callable[[], None]], None],
        halts: Callable[[int], bool],
        positions: int,
        come: Callable[[int], None],
    ) -> None:
        self.clock = clock
        self._fetch, self._halts, self._positions, self._come = fetch, halts, positions, come
        self.asked = self.arrived = 0
        self._kept = 0
        self._asking = self._halted = False

    def keep(self, position: int) -> None:
        """Let those in front of ``position`` go."""
        self._kept = position
        self.ask()

    def stop(self) -> None:
        """Ask for no more."""
        self._halted = True

    def ask(self) -> None:
        """Ask for the next one, if there is room for it."""
        more = self.asked < self._positions and self.asked - self._kept < _RING
        if not more or self._halted or self._asking:
            return
        self._asking = True
        self.asked += 1
        self._fetch(self._first, self._arrive)

        def again() -> None:
            self._asking = False
            self.ask()

        self.clock.at(self.clock.now + _ASK, again)

    def _first(self) -> None:
        if self._halts(self.arrived):
            self.clock.at(self.clock.now + _SEEN, self.stop)

    def _arrive(self) -> None:
        self.arrived += 1
        self._come(self.arrived - 1)
