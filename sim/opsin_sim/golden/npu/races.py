# SPDX-License-Identifier: MIT
"""Descriptors whose order matters and that no token orders."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .clocks import Clock
from .codes import UNITS, Opcode, Unit
from .touched import Places, Space, read_late, reads, writes

__all__ = ["Race", "Races"]


@dataclass(frozen=True)
class Race:
    """What a descriptor touches before another one has left it alone.

    ``first`` and ``second`` are positions in the program, the numbers count descriptors in the
    order of the job, loops carried out. ``kind`` tells what the second does, and then what the
    first did: RAW (read after write), WAR, WAW; ``unwritten`` if none has written what the second
    reads from local memory; ``program`` if the first stores over the program.
    """

    kind: str
    space: Space
    first: int
    second: int
    first_number: int
    second_number: int
    places: Places = field(compare=False)

    def __str__(self) -> str:
        low, high, count = self.places.min(), self.places.max(), self.places.size
        return (
            f"{self.kind} between descriptors {self.first} and {self.second} "
            f"(numbers {self.first_number} and {self.second_number}): {self.space.value} "
            f"{low}..{high}, {count} places"
        )


@dataclass(frozen=True)
class _Past:
    number: int
    position: int
    unit: Unit
    index: int  # among those of its unit


class Races:
    """Who wrote each place last, and which descriptor of each unit read it last.

    Order within a unit is kept, but that the vector unit may read a word before its own descriptor
    in front has written it.

    Parameters
    ----------
    rows : int
        Bytes of a word.
    sizes : dict
        Places of each space.
    defined : dict
        Of local memories: which places earlier jobs have written; :meth:`end` adds to it.
    """

    def __init__(
        self, rows: int, sizes: dict[Space, int], defined: dict[Space, NDArray[np.bool]]
    ) -> None:
        self._rows = rows
        self._depth = sizes[Space.SCRATCHPAD]
        self._sizes = sizes
        self._defined = defined
        self._past: list[_Past] = []
        # 0: none; else one more than an index of _past
        self._last: dict[tuple[Space, Unit | None], NDArray[np.int32]] = {}
        self.found: list[Race] = []

    def _touchers(self, space: Space, reader: Unit | None) -> NDArray[np.int32]:
        key = space, reader
        if key not in self._last:
            self._last[key] = np.zeros(self._sizes[space], np.int32)
        return self._last[key]

    def _compare(
        self, kind: str, space: Space, places: Places, clock: Clock, reader: Unit | None
    ) -> None:
        """Find who of them touched ``places`` last, and is not known to have finished."""
        me = self._past[-1]
        own_too = kind == "RAW" and me.unit is Unit.VECTOR
        touchers = self._touchers(space, reader)[places]
        for n in np.unique(touchers):
            if n == 0:
                continue
            other = self._past[n - 1]
            if other.index < clock[other.unit] or (other.unit is me.unit and not own_too):
                continue
            self._tell(kind, space, other, places[touchers == n])

    def _tell(self, kind: str, space: Space, other: _Past, places: Places) -> None:
        me = self._past[-1]
        self.found.append(
            Race(kind, space, other.position, me.position, other.number, me.number, places)
        )

    def begin(
        self,
        opcode: Opcode,
        f: dict[str, int],
        clock: Clock,
        *,
        number: int,
        position: int,
        index: int,
    ) -> None:
        """Look at the next descriptor, the ``index``-th of its unit, before which ``clock`` is."""
        unit = UNITS[opcode]
        me = _Past(number, position, unit, index)
        self._past.append(me)
        own = len(self._past)
        for space, places in reads(opcode, f, self._rows, self._depth).items():
            self._compare("RAW", space, places, clock, None)
            if space in self._defined:
                never = ~self._defined[space][places]
                unwritten = places[never & (self._touchers(space, None)[places] == 0)]
                if unwritten.size:
                    self._tell("unwritten", space, me, unwritten)
            self._touchers(space, unit)[places] = own
        late = read_late(opcode, f)
        if late.size:
            self._tell("RAW", Space.SCRATCHPAD, me, late)
        for space, places in writes(opcode, f, self._rows).items():
            self._compare("WAW", space, places, clock, None)
            for reader in Unit:
                if (space, reader) in self._last:
                    self._compare("WAR", space, places, clock, reader)
            self._touchers(space, None)[places] = own

    def end(self, begin: int, end: int, position: int) -> None:
        """Look for stores over the program at addresses ``begin`` … ``end - 1``.

        It ended at ``position``.
        """
        for space, defined in self._defined.items():
            defined |= self._touchers(space, None) != 0
        writers = self._touchers(Space.MEMORY, None)[begin:end]
        for n in np.unique(writers):
            if n:
                other = self._past[n - 1]
                places = begin + np.flatnonzero(writers == n)
                kind, space = "program", Space.MEMORY
                numbers = other.number, len(self._past)
                self.found.append(
                    Race(kind, space, other.position, position, *numbers, places=places)
                )
