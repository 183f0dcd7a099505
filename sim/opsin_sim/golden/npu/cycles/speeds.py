# SPDX-License-Identifier: MIT
"""How fast commands flow that want the same banks and the same memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..codes import Unit
from .hardware import Hardware
from .works import Shares, Work

__all__ = ["Speeds", "speeds"]

_UNANSWERED = 64  # bursts of a store
_ANSWER = 5  # cycles more than memory's latency until one is answered


@dataclass
class Speeds:
    """Of each unit, a part of its full speed; ``lost`` tells why not all of it.

    ``fetch`` are a descriptor's words per cycle.
    """

    units: dict[Unit, float]
    fetch: float = 0.0
    lost: dict[str, float] = field(default_factory=dict)

    def slow(self, unit: Unit, speed: float, cause: str) -> None:
        """Let a unit be no faster than ``speed``."""
        lost = self.units[unit] - speed
        if lost > 0:
            self.units[unit] = speed
            self.lost[f"{unit.name.lower()}_{cause}"] = lost


def _slowed(wanted: Shares, taken: Shares) -> float:
    """Return the speed of accesses in order to banks that are taken in a part of the cycles."""
    needed = float((wanted / np.maximum(1 - taken, 1e-3)).sum())
    return 1 / max(needed, 1)


def _share(capacity: float, first: float, second: float) -> tuple[float, float]:
    """Divide ``capacity`` evenly; what one does not need is the other's."""
    if first + second <= capacity:
        return first, second
    half = capacity / 2
    if first <= half:
        return first, capacity - first
    if second <= half:
        return capacity - second, second
    return half, half


def _local(made: Speeds, works: Mapping[Unit, Work], banks: int) -> None:
    """Slow what wants banks that others have, which go first."""
    reads, writes, sums = np.zeros(banks), np.zeros(banks), np.zeros(2)
    if array := works.get(Unit.ARRAY):
        reads, sums = array.reads, array.sums
    if vector := works.get(Unit.VECTOR):
        made.slow(Unit.VECTOR, _slowed(vector.reads, reads), "read_wait")
        made.slow(Unit.VECTOR, _slowed(vector.sums, sums), "sums_wait")
        speed = made.units[Unit.VECTOR]
        reads, writes = reads + vector.reads * speed, vector.writes * speed
    if store := works.get(Unit.STORE):
        made.slow(Unit.STORE, _slowed(store.reads, reads), "local_wait")
    if load := works.get(Unit.LOAD):
        made.slow(Unit.LOAD, _slowed(load.writes, writes), "local_wait")


def speeds(
    works: Mapping[Unit, Work], hardware: Hardware, *, fetching: bool, blocked: bool
) -> Speeds:
    """Return the speeds of commands side by side.

    ``fetching``: a descriptor's words come; ``blocked``: words of loads only come behind it.
    """
    made = Speeds(dict.fromkeys(works, 1.0))
    _local(made, works, hardware.banks)
    rates = {unit: work.memory / work.cycles for unit, work in works.items()}
    load, store = rates.get(Unit.LOAD, 0.0), rates.get(Unit.STORE, 0.0)
    if store:
        work = works[Unit.STORE]
        answered = _UNANSWERED / (hardware.latency + _ANSWER)
        made.slow(Unit.STORE, answered * work.cycles / work.bursts, "answer_wait")
    if load and blocked:
        made.slow(Unit.LOAD, 0.0, "word_wait")
    wanted = 1.0 if fetching else load * made.units.get(Unit.LOAD, 0.0)
    writes = store * made.units.get(Unit.STORE, 0.0)
    read, written = _share(hardware.words_per_cycle, wanted, writes)
    made.fetch = read if fetching else 0.0
    if load and not fetching:
        made.slow(Unit.LOAD, read / load, "word_wait")
    if store:
        made.slow(Unit.STORE, written / store, "word_wait")
    return made
