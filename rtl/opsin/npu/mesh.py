# SPDX-License-Identifier: MIT
"""Weight-stationary systolic array."""

from typing import Any

from amaranth.hdl import Module, ShapeLike, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from .pe import PE, Across

__all__ = ["Mesh", "Sums", "Vector", "WeightRow"]


class Vector(data.StructLayout):
    """One activation per mesh row; ``swap`` marks the first of a new tile."""

    def __init__(self, rows: int, tag: ShapeLike) -> None:
        activation = data.ArrayLayout(signed(8), rows)
        super().__init__({"activation": activation, "tag": tag, "swap": 1, "valid": 1})


class WeightRow(data.StructLayout):
    """Weights of mesh row ``row``, one per column."""

    def __init__(self, rows: int, cols: int) -> None:
        weight = data.ArrayLayout(signed(8), cols)
        super().__init__({"weight": weight, "row": unsigned(ceil_log2(rows)), "valid": 1})


class Sums(data.StructLayout):
    """One sum per mesh column."""

    def __init__(self, cols: int, tag: ShapeLike) -> None:
        super().__init__({"sum": data.ArrayLayout(signed(32), cols), "tag": tag, "valid": 1})


def _delay(m: Module, value: Any, cycles: int, name: str) -> Any:
    """``value``, ``cycles`` later."""
    for stage in range(cycles):
        later = Signal.like(value, name=f"{name}_{stage}")
        m.d.sync += later.eq(value)
        value = later
    return value


class Mesh(wiring.Component):
    """Multiply vectors by a tile of ``rows`` × ``cols`` weights while the next tile is loaded.

    ``o.sum[c] = Σ_r i.activation[r] * tile[r][c]``, exact. Activations cross the columns, sums and
    weights go down the rows, each through one register per element; row ``r`` works ``r`` cycles
    and column ``c`` ``c`` cycles after the first, and the registers for that skew are in here.
    Nothing is broadcast: whether a passing weight is to be kept is decided at the left edge, where
    the row numbers pass, and travels with the activations.

    Parameters
    ----------
    rows, cols : int
        Size, each at least 2; they may differ.
    tag : ShapeLike
        Shape of what accompanies a vector.

    Members
    -------
    i : In(Vector(rows, tag))
        Vectors. ``swap`` without ``valid`` is not allowed.
    weights : In(WeightRow(rows, cols))
        Rows of the next tile, in any order.
    o : Out(Sums(cols, tag))
        Sums and tags of the vectors, in order. No back-pressure.

    Timing
    ------
    One vector and one weight row per cycle; ``o`` follows ``i`` by ``rows + cols + 1`` cycles.
    A weight row and a vector given in cycle t meet the element in row r, column c in the same
    cycle t + r + c. So for every element alike: a tile swapped in with the vector of cycle t
    consists of the weight rows given in the cycles before t, since the swap before, whose cycle is
    already the new tile's. Hence tiles of ``rows`` cycles or more follow one another without a gap.
    No combinational path.

    Raises
    ------
    ValueError
        If ``rows`` or ``cols`` is less than 2.
    """

    i: data.View
    weights: data.View
    o: data.View

    def __init__(self, *, rows: int, cols: int, tag: ShapeLike = 1) -> None:
        for name, value in ("rows", rows), ("cols", cols):
            if value < 2:
                raise ValueError(f"{name} must be at least 2, not {value!r}")
        self.rows = rows
        self.cols = cols
        super().__init__(
            {
                "i": In(Vector(rows, tag)),
                "weights": In(WeightRow(rows, cols)),
                "o": Out(Sums(cols, tag)),
            }
        )

    @property
    def latency(self) -> int:
        """Cycles from ``i`` to ``o``."""
        return self.rows + self.cols + 1

    def elaborate(self, platform: object) -> Module:
        m = Module()

        # Left edge: row r sees vectors and the numbers of weight rows r cycles late.
        west: list[Any] = []
        control: Any = Signal(
            data.StructLayout({"row": self.weights.row.shape(), "valid": 1, "swap": 1})
        )
        m.d.comb += [
            control.row.eq(self.weights.row),
            control.valid.eq(self.weights.valid),
            control.swap.eq(self.i.swap),
        ]
        for r in range(self.rows):
            edge: Any = Signal(Across(), name=f"west_{r}")
            m.d.comb += [
                edge.activation.eq(_delay(m, self.i.activation[r], r, f"activation_{r}")),
                edge.swap.eq(control.swap),
                edge.load.eq(control.valid & (control.row == r)),
            ]
            west.append(edge)
            control = _delay(m, control, 1, f"control_{r}")

        # Row r adds the r-th product of at most 2**14: sums are as wide as they can get there.
        widths = [1] + [(2**14 * r).bit_length() + 1 for r in range(1, self.rows + 1)]
        for c in range(self.cols):
            south = None
            for r in range(self.rows):
                pe = PE(width_in=widths[r], width_out=widths[r + 1])
                m.submodules[f"pe_{r}_{c}"] = pe
                m.d.comb += pe.west.eq(west[r])
                west[r] = pe.east
                if south is None:
                    weight = _delay(m, self.weights.weight[c], c, f"weight_{c}")
                    m.d.comb += pe.north.weight.eq(weight)
                else:
                    m.d.comb += [pe.north.weight.eq(south.weight), pe.north.sum.eq(south.sum)]
                south = pe.south
            assert south is not None
            m.d.comb += self.o.sum[c].eq(_delay(m, south.sum, self.cols - 1 - c, f"sum_{c}"))

        m.d.comb += [
            self.o.valid.eq(_delay(m, self.i.valid, self.latency, "valid")),
            self.o.tag.eq(_delay(m, self.i.tag, self.latency, "tag")),
        ]
        return m
