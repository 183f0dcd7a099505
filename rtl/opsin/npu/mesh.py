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

__all__ = ["TAPS", "Mesh", "Sums", "Vector", "WeightRow", "Window"]

TAPS = 9
"""Of a sliding window: 3 × 3."""


class Vector(data.StructLayout):
    """One activation per mesh row; ``swap`` marks the first of a new tile.

    With ``column``, activations are zero and the columns' own data are multiplied.
    """

    def __init__(self, rows: int, tag: ShapeLike, *, sliding: bool = False) -> None:
        activation = data.ArrayLayout(signed(8), rows)
        fields = {"activation": activation, "tag": tag, "swap": 1, "valid": 1}
        super().__init__(fields | ({"column": 1} if sliding else {}))


class Window(data.ArrayLayout):
    """Data of all columns in three chains, one for each row of a sliding window.

    ``[side][chain][n]`` is that of column ``2n + side``.
    """

    def __init__(self, cols: int) -> None:
        chain = data.ArrayLayout(signed(8), cols // 2)
        super().__init__(data.ArrayLayout(chain, 3), 2)


class WeightRow(data.StructLayout):
    """Weights of mesh row ``row``, one per column.

    If ``packed``, they are weights of four bits for two rows, the upper ones for row
    ``row + rows // 2``. If ``tap``, they are those of the columns' own data, ``row`` vectors
    behind. Only for a mesh that takes such.
    """

    def __init__(
        self,
        rows: int,
        cols: int,
        weight_bits: int = 8,
        *,
        packed: bool = False,
        sliding: bool = False,
    ) -> None:
        weight = data.ArrayLayout(signed(weight_bits), cols)
        number = unsigned(ceil_log2(max(rows, TAPS) if sliding else rows))
        fields: dict[str, ShapeLike] = {"weight": weight, "row": number}
        flags = {name: 1 for name, there in {"packed": packed, "tap": sliding}.items() if there}
        super().__init__(fields | flags | {"valid": 1})


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
    sliding : bool
        There is a second way to multiply, for depthwise sums: ``o.sum[c]`` of a vector with
        ``column`` is the sum of 9 products of data of column c alone with weights loaded as taps.
        These data come from above, in three chains: tap ``t`` meets what entered chain ``t // 3``
        with the vector ``t % 3`` before (which must have ``column`` too). Even columns do that in
        the upper half of the rows and odd ones in the lower half, as elements of two columns have
        but one multiplicand; so halves of less than 9 rows get more, for this alone.
    element : type[Element], optional
        Kind of the elements; without, :func:`~opsin.npu.elements.element_for` chooses for the
        platform. All kinds give the same sums; they differ in ``latency``.
    bels : function, optional
        Which of an FPGA's multipliers the element of a row takes: ``bels(row, element)``.

    Members
    -------
    i : In(Vector(rows, tag, sliding=sliding))
        Vectors. What is not ``valid`` makes no sums but swaps all the same.
    window : In(Window(cols))
        If ``sliding``: chain ``k`` of ``side``, :meth:`window_delay` cycles later than the vector.
    weights : In(WeightRow(rows, cols, weight_bits, packed=packed, sliding=sliding))
        Rows of the next tile, or all its taps, in any order.
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
        rows are to come packed though ``rows`` is odd or ``weight_bits`` is 4, or data are to slide
        though ``rows`` or ``cols`` is odd or ``element`` has no form for that.
    """

    i: data.View
    weights: data.View
    window: Any
    o: data.View

    def __init__(
        self,
        *,
        rows: int,
        cols: int,
        tag: ShapeLike = 1,
        weight_bits: int = 8,
        packed: bool = False,
        sliding: bool = False,
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
        slides = weight_bits == 8 and (element is None or element.slides)
        if sliding and (rows % 2 or cols % 2 or not slides):
            raise ValueError(
                "sliding must be False if rows or cols is odd or elements cannot, not True"
            )
        self.rows = rows
        self.cols = cols
        self.weight_bits = weight_bits
        self.packed = packed
        self.sliding = sliding
        self._half = rows // 2 if packed or sliding else rows
        self._upper = max(self._half, TAPS) if sliding else self._half
        self._element = element
        self._bels = bels
        row = WeightRow(rows, cols, weight_bits, packed=packed, sliding=sliding)
        super().__init__(
            {
                "i": In(Vector(rows, tag, sliding=sliding)),
                **({"window": In(Window(cols))} if sliding else {}),
                "weights": In(row),
                "o": Out(Sums(cols, tag)),
            }
        )

    def element(self, platform: object = None) -> type[Element]:
        """Return the kind of the elements on ``platform``."""
        return self._element or element_for(platform, self.weight_bits)

    def latency(self, platform: object = None) -> int:
        """Return the cycles from ``i`` to ``o``."""
        kind = self.element(platform)
        return self._height - 1 + self._across(kind) - 1 + kind.latency + kind.finish

    def window_delay(self, side: int, chain: int) -> int:
        """Return the cycles from a vector to its data of a chain of ``window``."""
        return side * self._upper + 3 * chain

    @property
    def _height(self) -> int:
        """Rows of elements, with those that only sliding data need."""
        return self.rows + 2 * (self._upper - self._half) if self.sliding else self.rows

    def _across(self, kind: type[Element]) -> int:
        return -(-self.cols // kind.columns)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        kind = self.element(platform)
        west, activations = self._left_edge(m)
        activations = delay(m, activations, kind.latency - 1, "total")
        across = self._across(kind)
        upper, lower, entering = self._entries(m)
        for e in range(across):
            columns = range(kind.columns * e, min(kind.columns * (e + 1), self.cols))
            entering = delay(m, entering, 1, f"entering_{e}") if e else entering
            above = None
            for r in range(self._height):
                element = self._place(kind, r, e)
                m.submodules[f"pe_{r}_{e}"] = element
                north = element.north
                m.d.comb += element.west.eq(west[r])
                west[r] = element.east
                if above is None:
                    for k, c in enumerate(columns):
                        weight = delay(m, upper[c], e, f"weight_{c}")
                        m.d.comb += north.weight[k].eq(kind.written(weight, k))
                else:
                    m.d.comb += north.eq(above)
                    if r == self._upper:
                        for k, c in enumerate(columns):
                            weight = Signal(signed(8), name=f"entering_{c}")
                            passing = kind.written(weight, k)
                            m.d.comb += [
                                weight.eq(delay(m, lower[c], e, f"lower_{c}")),
                                north.weight[k].eq(Mux(entering, passing, above.weight[k])),
                            ]
                if self.sliding:
                    side, tap = divmod(r, self._upper)
                    if tap >= TAPS:
                        m.d.comb += north.data.eq(0)
                    elif tap % 3 == 0:
                        own = self.window[side][tap // 3][columns[0] // 2]
                        m.d.comb += north.data.eq(delay(m, own, e, f"data_{r}_{e}"))
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

    def _place(self, kind: type[Element], r: int, e: int) -> Element:
        """Return the element of row ``r``."""
        side, own = divmod(r, self._upper)
        common: dict[str, Any] = {"row": r, "weight_bits": self.weight_bits}
        if self.sliding:
            common |= {"sliding": True, "most": max(self.rows, TAPS)}
            if own >= self._half:
                return kind.extra(side)(**common)
        return kind(bel=self._bels(own + side * self._half, e), **common)

    def _entries(self, m: Module) -> tuple[list[Any], list[Any], Any]:
        """Return the weights that enter at the top, those at the middle row, and if these do."""
        given, zero = self.weights, Const(0, signed(8))
        if not (self.packed or self.sliding):
            return [given.weight[c] for c in range(self.cols)], [], Const(0)
        packed, tap = self._flags()
        upper: list[Any] = []
        lower: list[Any] = []
        for c in range(self.cols):
            weight = given.weight[c]
            low, high = weight[:4].as_signed(), weight[4:].as_signed()
            upper.append(Mux(tap, zero, weight) if c % 2 else weight)
            lower.append(Mux(tap, weight, zero) if c % 2 else Const(0, signed(4)))
            if self.packed:
                upper[c] = Mux(packed, low, upper[c])
                lower[c] = Mux(packed, high, lower[c])
        lower = [delay(m, weight, self._upper, f"lower_{c}") for c, weight in enumerate(lower)]
        return upper, lower, delay(m, packed | tap, self._upper, "entering")

    def _flags(self) -> tuple[Value, Value]:
        """Return ``packed`` and ``tap`` of the weights."""
        given = self.weights
        return (
            given.packed if self.packed else Const(0),
            given.tap if self.sliding else Const(0),
        )

    def _takes(self, r: int, row: Value, packed: Value, tap: Value) -> Value:
        """Return whether the elements of row ``r`` are to take the weights of ``row``."""
        side, own = divmod(r, self._upper)
        if own >= self._half:
            return tap & (row == own)
        if side:
            return Mux(packed | tap, row == own, row == own + self._half)
        return row == own

    def _left_edge(self, m: Module) -> tuple[list[Any], Value]:
        """Return what enters each row, and the sum of a vector's activations.

        Row r sees vectors and the numbers of weight rows r cycles late; the sum is there when the
        vector has passed the last row.
        """
        west: list[Any] = []
        swap, row, valid = self.i.swap, self.weights.row, self.weights.valid
        column = self.i.column if self.sliding else Const(0)
        packed, tap = self._flags()
        load: Value = valid & self._takes(0, row, packed, tap)
        total: Value = Const(0, signed(1))
        for r in range(self._height):
            side, own = divmod(r, self._upper)
            edge: Any = Signal(Across(sliding=self.sliding), name=f"west_{r}")
            m.d.comb += [edge.swap.eq(swap), edge.load.eq(load)]
            if own < self._half:
                activation = self.i.activation[own + side * self._half]
                m.d.comb += edge.activation.eq(delay(m, activation, r, f"activation_{r}"))
            if self.sliding:
                m.d.comb += edge.column.eq(column)
                column = delay(m, column, 1, f"column_{r}")
            west.append(edge)
            # the next row's number is compared here, so that its load comes from a register
            load = delay(m, valid & self._takes(r + 1, row, packed, tap), 1, f"load_{r}")
            swap = delay(m, swap, 1, f"swap_{r}")
            row, valid = delay(m, row, 1, f"row_{r}"), delay(m, valid, 1, f"valid_{r}")
            packed, tap = delay(m, packed, 1, f"packed_{r}"), delay(m, tap, 1, f"tap_{r}")
            total = delay(m, total + edge.activation, 1, f"total_{r}")
        return west, total
