# SPDX-License-Identifier: MIT
"""Weight-stationary systolic array."""

from collections.abc import Callable
from typing import Any

from amaranth.hdl import Const, Module, Mux, ShapeLike, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from .elements import element_for
from .pe import Across, Element

__all__ = ["Mesh", "Sums", "Vector", "WeightRow"]


class Vector(data.StructLayout):
    """One activation per mesh row; ``swap`` marks the first of a new tile."""

    def __init__(self, rows: int, tag: ShapeLike) -> None:
        activation = data.ArrayLayout(signed(8), rows)
        super().__init__({"activation": activation, "tag": tag, "swap": 1, "valid": 1})


class WeightRow(data.StructLayout):
    """Weights of mesh row ``row``, one per column.

    If ``packed``, they are weights of four bits for two rows, the upper ones for row
    ``row + rows // 2``. Only for a mesh that takes such.
    """

    def __init__(self, rows: int, cols: int, weight_bits: int = 8, *, packed: bool = False) -> None:
        weight = data.ArrayLayout(signed(weight_bits), cols)
        fields: dict[str, ShapeLike] = {"weight": weight, "row": unsigned(ceil_log2(rows))}
        super().__init__(fields | ({"packed": 1} if packed else {}) | {"valid": 1})


class Sums(data.StructLayout):
    """One sum per mesh column."""

    def __init__(self, cols: int, tag: ShapeLike) -> None:
        super().__init__({"sum": data.ArrayLayout(signed(32), cols), "tag": tag, "valid": 1})


def delay(m: Module, value: Any, cycles: int, name: str, *, reset: bool = False) -> Any:
    """Return ``value`` of ``cycles`` before, of which reset clears nothing unless asked to."""
    for stage in range(cycles):
        later = Signal.like(value, name=f"{name}_{stage}", reset_less=not reset)
        m.d.sync += later.eq(value)
        value = later
    return value


class Mesh(wiring.Component):
    """Multiply vectors by a tile of ``rows`` × ``cols`` weights while the next tile is loaded.

    ``o.sum[c] = Σ_r i.activation[r] * tile[r][c]``, exact. Activations cross the columns, sums and
    weights go down the rows, each through one register per element; row ``r`` works ``r`` cycles
    after the first row and element ``e`` of a row ``e`` cycles after the row's first, and the
    registers for that skew are in here. Nothing is broadcast: whether a passing weight is to be
    kept is decided at the left edge, where the row numbers pass, and travels with the activations.

    Parameters
    ----------
    rows, cols : int
        Size, each at least 2; they may differ.
    tag : ShapeLike
        Shape of what accompanies a vector.
    weight_bits : int
        8 or 4.
    packed : bool
        Weight rows of 8 bits may be two rows of 4 instead. The upper ones go down beside the mesh
        and enter at its middle row.
    element : type[Element], optional
        Kind of the elements; without, :func:`~opsin.npu.elements.element_for` chooses for the
        platform. All kinds give the same sums; they differ in ``latency``.
    bels : function, optional
        Which of an FPGA's multipliers the element of a row takes: ``bels(row, element)``.

    Members
    -------
    i : In(Vector(rows, tag))
        Vectors. ``swap`` without ``valid`` is not allowed.
    weights : In(WeightRow(rows, cols, weight_bits, packed=packed))
        Rows of the next tile, in any order.
    o : Out(Sums(cols, tag))
        Sums and tags of the vectors, in order. No back-pressure.

    Timing
    ------
    One vector and one weight row per cycle; ``o`` follows ``i`` by :meth:`latency` cycles.
    A weight row and a vector given in cycle t meet in element e of row r in the same cycle
    t + r + e. So for every element alike: a tile swapped in with the vector of cycle t consists of
    the weight rows given in the cycles before t, since the swap before, whose cycle is already the
    new tile's. Hence tiles of ``rows`` cycles or more follow one another without a gap.
    No combinational path.

    Raises
    ------
    ValueError
        If ``rows`` or ``cols`` is less than 2, or ``element`` has no form for ``weight_bits``, or
        rows are to come packed though ``rows`` is odd or ``weight_bits`` is 4.
    """

    i: data.View
    weights: data.View
    o: data.View

    def __init__(
        self,
        *,
        rows: int,
        cols: int,
        tag: ShapeLike = 1,
        weight_bits: int = 8,
        packed: bool = False,
        element: type[Element] | None = None,
        bels: Callable[[int, int], str | None] = lambda row, element: None,
    ) -> None:
        for name, value in ("rows", rows), ("cols", cols):
            if value < 2:
                raise ValueError(f"{name} must be at least 2, not {value!r}")
        possible = (4, 8) if element is None else element.weights
        if weight_bits not in possible:
            raise ValueError(f"weight_bits must be one of {possible}, not {weight_bits!r}")
        if packed and (rows % 2 or weight_bits != 8):
            raise ValueError("packed must be False if rows is odd or weight_bits is 4, not True")
        self.rows = rows
        self.cols = cols
        self.weight_bits = weight_bits
        self.packed = packed
        self._element = element
        self._bels = bels
        super().__init__(
            {
                "i": In(Vector(rows, tag)),
                "weights": In(WeightRow(rows, cols, weight_bits, packed=packed)),
                "o": Out(Sums(cols, tag)),
            }
        )

    def element(self, platform: object = None) -> type[Element]:
        """Return the kind of the elements on ``platform``."""
        return self._element or element_for(platform, self.weight_bits)

    def latency(self, platform: object = None) -> int:
        """Return the cycles from ``i`` to ``o``."""
        kind = self.element(platform)
        return self.rows + self._across(kind) - 2 + kind.latency + kind.finish

    def _across(self, kind: type[Element]) -> int:
        return -(-self.cols // kind.columns)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        kind = self.element(platform)
        west, activations = self._left_edge(m)
        activations = delay(m, activations, kind.latency - 1, "total")
        across = self._across(kind)
        upper, lower, packed = self._entries(m)
        for e in range(across):
            columns = range(kind.columns * e, min(kind.columns * (e + 1), self.cols))
            above = None
            for r in range(self.rows):
                element = kind(row=r, weight_bits=self.weight_bits, bel=self._bels(r, e))
                m.submodules[f"pe_{r}_{e}"] = element
                m.d.comb += element.west.eq(west[r])
                west[r] = element.east
                if above is None:
                    for k, c in enumerate(columns):
                        weight = delay(m, upper[c], e, f"weight_{c}")
                        m.d.comb += element.north.weight[k].eq(kind.written(weight, k))
                else:
                    m.d.comb += element.north.eq(above)
                    if self.packed and r == self.rows // 2:
                        packed = delay(m, packed, 1, f"packed_{e}") if e else packed
                        for k, c in enumerate(columns):
                            weight = Signal(signed(8), name=f"entering_{c}")
                            passing = element.north.weight[k]
                            m.d.comb += [
                                weight.eq(delay(m, lower[c], e, f"lower_{c}")),
                                passing.eq(Mux(packed, kind.written(weight, k), above.weight[k])),
                            ]
                above = element.south
            assert above is not None
            totals = kind.totals(m, above.sum, activations, self.weight_bits)
            activations = delay(m, activations, 1, f"total_{e}")
            for c, total in zip(columns, totals, strict=False):  # of the last, maybe not all
                m.d.comb += self.o.sum[c].eq(delay(m, total, across - 1 - e, f"sum_{c}"))

        latency = self.latency(platform)
        m.d.comb += [
            self.o.valid.eq(delay(m, self.i.valid, latency, "valid", reset=True)),
            self.o.tag.eq(delay(m, self.i.tag, latency, "tag")),
        ]
        return m

    def _entries(self, m: Module) -> tuple[list[Value], list[Value], Value]:
        """Return the weights that enter at the top, those at the middle row, and if these do."""
        weights = self.weights
        top = [weights.weight[c] for c in range(self.cols)]
        if not self.packed:
            return top, [], Const(0)
        half = self.rows // 2
        nibbles = [(w[:4].as_signed(), w[4:].as_signed()) for w in top]
        lower = [delay(m, n, half, f"upper_nibble_{c}") for c, (_, n) in enumerate(nibbles)]
        upper = [
            Mux(weights.packed, low, weight) for (low, _), weight in zip(nibbles, top, strict=True)
        ]
        return upper, lower, delay(m, weights.packed, half, "packed")

    def _left_edge(self, m: Module) -> tuple[list[Any], Value]:
        """Return what enters each row, and the sum of a vector's activations.

        Row r sees vectors and the numbers of weight rows r cycles late; the sum is there when the
        vector has passed the last row.
        """
        west: list[Any] = []
        swap, row, valid = self.i.swap, self.weights.row, self.weights.valid
        packed = self.weights.packed if self.packed else Const(0)
        half = self.rows // 2
        load: Value = valid & (row == 0)
        total: Value = Const(0, signed(1))
        for r in range(self.rows):
            edge: Any = Signal(Across(), name=f"west_{r}")
            m.d.comb += [
                edge.activation.eq(delay(m, self.i.activation[r], r, f"activation_{r}")),
                edge.swap.eq(swap),
                edge.load.eq(load),
            ]
            west.append(edge)
            # the next row's number is compared here, so that its load comes from a register
            mine = row == r + 1
            if self.packed and r + 1 >= half:
                mine |= packed & (row == r + 1 - half)
            load = delay(m, valid & mine, 1, f"load_{r}")
            packed = delay(m, packed, 1, f"row_packed_{r}")
            swap = delay(m, swap, 1, f"swap_{r}")
            row, valid = delay(m, row, 1, f"row_{r}"), delay(m, valid, 1, f"valid_{r}")
            total = delay(m, total + edge.activation, 1, f"total_{r}")
        return west, total
