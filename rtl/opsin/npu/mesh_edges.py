# SPDX-License-Identifier: MIT
"""The rows of a mesh, and what enters at its edges."""

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed

from .mesh_ports import TAPS
from .pe import Across

__all__ = ["Rows", "delay", "left_edge", "top_edge"]


def delay(m: Module, value: Any, cycles: int, name: str, *, reset: bool = False) -> Any:
    """Return ``value`` of ``cycles`` before, of which reset clears nothing unless asked to."""
    for stage in range(cycles):
        later = Signal.like(value, name=f"{name}_{stage}", reset_less=not reset)
        m.d.sync += later.eq(value)
        value = later
    return value


@dataclass(frozen=True)
class Rows:
    """Rows of elements: those of vectors, ``count``, and those that only sliding data need.

    The lower ``half`` begins behind the ``upper`` rows, which are as many as taps if data slide.
    """

    count: int
    packed: bool
    sliding: bool

    @property
    def half(self) -> int:
        """Rows of vectors in a half; all, if there are no halves."""
        return self.count // 2 if self.packed or self.sliding else self.count

    @property
    def upper(self) -> int:
        """Rows in the upper half, and in the lower one."""
        return max(self.half, TAPS) if self.sliding else self.half

    @property
    def height(self) -> int:
        """All rows."""
        return 2 * self.upper if self.sliding else self.count

    def lane(self, r: int) -> int | None:
        """Return which of a vector's activations row ``r`` gets, if any."""
        side, own = divmod(r, self.upper)
        return own + side * self.half if own < self.half else None

    def slides(self, r: int, column: Value, edge: Any) -> Value:
        """Return whether the elements of row ``r`` take a column's own data."""
        own = r % self.upper
        if not self.sliding or own >= TAPS:
            return column
        across = {0: edge.right, 1: Const(0), 2: edge.left}[own % 3]
        down = {0: edge.bottom, 1: Const(0), 2: edge.top}[own // 3]
        return column & ~across & ~down

    def takes(self, r: int, row: Value, packed: Value, tap: Value) -> Value:
        """Return whether the elements of row ``r`` are to take the weights of ``row``."""
        side, own = divmod(r, self.upper)
        if own >= self.half:
            return tap & (row == own)
        if side:
            return Mux(packed | tap, row == own, row == own + self.half)
        return row == own

    def flags(self, weights: Any) -> tuple[Value, Value]:
        """Return ``packed`` and ``tap`` of the weights."""
        return (
            weights.packed if self.packed else Const(0),
            weights.tap if self.sliding else Const(0),
        )


def top_edge(m: Module, rows: Rows, given: Any) -> tuple[list[Any], list[Any], Any]:
    """Return the weights that enter at the top, those at the middle row, and if these do."""
    zero = Const(0, signed(8))
    if not (rows.packed or rows.sliding):
        return list(given.weight), [], Const(0)
    packed, tap = rows.flags(given)
    upper: list[Any] = []
    lower: list[Any] = []
    for c, weight in enumerate(given.weight):
        low, high = weight[:4].as_signed(), weight[4:].as_signed()
        upper.append(Mux(tap, zero, weight) if c % 2 else weight)
        lower.append(Mux(tap, weight, zero) if c % 2 else Const(0, signed(4)))
        if rows.packed:
            upper[c] = Mux(packed, low, upper[c])
            lower[c] = Mux(packed, high, lower[c])
    lower = [delay(m, weight, rows.upper, f"lower_{c}") for c, weight in enumerate(lower)]
    return upper, lower, delay(m, packed | tap, rows.upper, "entering")


def left_edge(m: Module, rows: Rows, vector: Any, weights: Any) -> tuple[list[Any], Value]:
    """Return what enters each row, and the sum of the activations that are multiplied.

    Row r sees vectors and the numbers of weight rows r cycles late; the sum is there when the
    vector has passed the last row.
    """
    west: list[Any] = []
    swap, row, valid = vector.swap, weights.row, weights.valid
    column, sides = (vector.column, vector.edge) if rows.sliding else (Const(0), None)
    own = rows.slides(0, column, sides)
    spare = Mux(column, vector.activation[0], 0)  # of rows that only sliding data need
    packed, tap = rows.flags(weights)
    load: Value = valid & rows.takes(0, row, packed, tap)
    total: Value = Const(0, signed(1))
    for r in range(rows.height):
        edge: Any = Signal(Across(sliding=rows.sliding), name=f"west_{r}")
        m.d.comb += [edge.swap.eq(swap), edge.load.eq(load)]
        given = edge.activation
        lane = rows.lane(r)
        activation = spare if lane is None else vector.activation[lane]
        m.d.comb += given.eq(delay(m, activation, r, f"activation_{r}"))
        if rows.sliding:
            m.d.comb += edge.column.eq(own)
            own = delay(m, rows.slides(r + 1, column, sides), 1, f"own_{r}")
            column, sides = delay(m, column, 1, f"column_{r}"), delay(m, sides, 1, f"sides_{r}")
            given = Mux(edge.column | (lane is None), 0, given)
        west.append(edge)
        # the next row's number is compared here, so that its load comes from a register
        load = delay(m, valid & rows.takes(r + 1, row, packed, tap), 1, f"load_{r}")
        swap = delay(m, swap, 1, f"swap_{r}")
        row, valid = delay(m, row, 1, f"row_{r}"), delay(m, valid, 1, f"valid_{r}")
        packed, tap = delay(m, packed, 1, f"packed_{r}"), delay(m, tap, 1, f"tap_{r}")
        total = delay(m, total + given, 1, f"total_{r}")
    return west, total
