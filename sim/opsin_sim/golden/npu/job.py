# SPDX-License-Identifier: MIT
"""One job: descriptors carried out in an order that tokens and fences allow."""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from .check import Sizes, check
from .codes import Error, Opcode
from .fields import decode
from .local import LocalMemories, work
from .program import Fault, Step, follow
from .queues import Begun, Command, Queues
from .races import Races
from .refused import NOTHING, refused_word
from .result import Result
from .touched import Space
from .unsettled import unsettled

__all__ = ["Job"]

_LATER = 0.3  # chance that nothing begins before the next descriptor comes


class _End(Exception):  # noqa: N818
    """The job is over, to be blamed on what is at ``position``."""

    def __init__(
        self,
        error: Error,
        position: int,
        *,
        address: int | None = None,
        culprit: Begun | None = None,
    ) -> None:
        super().__init__()
        self.error, self.position, self.address = error, position, address
        self.culprit = culprit


class Job:
    """See :func:`opsin_sim.golden.npu.execute`."""

    def __init__(
        self,
        local: LocalMemories,
        sizes: Sizes,
        memory: NDArray[np.uint8],
        entry: int,
        *,
        order: int | None = None,
        races: bool = False,
        refused: range = NOTHING,
    ) -> None:
        self._local, self._sizes, self._memory = local, sizes, memory
        self._entry = entry
        self._refused = refused
        self._rng = None if order is None else np.random.default_rng(order)
        self._queues = Queues()
        self._begun: list[Begun] = []
        self._held = False  # nothing begins but what is in the queues
        self._given_up = False
        self._result = Result()
        spaces = {
            Space.SCRATCHPAD: sizes.scratchpad_words,
            Space.ACCUMULATOR: sizes.accumulator_rows,
            Space.MEMORY: len(memory),
        }
        self._races = Races(sizes.rows, spaces, local.defined) if races else None

    def run(self) -> Result:
        """Run it to its end."""
        result, entry = self._result, self._entry
        program = follow(
            self._memory,
            entry,
            begin=self._sizes.memory_begin,
            end=self._sizes.memory_end,
            refused=self._refused,
            check=self._check,
        )
        try:
            for number, step in enumerate(program):
                self._take(number, step)
        except _End as end:
            result.error, result.index = end.error, end.position
            result.address = entry + 64 * end.position if end.address is None else end.address
            stuck = self._queues.stuck()
            if end.culprit:
                self._see_the_rest(program)
                result.unsettled = unsettled(len(self._memory), self._begun, end.culprit, end.error)
            elif stuck:
                result.unsettled = unsettled(len(self._memory), self._begun, stuck, end.error)
        if self._races:
            self._races.end(entry, entry + 64 * (result.index + 1), result.index)
            result.races = self._races.found
        return result

    def _check(self, opcode: Opcode, words: tuple[int, ...]) -> Error:
        return check(opcode, decode(opcode, words), self._sizes)

    def _take(self, number: int, step: Step | Fault) -> None:
        """Go on by one descriptor."""
        if isinstance(step, Fault):
            self._drain()
            raise _End(step.error, step.position)
        command = Command(number, step, decode(step.opcode, step.words))
        if not command.fields["fence"]:
            self._queues.append(command)
            self._advance()
        else:
            self._drain()
            self._queues.append(command)
            self._drain()

    def _advance(self) -> None:
        """Carry out what may begin; in another order than the program's, or later, by chance."""
        while ready := self._queues.ready():
            if self._rng is not None and self._rng.random() < _LATER:
                return
            self._carry_out(ready[0 if self._rng is None else self._rng.integers(len(ready))])

    def _drain(self) -> None:
        """Carry out everything; raise if tokens are missing."""
        self._held = True
        while ready := self._queues.ready():
            self._carry_out(ready[0 if self._rng is None else self._rng.integers(len(ready))])
        if stuck := self._queues.stuck():
            raise _End(Error.TOKEN, stuck[0].step.position)
        self._held = False

    def _carry_out(self, command: Command) -> None:
        opcode, f = command.step.opcode, command.fields
        position = command.step.position
        begun = self._queues.begin(command)
        self._begun.append(begun)
        if not self._given_up:
            if self._races:
                numbers = {"number": command.number, "position": position, "index": begun.index}
                self._races.begin(opcode, f, begun.clock, **numbers)
            address = refused_word(opcode, f, self._refused, self._sizes.rows)
            if address is not None:
                error = Error.READ if opcode is Opcode.LOAD else Error.WRITE
                raise _End(error, position, address=address, culprit=begun)
            self._local.carry_out(opcode, f, self._memory)
            self._result.count(work(opcode, f, self._sizes.rows))
        counted = self._queues.finish(begun)
        if not (counted or self._given_up):
            raise _End(Error.TOKEN, position, culprit=begun)

    def _see_the_rest(self, program: Iterator[Step | Fault]) -> None:
        """Let begin what might have begun before the job was ended, to no effect."""
        self._given_up = True
        go_on = not self._held  # else nothing behind could begin
        with suppress(_End):
            self._drain()
            for step in program if go_on else ():
                if isinstance(step, Fault) or step.words[0] >> 8 & 1:
                    break
                self._take(0, step)
