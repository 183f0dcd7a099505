# SPDX-License-Identifier: MIT
"""Clock cycles: which there are, and windows of them."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from .errors import WaveError
from .reader import Wave
from .signals import Signal

__all__ = ["Clock", "Window", "is_clock", "is_reset", "parse_cycles", "parse_time"]

_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12, "fs": 1e-15}


def is_clock(signal: Signal) -> bool:
    """Whether ``signal`` is called like a clock."""
    return signal.width == 1 and re.fullmatch(r"clk|clock|.*_clk|clk_.*", signal.name) is not None


def is_reset(signal: Signal) -> bool:
    """Whether ``signal`` is called like a reset."""
    return signal.width == 1 and re.fullmatch(r"rst|reset|.*_rst|rst_.*", signal.name) is not None


@dataclass(frozen=True)
class Window:
    """From ``start`` up to ``stop``, in ticks of the file."""

    start: int
    stop: int


class Clock:
    """Cycles of a clock: cycle ``n`` is what the clock's rising edge number ``n`` samples.

    So cycle 0 ends with the first edge of the file and cycle ``n`` begins with edge ``n - 1``;
    what a signal is worth in a cycle is its value just before the edge that ends it.
    """

    def __init__(self, wave: Wave, signal: Signal) -> None:
        self.signal = signal
        changes = wave.changes(signal)
        self.edges = [time for time, value in changes[1:] if value == 1]
        if not self.edges:
            raise WaveError(f"{wave.path}: the clock {signal.path} never rises")
        self.period = min(
            (b - a for a, b in zip(self.edges, self.edges[1:], strict=False)), default=0
        )

    @classmethod
    def find(cls, wave: Wave, scope: tuple[str, ...]) -> "Clock | None":
        """Clock of ``scope``: its own, or its parent's, or the first of the file."""
        clocks = [signal for signal in wave.signals if is_clock(signal)]
        around = [c for c in clocks if scope[: len(c.scope)] == c.scope]
        nearest = max(around, key=lambda c: (len(c.scope), c.name == "clk"), default=None)
        chosen = nearest or next(iter(clocks), None)
        if chosen is None or len(wave.changes(chosen)) < 2:
            return None
        return cls(wave, chosen)

    def cycle(self, time: int) -> int:
        """Cycle that ``time`` lies in."""
        return bisect_right(self.edges, time)

    def window(self, first: int, stop: int) -> Window:
        """Cycles ``first`` up to, not including, ``stop``."""
        last = len(self.edges)
        begin = 0 if first <= 0 else self.edges[min(first, last) - 1]
        return Window(begin, self.edges[min(max(stop, 1), last) - 1])

    def within(self, window: Window) -> range:
        """Cycles that end in ``window``."""
        return range(bisect_right(self.edges, window.start), bisect_right(self.edges, window.stop))

    def span(self, cycle: int, window: Window) -> tuple[int, int]:
        """Begin and end of ``cycle``, cut to ``window``."""
        begin = self.edges[cycle - 1] if cycle else window.start
        return max(begin, window.start), min(self.edges[cycle], window.stop)


def parse_cycles(text: str) -> tuple[int | None, int | None]:
    """``A:B``, ``A:`` or ``:B``."""
    match = re.fullmatch(r"(\d*):(\d*)", text.strip())
    if match is None or text.strip() == ":":
        raise WaveError(f"cycles must be FIRST:STOP, as in 10:40, not {text!r}")
    first, stop = (int(part) if part else None for part in match.groups())
    if first is not None and stop is not None and first >= stop:
        raise WaveError(f"cycles must be FIRST:STOP with FIRST below STOP, not {text!r}")
    return first, stop


def parse_time(text: str, tick: float) -> int:
    """``120ns`` or ``1.5 us`` in ticks of ``tick`` seconds; a bare number is ticks already."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([munpf]?s)?", text.strip())
    if match is None:
        raise WaveError(f"a time must be a number with s, ms, us, ns, ps or fs, not {text!r}")
    number, unit = float(match[1]), match[2]
    return round(number * _UNITS[unit] / tick if unit else number)
