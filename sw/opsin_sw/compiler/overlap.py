# SPDX-License-Identifier: MIT
"""Layers side by side: where one leaves a unit idle, the next one's operations come in between.

The operations of each layer come in a good order for that layer alone. Here they are carried out on
a rough model of the units: whoever can begin first does, the earlier layer's if several can. What
an operation must be behind follows from what it reads and writes, so that the result is the same.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from math import prod

from opsin.config import NpuConfig
from opsin.npu import isa

from .conflicts import Conflicts
from .operation import Operation

__all__ = ["overlapped"]

_LAYERS = 3  # at once
_LATER = 100  # cycles that a layer waits for the one before
_DISPATCH = 40  # cycles of a descriptor
_BEHIND = {  # cycles from a unit's work to others that waited for it
    isa.Unit.LOAD: 75,
    isa.Unit.ARRAY: 55,
    isa.Unit.VECTOR: 50,
    isa.Unit.STORE: 75,
}


def overlapped(layers: Sequence[Sequence[Operation]], config: NpuConfig) -> list[Operation]:
    """Return the operations of all layers, those of each unit and layer in the order given."""
    operations = [operation for layer in layers for operation in layer]
    conflicts = Conflicts()
    behind = [conflicts.add(operation, index) for index, operation in enumerate(operations)]
    waiting = [list(layer) for layer in _streams(layers)]
    finished = [-1.0] * len(operations)
    free = dict.fromkeys(isa.Unit, 0.0)
    made: list[Operation] = []
    while waiting:
        best: tuple[float, int, float, deque[int]] | None = None
        for later, stream in [(n, s) for n, some in enumerate(waiting[:_LAYERS]) for s in some]:
            index = stream[0]
            ends = [finished[other] for other in behind[index]]
            if min(ends, default=0) < 0:
                continue
            unit = operations[index].unit
            assert unit is not None
            begin = max([len(made) * _DISPATCH, free[unit], *ends])
            rank = begin + later * _LATER
            if best is None or (rank, index) < best[:2]:
                best = rank, index, begin, stream
        assert best is not None
        _, index, begin, stream = best
        operation = operations[index]
        unit = operation.unit
        assert unit is not None
        stream.popleft()
        made.append(operation)
        free[unit] = begin + _cycles(operation, config)
        finished[index] = free[unit] + _BEHIND[unit]
        if not stream:
            waiting = [[s for s in layer if s] for layer in waiting]
            waiting = [layer for layer in waiting if layer]
    return made


def _streams(layers: Sequence[Sequence[Operation]]) -> Iterator[Iterable[deque[int]]]:
    """Yield the indices of each layer's operations: of each unit, and of constants to be loaded."""
    numbers = count()
    for layer in layers:
        streams: dict[tuple[isa.Unit | None, bool], deque[int]] = {}
        for operation in layer:
            key = operation.unit, operation.unit is isa.Unit.LOAD and not operation.reads
            streams.setdefault(key, deque()).append(next(numbers))
        yield streams.values()


def _cycles(operation: Operation, config: NpuConfig) -> float:
    """Cycles of the unit, about."""
    fields = operation.fields
    if operation.unit in (isa.Unit.LOAD, isa.Unit.STORE):
        rows = fields.get("top", 0) + fields.get("rows", 0) + fields.get("bottom", 0)
        size = fields.get("before", 0) + fields["row_bytes"] + fields.get("after", 0)
        return fields["planes"] * rows * -(-size // config.rows)
    if operation.unit is isa.Unit.ARRAY:
        tiles, vectors = (prod(fields[f"{name}{n}"] for n in range(3)) for name in "kn")
        if operation.opcode is isa.Opcode.DEPTHWISE and config.rows >= 16:
            return 1.3 * vectors
        return tiles * max(vectors, config.rows)
    each = max(fields.get("k0", 1) * fields.get("k1", 1), config.cols // config.lanes)
    return fields["n0"] * fields["n1"] * each
