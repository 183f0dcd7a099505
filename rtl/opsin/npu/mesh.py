# SPDX-License-Identifier: MIT
"""Weight-stationary systolic array."""

from collections.abc import Callable
from typing import Any

from amaranth.hdl import Module, Mux, ShapeLike, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .elements import element_for
from .mesh_edges import Rows, delay, left_edge, top_edge
from .mesh_ports import TAPS, Edge, Sums, Vector, WeightRow, Window
from .pe import Element

__all__ = ["TAPS", "Edge", "Mesh", "Sums", "Vector", "WeightRow", "Window"]


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
        with the vector ``t % 3`` before, or an activation if it lies beyond the vector's ``edge``.
        Even columns do that in the upper half of the rows and odd ones in the lower half, as
        elements of two columns have but one multiplicand; so halves of less than 9 rows get more,
        for this alone.
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
        self._rows = Rows(rows, packed, sliding)
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
        return self._rows.height - 1 + self._across(kind) - 1 + kind.latency + kind.finish

    def window_delay(self, side: int, chain: int) -> int:
        """Return the cycles from a vector to its data of a chain of ``window``."""
        return side * self._rows.upper + 3 * chain

    def _across(self, kind: type[Element]) -> int:
        return -(-self.cols // kind.columns)

    def elaborate(self, platform: object) -> Module:
        m = Module()

        kind = self.element(platform)
        west, activations = left_edge(m, self._rows, self.i, self.weights)
        activations = delay(m, activations, kind.latency - 1, "total")
        across = self._across(kind)
        upper, lower, entering = top_edge(m, self._rows, self.weights)
        for e in range(across):
            columns = range(kind.columns * e, min(kind.columns * (e + 1), self.cols))
            entering = delay(m, entering, 1, f"entering_{e}") if e else entering
            above = None
            for r in range(self._rows.height):
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
                    if r == self._rows.upper:
                        for k, c in enumerate(columns):
                            weight = Signal(signed(8), name=f"entering_{c}")
                            passing = kind.written(weight, k)
                            m.d.comb += [
                                weight.eq(delay(m, lower[c], e, f"lower_{c}")),
                                north.weight[k].eq(Mux(entering, passing, above.weight[k])),
                            ]
                if self.sliding:
                    side, tap = divmod(r, self._rows.upper)
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
        common: dict[str, Any] = {"row": r, "weight_bits": self.weight_bits}
        if self.sliding:
            side = r // self._rows.upper
            common |= {"sliding": True, "side": side, "most": max(self.rows, TAPS)}
        lane = self._rows.lane(r)
        if lane is None:
            return kind.extra(common["side"])(**common)
        return kind(bel=self._bels(lane, e), **common)
