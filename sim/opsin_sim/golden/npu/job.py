# SPDX-License-Identifier: MIT
"""One job: descriptors to the units, in an order that tokens and fences allow."""

from collections import deque
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .check import Sizes, check
from .codes import UNITS, Error, Opcode, Unit
from .fields import decode
from .local import LocalMemories, work
from .program import Fault, Step, follow

__all__ = ["Job", "Result"]

_TOKENS = 255


@dataclass
class Result:
    """Outcome of a job.

    ``index`` and ``address`` are those of the descriptor at which it ended, ``index`` counted in
    memory from the entry on; of READ and WRITE of a unit ``address`` is the one that memory
    refused. ``descriptors`` counts those that units finished, ``vectors`` activations through the
    mesh, ``vector_words`` words that the vector unit made, the bytes those of LOADs and STOREs.
    """

    error: Error = Error.NONE
    index: int = 0
    address: int = 0
    descriptors: int = 0
    macs: int = 0
    vectors: int = 0
    vector_words: int = 0
    bytes_read: int = 0
    bytes_written: int = 0


@dataclass(frozen=True)
class _Command:
    """A descriptor for a unit, the ``number``-th of the job."""

    number: int
    step: Step
    fields: dict[str, int]


class _End(Exception):  # noqa: N818
    """The job is over."""

    def __init__(self, error: Error, position: int, address: int | None = None) -> None:
        self.error, self.position, self.address = error, position, address


@dataclass
class Job:
    """See :class:`opsin_sim.golden.npu.Machine`."""

    local: LocalMemories
    sizes: Sizes
    memory: NDArray[np.uint8]
    entry: int
    window: tuple[int, int]
    order: int | None = None
    refused: range = range(0)
    result: Result = field(default_factory=Result)

    def __post_init__(self) -> None:
        begin, end = self.window
        self.sizes = replace(self.sizes, memory_begin=begin, memory_end=end)
        self._rng = None if self.order is None else np.random.default_rng(self.order)
        self._queues: list[deque[_Command]] = [deque() for _ in Unit]
        self._tokens = {(giver, taker): 0 for giver in Unit for taker in Unit}

    def run(self) -> Result:
        """Run it to its end."""
        try:
            self._follow()
        except _End as end:
            self.result.error, self.result.index = end.error, end.position
            self.result.address = self.entry + 64 * end.position
            if end.address is not None:
                self.result.address = end.address
        return self.result

    def _check(self, opcode: Opcode, words: tuple[int, ...]) -> Error:
        return check(opcode, decode(opcode, words), self.sizes)

    def _follow(self) -> None:
        begin, end = self.window
        program = follow(
            self.memory, self.entry, begin=begin, end=end, refused=self.refused, check=self._check
        )
        for number, step in enumerate(program):
            if isinstance(step, Fault):
                self._drain()
                raise _End(step.error, step.position)
            command = _Command(number, step, decode(step.opcode, step.words))
            if command.fields["fence"]:
                self._drain()
            self._queues[UNITS[step.opcode]].append(command)
            if command.fields["fence"]:
                self._drain()
            else:
                self._advance()

    def _may_begin(self) -> list[_Command]:
        """First commands of the units whose tokens are there, in program order."""
        heads = [queue[0] for queue in self._queues if queue]
        ready = [c for c in heads if all(self._tokens[t] for t in _taken(c))]
        return sorted(ready, key=lambda command: command.number)

    def _advance(self) -> None:
        """Carry out what may begin; in another order than the program's, or later, by chance."""
        while ready := self._may_begin():
            if self._rng is None:
                self._carry_out(ready[0])
            elif self._rng.random() < 0.3:
                return
            else:
                self._carry_out(ready[self._rng.integers(len(ready))])

    def _drain(self) -> None:
        """Carry out everything; raise if tokens are missing."""
        while ready := self._may_begin():
            self._carry_out(ready[0 if self._rng is None else self._rng.integers(len(ready))])
        for queue in self._queues:
            if queue:
                raise _End(Error.TOKEN, queue[0].step.position)

    def _carry_out(self, command: _Command) -> None:
        opcode, fields = command.step.opcode, command.fields
        self._queues[UNITS[opcode]].popleft()
        for pair in _taken(command):
            self._tokens[pair] -= 1
        self.local.carry_out(opcode, fields, self.memory)
        self.result.descriptors += 1
        for name, count in work(opcode, fields, self.sizes.rows).items():
            setattr(self.result, name, getattr(self.result, name) + count)
        for pair in _given(command):
            if self._tokens[pair] == _TOKENS:
                raise _End(Error.TOKEN, command.step.position)
            self._tokens[pair] += 1


def _taken(command: _Command) -> list[tuple[Unit, Unit]]:
    taker = UNITS[command.step.opcode]
    return [(giver, taker) for giver in Unit if command.fields["wait"] >> giver & 1]


def _given(command: _Command) -> list[tuple[Unit, Unit]]:
    giver = UNITS[command.step.opcode]
    return [(giver, taker) for taker in Unit if command.fields["signal"] >> taker & 1]
