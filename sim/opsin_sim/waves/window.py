# SPDX-License-Identifier: MIT
"""Which stretch of time to show."""

from collections.abc import Iterable

from .clock import Clock, Window, parse_cycles, parse_time
from .errors import WaveError
from .reader import Wave
from .streams import Activity, Stream, activity

__all__ = ["DEFAULT_CYCLES", "find_window"]

DEFAULT_CYCLES = 28
_LEAD = 2  # cycles shown before the first beat
_SEARCH = 4096  # cycles in which a first beat is looked for


def find_window(
    wave: Wave,
    clock: Clock | None,
    streams: Iterable[Stream] = (),
    *,
    start: str | None = None,
    end: str | None = None,
    cycles: str | None = None,
) -> Window:
    """Window from ``start`` to ``end``, or of ``cycles``, or of the first beats of ``streams``.

    Raises
    ------
    WaveError
        If a bound cannot be read, or there is nothing between them, or both kinds are given.
    """
    if cycles is not None and (start is not None or end is not None):
        raise WaveError("a window is given by --cycles or by --start and --end, not by both")
    if cycles is not None:
        return _of_cycles(wave, clock, cycles)
    if start is None and end is None:
        return _default(wave, clock, streams)
    begin = parse_time(start, wave.tick) if start is not None else 0
    stop = parse_time(end, wave.tick) if end is not None else wave.end
    if begin >= stop or begin >= wave.end:
        raise WaveError(
            f"nothing to show from {wave.time(begin)} to {wave.time(stop)}: "
            f"{wave.path} spans 0 to {wave.time(wave.end)}"
        )
    return Window(begin, min(stop, wave.end))


def _of_cycles(wave: Wave, clock: Clock | None, text: str) -> Window:
    first, stop = parse_cycles(text)
    if clock is None:
        raise WaveError(f"{wave.path}: no clock to count cycles of; give --start and --end")
    if first is None:
        first = 0
    if first >= len(clock.edges):
        count = len(clock.edges)
        raise WaveError(f"nothing to show from cycle {first} on: {wave.path} has {count} cycles")
    return clock.window(first, first + DEFAULT_CYCLES if stop is None else stop)


def _default(wave: Wave, clock: Clock | None, streams: Iterable[Stream]) -> Window:
    """Everything if it is short, else a few cycles from shortly before the first beat."""
    if wave.end == 0:
        raise WaveError(f"{wave.path}: nothing changes, so there is nothing to show")
    if clock is None:
        return Window(0, wave.end)
    if len(clock.edges) <= DEFAULT_CYCLES + DEFAULT_CYCLES // 2:
        return clock.window(0, len(clock.edges))
    search = clock.window(0, _SEARCH)
    beats = (
        next((c for c, what in activity(wave, clock, s, search) if what is Activity.BEAT), None)
        for s in streams
    )
    first = min((beat for beat in beats if beat is not None), default=0)
    first = max(0, min(first - _LEAD, len(clock.edges) - DEFAULT_CYCLES))
    return clock.window(first, first + DEFAULT_CYCLES)
