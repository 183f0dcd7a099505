# SPDX-License-Identifier: MIT
"""When the array may begin a command: tiles and sums of the one before are in the way."""

from math import inf

from .works import Work

__all__ = ["Array"]

_PAUSE = 3  # before it adds to other rows
_READY = 2  # from the last weights' request until words of another plane may come


class Array:
    """What the array's last command leaves behind."""

    def __init__(self) -> None:
        self._work: Work | None = None
        self._begun = -inf
        self._swapped = -inf  # to its last tile
        self._read = -inf  # the last of its words
        self._ended = -inf

    def least(self, work: Work) -> float:
        """Return when ``work`` may begin."""
        weights, last = self._swapped + work.weight_rows, self._work
        others = work.slide or last is None or work.base != last.base
        apart = max(weights, self._ended + (_PAUSE if work.adds and others else 0))
        before = last.slide if last else None
        if not (before and work.slide) or work.adds or before.line != work.slide.line:
            return apart
        return min(max(weights + _READY, self._read, self._begun + before.lead), apart)

    def begin(self, work: Work, now: float) -> None:
        """Begin it, while sums of the one before may still be made."""
        self._begun, self._swapped = now, max(now, self._ended)
        self._work = work

    def end(self, work: Work, now: float) -> float:
        """End the reading of it; return when its sums end."""
        if not work.slide:
            self._swapped = now - work.vectors
        self._read = now
        self._ended = now + (work.slide.behind if work.slide else 0)
        return self._ended
