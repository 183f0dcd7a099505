# SPDX-License-Identifier: MIT
"""Order between units: from what operations read and write to the tokens they wait for.

Every operation has to begin behind those before it that write what it reads or writes, or read
what it writes. A unit takes its operations in order, so the latest of each unit is enough; and who
waits for one has also waited for all that this one waited for. What is left becomes tokens: the
number n wait of a unit for another takes the number n signal, since both units keep their order
and every wait is for a later operation than the one before.

Within a unit order is kept already, but the vector unit must not read what it has not yet written.

If more tokens could be there at once than are counted, operations wait for the latest one of a unit
before them, not for the one that they need: then there is one token at most.
"""

from collections.abc import Sequence

from opsin.npu import isa

from .accesses import Accesses, touches
from .operation import Operation

__all__ = ["TOKENS", "order"]

TOKENS = 255
"""That may be there at once, from one unit to another."""

_UNITS = len(isa.Unit)
_NONE = -1


class _Order:
    """Goes through a program.

    ``begin`` tells for every operation, for each unit, the latest operation that has finished when
    it begins. ``coarse``: operations wait for the latest one of a unit.
    """

    def __init__(self, operations: Sequence[Operation], *, coarse: bool) -> None:
        self.operations = operations
        self.coarse = coarse
        self.begin: list[list[int]] = []
        self.latest = [_NONE] * _UNITS
        self.accesses = Accesses()

    def run(self) -> None:
        """Give every operation its tokens."""
        for index, operation in enumerate(self.operations):
            unit = operation.unit
            known = [_NONE] * _UNITS
            if unit is not None:
                before = self.latest[unit.value]
                if before != _NONE:
                    known = list(self.begin[before])
                for other in self._waits(operation, unit.value, known):
                    self._token(other, index)
                    known = self._joined(known, other)
                self.latest[unit.value] = index
                for span, writing in touches(operation):
                    self.accesses.note(span, index, writing=writing)
            self.begin.append(known)

    def _joined(self, known: list[int], other: int) -> list[int]:
        """Return what is known to be finished when ``other`` is, too."""
        joined = [max(a, b) for a, b in zip(known, self.begin[other], strict=True)]
        unit = self._unit(other)
        joined[unit] = max(joined[unit], other)
        return joined

    def _unit(self, index: int) -> int:
        unit = self.operations[index].unit
        assert unit is not None
        return unit.value

    def _waits(self, operation: Operation, unit: int, known: list[int]) -> list[int]:
        """Return operations to wait for, none of which another one of them has waited for."""
        latest = [_NONE] * _UNITS
        for span, writing in touches(operation):
            for access in self.accesses.against(span, writing=writing):
                giver = self._unit(access.index)
                behind = unit == isa.Unit.VECTOR.value and access.writes and not writing
                if giver != unit or behind:
                    latest[giver] = max(latest[giver], access.index)
        waits = [index for u, index in enumerate(latest) if index > known[u]]
        if self.coarse:
            waits = [self.latest[self._unit(index)] for index in waits]
        for index in list(waits):
            others = [other for other in waits if other != index]
            if any(self.begin[other][self._unit(index)] >= index for other in others):
                waits.remove(index)
        return waits

    def _token(self, giver: int, taker: int) -> None:
        for index, name, bit in (
            (giver, "signal", self._unit(taker)),
            (taker, "wait", self._unit(giver)),
        ):
            fields = self.operations[index].fields
            fields[name] = fields.get(name, 0) | 1 << bit


def order(operations: Sequence[Operation]) -> None:
    """Give operations their ``wait`` and ``signal``."""
    for coarse in False, True:
        for operation in operations:
            for name in "wait", "signal":
                operation.fields.pop(name, None)
        _Order(operations, coarse=coarse).run()
        if _most(operations) <= TOKENS:
            break


def _most(operations: Sequence[Operation]) -> int:
    """Return how many tokens could be there at once, from one unit to another."""
    counts = [[0] * _UNITS for _ in range(_UNITS)]
    most = 0
    for operation in operations:
        if operation.unit is None:
            continue
        unit = operation.unit.value
        for other in range(_UNITS):
            counts[other][unit] -= operation.fields.get("wait", 0) >> other & 1
            counts[unit][other] += operation.fields.get("signal", 0) >> other & 1
            most = max(most, counts[unit][other])
    return most
