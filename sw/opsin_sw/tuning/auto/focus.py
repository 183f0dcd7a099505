# SPDX-License-Identifier: MIT
"""Focus: search the position of the lens where the picture is sharpest."""

from __future__ import annotations

import numpy as np

__all__ = ["FocusSearch"]


class FocusSearch:
    """Hill climb with coarse, then fine steps, from a number for sharpness per position.

    From where the lens stands it goes in coarse steps, in the direction in which sharpness rises,
    until ``patience`` positions in a row are below the best by more than ``drop``, or the end of
    the range is reached. If nothing rose before the end, it goes on from the start to the other
    end. Then fine steps go through the neighbourhood of the best coarse position, all in one
    direction, and the vertex of a parabola through the sharpest of all, in logarithms, is the
    result. Each position is measured ``samples`` times and the median taken, against noise.

    Use: set the lens to :attr:`position`, measure a frame that was exposed there from its first to
    its last line, call :meth:`update`, until :attr:`done`.

    Parameters
    ----------
    low, high : float
        Range of the lens.
    coarse, fine : float
        Steps. The coarse one should be no wider than the peak's half width.
    start : float or None
        Where the lens stands; default the middle.
    samples : int
        Measurements per position.
    drop : float
        Relative loss of sharpness that shows that a peak was passed; several times the noise.
    patience : int
        Positions in a row that must show it.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    def __init__(
        self,
        *,
        low: float,
        high: float,
        coarse: float,
        fine: float,
        start: float | None = None,
        samples: int = 1,
        drop: float = 0.15,
        patience: int = 2,
    ) -> None:
        if not low < high:
            raise ValueError(f"range must be rising, not {low!r}..{high!r}")
        if not 0 < fine < coarse <= high - low:
            steps = f"0 < fine < coarse <= {high - low:g}"
            raise ValueError(f"steps must be {steps}, not {fine!r} and {coarse!r}")
        if samples < 1 or patience < 1:
            raise ValueError(f"samples and patience must be from 1, not {samples!r}, {patience!r}")
        if not 0 < drop < 1:
            raise ValueError(f"drop must be in 0..1, not {drop!r}")
        self.low, self.high, self.coarse, self.fine = low, high, coarse, fine
        self.samples, self.drop, self.patience = samples, drop, patience
        self.position = min(max((low + high) / 2 if start is None else start, low), high)
        self.done = False
        self.frames = 0
        self._start = self.position
        self._seen: list[float] = []
        self._found: list[tuple[float, float]] = []  # position, sharpness
        self._direction = 1 if self.position < high else -1
        self._turned = False
        self._queue: list[float] = []  # fine positions still to be measured
        self._fine = False

    def update(self, sharpness: float) -> float:
        """Take the sharpness at :attr:`position`; return where to set the lens."""
        if self.done:
            return self.position
        self.frames += 1
        self._seen.append(sharpness)
        if len(self._seen) < self.samples:
            return self.position
        self._found.append((self.position, float(np.median(self._seen))))
        self._seen = []
        if self._fine:
            self._next_fine()
        else:
            self._next_coarse()
        return self.position

    def _next_coarse(self) -> None:
        ahead = self.position + self._direction * self.coarse
        at_end = not self.low <= ahead <= self.high
        best_at, best = max(self._found, key=lambda point: point[1])
        recent = self._found[-self.patience :]
        passed = len(self._found) > self.patience and all(
            value < best * (1 - self.drop) for _, value in recent
        )
        if not (at_end or passed):
            self.position = ahead
            return
        # the best is where the search began: the peak may lie behind
        behind = self._start - self._direction * self.coarse
        lies_behind = best_at == self._start or not passed
        if not self._turned and lies_behind and self.low <= behind <= self.high:
            self._turned = True
            self._direction = -self._direction
            self._found.sort(key=lambda point: self._direction * point[0])
            self.position = behind
            return
        first = max(best_at - self.coarse, self.low)
        last = min(best_at + self.coarse, self.high)
        count = max(int(np.ceil((last - first) / self.fine)), 2)
        self._queue = np.linspace(first, last, count + 1).tolist()
        self._fine = True
        self.position = self._queue.pop(0)

    def _next_fine(self) -> None:
        if self._queue:
            self.position = self._queue.pop(0)
            return
        self.position = self._vertex()
        self.done = True

    def _vertex(self) -> float:
        place, value = np.array(self._found).T
        top = int(value.argmax())
        if value[top] <= 0:
            return float(place[top])
        # points above 60 % of the rise, at least five: noise averages out
        floor = value.min() + 0.6 * (value[top] - value.min())
        near = np.argsort(np.abs(place - place[top]))
        use = value >= floor
        use[near[:5]] = True
        offset = place[use] - place[top]
        curve, slope, _ = np.polyfit(offset, np.log(np.maximum(value[use], 1e-12)), 2)
        if curve >= 0:
            return float(place[top])
        vertex = place[top] - slope / (2 * curve)
        return float(np.clip(vertex, place.min(), place.max()))
