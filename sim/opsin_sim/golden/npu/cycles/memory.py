# SPDX-License-Identifier: MIT
"""Memory behind the core: its words are shared by what reads and what writes."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .hardware import Hardware

__all__ = ["Memory"]


@dataclass
class _Fetch:
    """Words of a descriptor, asked for at ``time`` behind ``behind`` words of loads.

    ``more`` are those behind the first one, with which ``first`` is called.
    """

    time: float
    behind: float
    left: float
    more: float
    first: Callable[[], None]
    done: Callable[[], None]


class Memory:
    """Reads in the order in which they were asked for.

    Words of loads are a flow: ``asked`` tells how many have been asked for at a time, and
    ``delivered`` how many have come.
    """

    def __init__(self, hardware: Hardware) -> None:
        self.hardware = hardware
        self.answer = hardware.latency + 1  # cycles from a request to its first word
        self.delivered = 0.0
        self.fetched = 0
        self._fetches: deque[_Fetch] = deque()
        self._asked: deque[tuple[float, float, int, int]] = deque()  # begin, end, before, words
        self._all = 0  # words of loads
        self.free_at = 0.0  # for asking

    def ask(self, time: float, words: int, bursts: int) -> float:
        """Ask for a load's words from ``time`` on; return when the first one is asked for."""
        begin = max(time, self.free_at)
        self.free_at = begin + bursts
        self._asked.append((begin, begin + bursts, self._all, words))
        self._all += words
        return begin

    def _asked_by(self, time: float) -> float:
        while len(self._asked) > 1 and self._asked[1][0] <= time:
            self._asked.popleft()
        if not self._asked:
            return 0
        begin, end, before, words = self._asked[0]
        part = (time - begin) / max(end - begin, 1)
        return before + words * min(max(part, 0), 1)

    def fetch(self, time: float, first: Callable[[], None], done: Callable[[], None]) -> None:
        """Ask for a descriptor; call with its first word, and with its last."""
        words = self.hardware.descriptor_words
        self.fetched += words
        self._fetches.append(_Fetch(time, self._asked_by(time), words, words - 1, first, done))

    def reading(self, now: float) -> tuple[bool, float]:
        """Return whether a descriptor's words come, and how many of loads come before one's."""
        if not self._fetches:
            return False, float("inf")
        fetch = self._fetches[0]
        before = fetch.behind - self.delivered
        return before <= 1e-6 and now >= fetch.time + self.answer - 1e-6, max(before, 0)

    def fetch_left(self) -> float:
        """Return the words that are left of it, or the first one."""
        fetch = self._fetches[0]
        return fetch.left - (fetch.more if fetch.left > fetch.more else 0)

    def advance_fetch(self, words: float) -> None:
        """Let so many of them come."""
        fetch = self._fetches[0]
        is_first = fetch.left > fetch.more + 1e-6
        fetch.left -= words
        if is_first and fetch.left <= fetch.more + 1e-6:
            fetch.left = fetch.more
            fetch.first()
        if fetch.left <= 1e-6:
            self._fetches.popleft()
            fetch.done()
