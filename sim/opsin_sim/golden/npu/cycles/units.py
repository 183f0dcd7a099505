# SPDX-License-Identifier: MIT
"""Units at work: each a flow of what it reads and writes, as fast as memories allow."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from ..codes import Unit
from .clock import Clock
from .delays import delays
from .hardware import Hardware
from .memory import Memory, share
from .works import Shares, Work

__all__ = ["Units"]

_LITTLE = 1e-6
_UNANSWERED = 64  # bursts of a store
_ANSWER = 4  # cycles more than memory's latency until one is answered
_HELD = 4  # commands of a unit
_PAUSE = 3  # of the array, before it adds to other rows


@dataclass
class _Flow:
    """A command that was taken; it flows from ``begin`` on, ``left`` cycles at full speed."""

    work: Work
    begin: float
    left: float


def _slowed(wanted: Shares, taken: Shares) -> float:
    """Return the speed of accesses in order to banks that are taken in a part of the cycles."""
    needed = float((wanted / np.maximum(1 - taken, 1e-3)).sum())
    return 1 / max(needed, 1)


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
        self._speeds: dict[Unit, float] = {}
        self._fetch_rate = 0.0
        self._last = 0.0
        self._version = 0
        # Of the array's last command: its last tile, its end, where its sums began
        self._swapped, self._ended, self._base = -inf, -inf, -1

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

    def fetch(self, done: Callable[[], None]) -> None:
        """Read a descriptor."""
        self._advance()
        self.memory.fetch(self.clock.now, done)
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
                done = self._speeds[unit] * passed
                flow.left -= done
                self.busy[unit] += done
                if unit is Unit.LOAD:
                    self.memory.delivered += done * flow.work.memory / flow.work.cycles
            if self._fetch_rate:
                self.memory.advance_fetch(self._fetch_rate * passed)
        for unit in [u for u, flow in self._flows.items() if flow.left <= _LITTLE]:
            self._end(unit, self._flows.pop(unit).work)

    def _end(self, unit: Unit, work: Work) -> None:
        d = self._delays
        tails = {Unit.LOAD: d.load_tail, Unit.VECTOR: d.vector_tail, Unit.ARRAY: d.array_tail}
        tail = tails.get(unit, d.store_tail + self.memory.answer)
        if unit is Unit.ARRAY:
            self._swapped, self._ended = self.clock.now - work.vectors, self.clock.now
            self._base = work.base
        self.clock.at(ceil(self.clock.now - _LITTLE) + tail, lambda: self._finished(unit))
        self.clock.at(self.clock.now, lambda: self._free(unit))

    def _start(self) -> None:
        now = self.clock.now
        for unit, waiting in self._waiting.items():
            if unit in self._flows or not waiting:
                continue
            flow = waiting[0]
            if unit is Unit.ARRAY:
                others = flow.work.slides or flow.work.base != self._base
                pause = _PAUSE if flow.work.adds and others else 0
                least = max(self._swapped + flow.work.weight_rows, self._ended + pause)
                if flow.begin < least:
                    flow.begin = least
                    self.clock.at(least, self.update)
            if flow.begin <= now + _LITTLE:
                waiting.popleft()
                self._flows[unit] = flow

    def _set_speeds(self) -> None:
        flows, speeds = self._flows, dict.fromkeys(self._flows, 1.0)
        reads, writes, sums = np.zeros(self.hardware.banks), np.zeros(self.hardware.banks), None
        if array := flows.get(Unit.ARRAY):
            reads, sums = reads + array.work.reads, array.work.sums
        if vector := flows.get(Unit.VECTOR):
            speed = _slowed(vector.work.reads, reads)
            if sums is not None:
                speed = min(speed, _slowed(vector.work.sums, sums))
            speeds[Unit.VECTOR] = speed
            reads = reads + vector.work.reads * speed
            writes = writes + vector.work.writes * speed
        words = {Unit.LOAD: 0.0, Unit.STORE: 0.0}
        if store := flows.get(Unit.STORE):
            speed = _slowed(store.work.reads, reads)
            answered = _UNANSWERED / (self.memory.answer + _ANSWER)
            speed = min(speed, answered / (store.work.bursts / store.work.cycles))
            words[Unit.STORE] = speed * store.work.memory / store.work.cycles
            speeds[Unit.STORE] = speed
        coming, before = self.memory.reading(self.clock.now)
        if load := flows.get(Unit.LOAD):
            speed = _slowed(load.work.writes, writes)
            if load.work.memory and before <= _LITTLE:
                speed = 0.0
            words[Unit.LOAD] = speed * load.work.memory / load.work.cycles
            speeds[Unit.LOAD] = speed
        capacity = self.hardware.words_per_cycle
        wanted = 1.0 if coming else words[Unit.LOAD]
        granted, written = share(capacity, wanted, words[Unit.STORE])
        self._fetch_rate = granted if coming else 0.0
        if load and words[Unit.LOAD]:
            speeds[Unit.LOAD] *= granted / words[Unit.LOAD]
        if store:
            speeds[Unit.STORE] *= written / words[Unit.STORE]
        self._speeds = speeds

    def _next(self) -> float:
        """Return when the next flow ends, or the next descriptor comes."""
        now = self.clock.now
        times = [now + f.left / self._speeds[u] for u, f in self._flows.items() if self._speeds[u]]
        coming, before = self.memory.reading(now)
        if coming:
            times.append(now + self.memory.fetch_left() / self._fetch_rate)
        elif before > _LITTLE and (load := self._flows.get(Unit.LOAD)):
            rate = self._speeds[Unit.LOAD] * load.work.memory / load.work.cycles
            if rate:
                times.append(now + before / rate)
        return min(times, default=inf)
