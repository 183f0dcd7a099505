# SPDX-License-Identifier: MIT
"""Random programs with loops, whose tokens keep the order that their results need."""

from collections.abc import Sequence
from copy import copy
from itertools import product

import numpy as np

from ..golden.npu import LOOPED, Opcode
from ..golden.npu.touched import read_late, reads, writes
from .draw import Draw
from .ordering import Ordering, Touched

__all__ = ["Bodies"]

_MARGIN = 20  # two levels, three further rounds, steps of 3 at most, and a bit
_STEPS = [f"step_{n}" for n in range(4)]

Rounds = list[tuple[int, list[int]]]  # count and steps of each level


class Bodies:
    """Builds ``program``: opcodes with their fields.

    The first descriptor of a loop's body and the first behind it have fences: between them each
    round is a program of its own, with tokens for all that it touches in any round.
    """

    def __init__(self, draw: Draw, opcodes: Sequence[Opcode]) -> None:
        self._draw, self._rng = draw, draw.rng
        self._inner = copy(draw)
        self._inner.margin = _MARGIN
        self._opcodes = opcodes
        self._ordering = Ordering(draw.rng)
        self._fence = False  # the next descriptor needs one
        self.program: list[tuple[Opcode, dict[str, int]]] = []

    def fill(self, number: int) -> None:
        """Add so many descriptors, or two more."""
        while len(self.program) < number:
            if number - len(self.program) > 2 and self._rng.random() < 0.12:
                self._loop(min(number - len(self.program) - 1, 8), [])
            else:
                self._add([])
        if not self._fence:
            self._ordering.give_more()

    def _loop(self, length: int, outer: Rounds) -> None:
        steps = [int(n) for n in self._rng.integers(-3, 4, 4)]
        count = int(self._rng.integers(1, 5))
        head: dict[str, int] = {"count": count} | dict(zip(_STEPS, steps, strict=True))
        self.program.append((Opcode.LOOP, head))
        first = len(self.program)
        rounds = [*outer, (count, steps)]
        length = int(self._rng.integers(1, length + 1))
        self._fence = True
        while (left := length - (len(self.program) - first)) > 0:
            if not outer and left > 1 and self._rng.random() < 0.3:
                self._loop(left - 1, rounds)
            else:
                self._add(rounds)
        head["length"] = len(self.program) - first
        self._fence = True

    def _add(self, rounds: Rounds) -> None:
        draw = self._inner if rounds else self._draw
        while True:
            opcode = self._opcodes[int(self._rng.integers(len(self._opcodes)))]
            f = draw.fields(opcode)
            for name in LOOPED[opcode]:
                for level in range(2):
                    if self._rng.random() < 0.6:
                        f[f"{name}_loop{level}"] = int(self._rng.integers(8))
            touched = self._touched(opcode, f, rounds)
            if touched:
                break
        self._draw.loaded = self._inner.loaded = draw.loaded
        if self._fence or self._rng.random() < 0.04:
            f["fence"] = 1
        self._fence = False
        self._ordering.place(opcode, f, *touched)
        self.program.append((opcode, f))

    def _touched(
        self, opcode: Opcode, f: dict[str, int], rounds: Rounds
    ) -> tuple[Touched, Touched] | None:
        """Return what it reads and writes in all rounds; None if not all of that is defined."""
        found: tuple[Touched, Touched] = {}, {}
        for numbers in product(*(range(count) for count, _ in rounds)):
            now = _Zero(f)
            for name in LOOPED[opcode]:
                for level, (n, (_, steps)) in enumerate(zip(numbers, rounds, strict=True)):
                    which = f.get(f"{name}_loop{level}", 0)
                    if 1 <= which <= 4:
                        now[name] += n * steps[which - 1]
            if read_late(opcode, now).size:
                return None
            config = self._draw.config
            read = reads(opcode, now, config.rows, config.scratchpad_words)
            written = writes(opcode, now, config.rows)
            for all_rounds, touched in zip(found, (read, written), strict=True):
                for space, places in touched.items():
                    before = all_rounds.get(space, places)
                    all_rounds[space] = np.union1d(before, places)
        return found


class _Zero(dict[str, int]):
    """Fields that are not given are zero."""

    def __missing__(self, name: str) -> int:
        return 0
