# SPDX-License-Identifier: MIT
"""Descriptors in the order of execution: loops carried out, their numbers added."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .codes import Error, Opcode
from .fields import FIELDS, LOOPED

__all__ = ["Fault", "Step", "follow"]

_DEPTH = 2
_LONGEST = 15
_NOTHING = range(0)


@dataclass(frozen=True)
class Step:
    """A descriptor to carry out: its place, counted from the entry, and its words."""

    position: int
    opcode: Opcode
    words: tuple[int, ...]


@dataclass(frozen=True)
class Fault:
    """The job ends at ``position``: at HALT if ``error`` is NONE."""

    position: int
    error: Error


@dataclass
class _Loop:
    first: int
    last: int
    rounds: int  # still to be begun
    steps: tuple[int, ...]
    numbers: list[int] = field(default_factory=lambda: [0] * 4)


def _varied(opcode: Opcode, words: list[int], loops: list[_Loop]) -> tuple[int, ...]:
    for n, name in enumerate(LOOPED[opcode]):
        word = FIELDS[opcode][name].word
        for level, loop in enumerate(loops):
            which = words[15] >> (6 * n + 3 * level) & 7
            if 1 <= which <= 4:
                words[word] = (words[word] + loop.numbers[which - 1]) % 2**32
    return tuple(words)


def _bad_loop(position: int, length: int, loops: list[_Loop]) -> bool:
    return (
        not 1 <= length <= _LONGEST
        or len(loops) == _DEPTH
        or any(position + length > loop.last for loop in loops)
    )


def _advance(position: int, loops: list[_Loop]) -> int:
    """Return what follows the descriptor at ``position``; leave the loops that end there."""
    while loops and loops[-1].last == position:
        loop = loops[-1]
        if loop.rounds:
            loop.rounds -= 1
            loop.numbers = [a + b for a, b in zip(loop.numbers, loop.steps, strict=True)]
            return loop.first
        loops.pop()
    return position + 1


def follow(
    memory: NDArray[np.uint8],
    entry: int,
    *,
    begin: int = 0,
    end: int | None = None,
    base: int = 0,
    refused: range = _NOTHING,
    check: Callable[[Opcode, tuple[int, ...]], Error] = lambda opcode, words: Error.NONE,
) -> Iterator[Step | Fault]:
    """Yield what a job carries out, and in the end the fault (or HALT) that ends it.

    Parameters
    ----------
    memory : array of uint8
        What is at address ``base`` and behind.
    entry : int
        Address of the first descriptor.
    begin, end : int
        The job's memory, ``end`` not included; None: the end of ``memory``.
    refused : range
        Addresses that memory does not let be read, without a step.
    check : function
        Of a descriptor's opcode and words, loops' numbers added: the fault in it.
    """
    if entry % 64:
        yield Fault(0, Error.ALIGNMENT)
        return
    end = base + len(memory) if end is None else end
    position = 0
    loops: list[_Loop] = []
    while True:
        address = entry + 64 * position
        if address < begin or address + 64 > end:
            yield Fault(position, Error.MEMORY)
            return
        if address < refused.stop and refused.start < address + 64:
            yield Fault(position, Error.READ)
            return
        words = [int(w) for w in memory[address - base :][:64].view("<u4")]
        if words[0] & 0xFF not in list(Opcode):
            yield Fault(position, Error.OPCODE)
            return
        opcode = Opcode(words[0] & 0xFF)
        count, length = words[1] & 0xFFFF, words[1] >> 16
        wrong = opcode is Opcode.LOOP and _bad_loop(position, length, loops)
        if wrong or (opcode is Opcode.HALT and loops):
            yield Fault(position, Error.LOOP)
            return
        if opcode is Opcode.HALT:
            yield Fault(position, Error.NONE)
            return
        if opcode is Opcode.LOOP:
            if error := check(opcode, tuple(words)):
                yield Fault(position, error)
                return
            loops.append(_Loop(position + 1, position + length, count - 1, tuple(words[2:6])))
            position += 1
            continue
        varied = _varied(opcode, words, loops)
        if error := check(opcode, varied):
            yield Fault(position, error)
            return
        yield Step(position, opcode, varied)
        position = _advance(position, loops)
