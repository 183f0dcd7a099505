# SPDX-License-Identifier: MIT
"""Tokens for descriptors in a row, at random places and no fewer than they need."""

from dataclasses import dataclass

import numpy as np

from ..golden.npu import UNITS, Opcode, Space, Unit
from ..golden.npu.touched import Places

__all__ = ["Ordering", "Touched"]

Touched = dict[Space, Places]


@dataclass
class _Placed:
    unit: Unit
    index: int
    fields: dict[str, int]
    reads: Touched
    writes: Touched
    known: list[int]
    finished: list[int]


def _meet(one: Touched, other: Touched) -> bool:
    return any(
        np.intersect1d(places, other[space], assume_unique=True).size
        for space, places in one.items()
        if space in other
    )


class Ordering:
    """Takes descriptors in program order, and gives them ``wait`` and ``signal``.

    Only descriptors since the last fence get tokens to give, so that those of a loop's body, of
    which the first has a fence, get them within one round.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._recent: list[_Placed] = []  # since the last fence
        self._last: dict[Unit, _Placed] = {}
        self._count = [0] * 4
        self._floor = [0] * 4
        self._given: dict[tuple[Unit, Unit], int] = {}  # one more than the last one's index

    def place(self, opcode: Opcode, f: dict[str, int], reads: Touched, writes: Touched) -> None:
        """Add the next descriptor, ``f``, which is changed."""
        unit = UNITS[opcode]
        needs = [0] * 4
        if f.get("fence"):
            self._floor = list(self._count)
            self._recent = []
        for other in self._recent:
            behind = _meet(other.writes, reads)
            if other.unit is not unit:
                behind |= _meet(other.reads, writes) or _meet(other.writes, writes)
            if behind and (other.unit is not unit or unit is Unit.VECTOR):
                needs[other.unit] = other.index + 1
        known = list(self._floor)
        if unit in self._last:
            known = list(np.maximum(known, self._last[unit].known))
        for giver in self._rng.permutation(4):
            self._wait(Unit(giver), unit, needs[giver], f, known)
        index = self._count[unit]
        finished = list(known)
        if unit in self._last:
            finished = list(np.maximum(finished, self._last[unit].finished))
        finished[unit] = index + 1
        self._count[unit] += 1
        self._last[unit] = _Placed(unit, index, f, reads, writes, known, finished)
        if f.get("fence"):
            self._floor = list(self._count)
        else:
            self._recent.append(self._last[unit])

    def _wait(
        self, giver: Unit, taker: Unit, need: int, f: dict[str, int], known: list[int]
    ) -> None:
        """Let ``f`` wait for that of ``giver`` with index ``need`` - 1, or for a later one.

        If it must, and now and then if it need not.
        """
        must = need > known[giver]
        if not must and self._rng.random() > 0.15:
            return
        first = max(need, known[giver] + 1, self._given.get((giver, taker), 0) + 1)
        fit = [p for p in self._recent if p.unit is giver and p.index + 1 >= first]
        if not fit:
            return
        chosen = fit[0] if self._rng.random() < 0.6 else fit[self._rng.integers(len(fit))]
        chosen.fields["signal"] = chosen.fields.get("signal", 0) | 1 << taker
        f["wait"] = f.get("wait", 0) | 1 << giver
        self._given[giver, taker] = chosen.index + 1
        known[:] = list(np.maximum(known, chosen.finished))

    def give_more(self) -> None:
        """Let some of the last descriptors give tokens that nobody takes; nothing may follow."""
        for placed in self._recent:
            for taker in Unit:
                if placed.index >= self._given.get((placed.unit, taker), 0):
                    placed.fields["signal"] = placed.fields.get("signal", 0) | (
                        int(self._rng.random() < 0.2) << taker
                    )
