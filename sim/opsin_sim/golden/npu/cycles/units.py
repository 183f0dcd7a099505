# SPDX-License-Identifier: MIT
"""Units at work: each a flow of what it reads and writes, as fast as memories allow."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf

from ..codes import Unit
from .array import Array
from .clock import Clock
from .delays import delays
from .hardware import Hardware
from .memory import Memory
from .speeds import Speeds, speeds
from .works import Work

__all__ = ["Units"]

_LITTLE = 1e-6
_HELD = 4  # commands of a unit


@dataclass
class _Flow:
    """A command that was taken; it flows from ``begin`` on, ``left`` cycles at full speed."""

    work: Work
    begin: float
    left: float


class Units:
    """The four units and memory.

    ``finished`` is called when a unit finishes a command, ``free`` when one may take another.
    """

    def __init__(
        self,
        hardware: Hardware,
        clock: Clock,
        finished: Callable[[Unit], None],
        free: Callable[[Unit], None],
    ) -> None:
        self.hardware, self.clock = hardware, clock
        self.memory = Memory(hardware)
        self.busy = dict.fromkeys(Unit, 0.0)
        self.waits: dict[str, float] = {}
        self._delays = delays(hardware)
        self._finished, self._free = finished, free
        self._waiting: dict[Unit, deque[_Flow]] = {unit: deque() for unit in Unit}
        self._flows: dict[Unit, _Flow] = {}
        self._speeds = Speeds({})
        self._last = 0.0
        self._version = 0
        self._array = Array()

    def takes(self, unit: Unit) -> bool:
        """Whether it may take a command."""
        held = len(self._waiting[unit]) + (unit in self._flows)
        return held < (_HELD if unit is not Unit.ARRAY else 3 if self.hardware.sliding else 2)

    def take(self, work: Work) -> None:
        """Begin a command, as soon as those before allow."""
        now, d = self.clock.now, self._delays
        begin = now + d.vector_lead + (d.parameters if work.sums.any() else 0)
        if work.unit is Unit.LOAD:
            begin = now + d.pad_lead
            if work.memory:
                asked = self.memory.ask(now + d.load_lead, work.memory, work.bursts)
                begin = asked + self.memory.answer
        elif work.unit is Unit.STORE:
            begin = now + d.store_lead
        elif work.unit is Unit.ARRAY:
            begin = now + d.array_lead + work.weight_rows
        self._waiting[work.unit].append(_Flow(work, begin, work.cycles))
        self.clock.at(begin, self.update)
        self.update()

    def fetch(self, first: Callable[[], None], done: Callable[[], None]) -> None:
        """Read a descriptor."""
        self._advance()
        self.memory.fetch(self.clock.now, first, done)
        self.clock.at(self.clock.now + self.memory.answer, self.update)
        self.update()

    def update(self) -> None:
        """Move everything on to the present, and find out how it goes on."""
        self._advance()
        self._start()
        self._set_speeds()
        self._version += 1
        version, next_time = self._version, self._next()
        if next_time < inf:
            self.clock.at(next_time, lambda: self.update() if version == self._version else None)

    def _advance(self) -> None:
        now = self.clock.now
        passed, self._last = now - self._last, now
        if passed > 0:
            for unit, flow in self._flows.items():
                done = self._speeds.units[unit] * passed
                flow.left -= done
                self.busy[unit] += done
                if unit is Unit.LOAD:
                    self.memory.delivered += done * flow.work.memory / flow.work.cycles
            for cause, lost in self._speeds.lost.items():
                self.waits[cause] = self.waits.get(cause, 0.0) + lost * passed
            if self._speeds.fetch:
                self.memory.advance_fetch(self._speeds.fetch * passed)
        for unit in [u for u, flow in self._flows.items() if flow.left <= _LITTLE]:
            self._end(unit, self._flows.pop(unit).work)

    def _end(self, unit: Unit, work: Work) -> None:
        d = self._delays
        tails = {Unit.LOAD: d.load_tail, Unit.VECTOR: d.vector_tail, Unit.ARRAY: d.array_tail}
        tail = tails.get(unit, d.store_tail + self.memory.answer)
        end = self._array.end(work, self.clock.now) if unit is Unit.ARRAY else self.clock.now
        self.clock.at(ceil(end - _LITTLE) + tail, lambda: self._finished(unit))
        self.clock.at(self.clock.now, lambda: self._free(unit))

    def _start(self) -> None:
        now = self.clock.now
        for unit, waiting in self._waiting.items():
            if unit in self._flows or not waiting:
                continue
            flow = waiting[0]
            if unit is Unit.ARRAY:
                least = self._array.least(flow.work)
                if flow.begin < least:
                    flow.begin = least
                    self.clock.at(least, self.update)
            if flow.begin <= now + _LITTLE:
                waiting.popleft()
                self._flows[unit] = flow
                if unit is Unit.ARRAY:
                    self._array.begin(flow.work, now)

    def _set_speeds(self) -> None:
        coming, before = self.memory.reading(self.clock.now)
        works = {unit: flow.work for unit, flow in self._flows.items()}
        self._speeds = speeds(works, self.hardware, fetching=coming, blocked=before <= _LITTLE)

    def _next(self) -> float:
        """Return when the next flow ends, or the next descriptor comes."""
        now = self.clock.now
        rates = self._speeds.units
        times = [now + flow.left / rates[u] for u, flow in self._flows.items() if rates[u]]
        coming, before = self.memory.reading(now)
        if coming:
            times.append(now + self.memory.fetch_left() / self._speeds.fetch)
        elif before > _LITTLE and (load := self._flows.get(Unit.LOAD)):
            rate = rates[Unit.LOAD] * load.work.memory / load.work.cycles
            if rate:
                times.append(now + before / rate)
        return min(times, default=inf)
