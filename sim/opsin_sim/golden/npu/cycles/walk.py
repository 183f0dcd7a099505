# SPDX-License-Identifier: MIT
"""The descriptors that the dispatcher reads, one after the other, LOOPs among them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..check import Sizes, check
from ..codes import Error, Opcode
from ..fields import decode
from ..program import Fault, follow

__all__ = ["Visit", "walk"]


@dataclass(frozen=True)
class Visit:
    """A descriptor is read; ``again`` as a further round begins with it.

    ``number`` counts those that are carried out; of a LOOP it is that of the next one. From
    ``kept`` on they may be read again. The last one is HALT, or has a fault.
    """

    number: int
    position: int
    opcode: Opcode
    fields: Mapping[str, int]
    again: bool
    kept: int


def walk(memory: NDArray[np.uint8], entry: int, sizes: Sizes) -> Iterator[Visit]:
    """Yield what is read of the job at ``entry``."""
    loops: list[dict[str, int]] = []  # since the last descriptor that was none

    def see(opcode: Opcode, words: tuple[int, ...]) -> Error:
        fields = decode(opcode, words)
        fault = check(opcode, fields, sizes)
        if opcode is Opcode.LOOP and not fault:
            loops.append(fields)
        return fault

    before = -1
    body: range | None = None  # of level 0
    for number, step in enumerate(follow(memory, entry, check=see)):
        at = step.position - len(loops)
        if isinstance(step, Fault):
            opcode, fields = Opcode.HALT, {}
        else:
            opcode, fields = step.opcode, decode(step.opcode, step.words)
        visits = [*((Opcode.LOOP, loop) for loop in loops), (opcode, fields)]
        for n, (opcode, fields) in enumerate(visits):
            position = at + n
            if body and position not in body:
                body = None
            kept = body.start if body else position
            yield Visit(number, position, opcode, fields, position <= before, kept)
            if opcode is Opcode.LOOP and body is None:
                body = range(position + 1, position + 1 + fields["length"])
            before = position
        loops.clear()
