# SPDX-License-Identifier: MIT
"""Processing elements of the mesh: what they have in common, and the portable one."""

from typing import Any, ClassVar

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..common.lone_register import lone_register

__all__ = ["PE", "Across", "Down", "Element", "bits_of_sum"]


def bits_of_sum(bits: int, rows: int) -> int:
    """Bits that hold any sum of ``rows`` numbers of ``bits`` bits."""
    return bits + (rows - 1).bit_length()


class Across(data.StructLayout):
    """What moves from column to column, in step.

    ``swap`` comes with the first activation of a new tile; ``load`` has the shadow weights take
    the weights that pass by. With ``column``, the data from above takes the activation's place.
    """

    def __init__(self, *, sliding: bool = False) -> None:
        super().__init__(
            {"activation": signed(8), "swap": 1, "load": 1} | ({"column": 1} if sliding else {})
        )


class Down(data.StructLayout):
    """What moves from row to row: weights on their way, one per column, sums, maybe data."""

    def __init__(
        self, *, columns: int, weight_bits: int, sums: ShapeLike, sliding: bool = False
    ) -> None:
        weight = data.ArrayLayout(signed(weight_bits), columns)
        own = {"data": signed(8)} if sliding else {}
        super().__init__({"weight": weight, "sum": sums} | own)


class Element(wiring.Component):
    """Multiply each activation by the weights held here and add products to the sums from above.

    An element stands in one row and in ``columns`` neighbouring columns. Weights are held twice:
    ``swap`` replaces those in use by their shadows, at once for the activation it comes with.
    Nothing else is enabled or held: every other register runs freely, and none is reset, since
    what is on its way is replaced in order.

    Kinds differ in how products are made, and may write weights and sums in a form of their own.

    Parameters
    ----------
    row : int
        Rows above this one.
    weight_bits : int
        8 or 4.
    bel : str, optional
        Which of an FPGA's multipliers to take.
    sliding : bool
        Data may come from above instead of from the left, and moves on two cycles later: against
        the sums, each row is one vector behind the row above.
    side : int
        Which of two columns may then have weights other than zero.
    most : int, optional
        Products that a sum has at most.

    Attributes
    ----------
    columns : int
    latency : int
        Cycles from ``west`` to the ``south.sum`` that has its product.
    finish : int
        Cycles that :meth:`totals` takes.
    weights : tuple of int
        What ``weight_bits`` may be.
    slides : bool
        ``sliding`` is possible.

    Members
    -------
    west : In(Across()), east : Out(Across())
        ``east`` is ``west``, one cycle later.
    north, south : In(Down()), Out(Down())
        ``south.weight`` is ``north.weight``, one cycle later; so is ``south.sum`` with the product
        of the activation of ``latency`` - 1 cycles before.

    Timing
    ------
    A ``load`` takes ``north.weight`` of the same cycle into the shadow; a ``swap`` of the same
    cycle still uses the shadow of before. No combinational path.

    Raises
    ------
    ValueError
        If the kind has no form for ``weight_bits``.
    """

    columns: ClassVar[int] = 1
    latency: ClassVar[int]
    finish: ClassVar[int] = 0
    weights: ClassVar[tuple[int, ...]] = (4, 8)
    slides: ClassVar[bool] = False

    west: data.View
    east: data.View
    north: data.View
    south: data.View

    def __init__(
        self,
        *,
        row: int,
        weight_bits: int = 8,
        bel: str | None = None,
        sliding: bool = False,
        side: int = 0,
        most: int | None = None,
    ) -> None:
        if weight_bits not in self.weights:
            raise ValueError(f"weight_bits must be one of {self.weights}, not {weight_bits!r}")
        self._bits = weight_bits
        self._bel = bel
        self._sliding = sliding
        self._side = side
        above, below = (
            Down(
                columns=self.columns,
                weight_bits=weight_bits,
                sums=self.sums(max(min(rows, most or rows), 1), weight_bits),
                sliding=sliding,
            )
            for rows in (row, row + 1)
        )
        super().__init__(
            {
                "west": In(Across(sliding=sliding)),
                "east": Out(Across(sliding=sliding)),
                "north": In(above),
                "south": Out(below),
            }
        )

    @classmethod
    def sums(cls, rows: int, weight_bits: int) -> data.Layout:
        """Return the form of the sums below ``rows`` rows: here, one number per column."""
        product = 2 ** (weight_bits + 6)
        width = (product * rows).bit_length() + 1
        return data.ArrayLayout(signed(width), cls.columns)

    @classmethod
    def extra(cls, side: int) -> type["Element"]:
        """Return the kind for a row of sliding data alone, with weights in column ``side``."""
        return cls

    @classmethod
    def written(cls, weight: Value, column: int) -> Value:
        """Return the form of a weight on its way down."""
        return weight

    @classmethod
    def totals(cls, m: Module, sums: Any, activations: Value, weight_bits: int) -> list[Value]:
        """Return the columns' totals from the last row's sums, ``finish`` cycles later.

        ``activations`` is the sum of the vector's activations.
        """
        return [sums[column] for column in range(cls.columns)]

    def _move(self, m: Module, platform: object, hold: bool = True) -> Any:
        """Pass on what moves, hold the weights; return those in use, or the shadows."""
        zero: Any = {"init": [self._zero(column) for column in range(self.columns)]}
        down: Any = Signal.like(self.south.weight, name="down", reset_less=True, **zero)
        shadow: Any = Signal.like(down, name="shadow", reset_less=True, **zero)
        weight: Any = Signal.like(down, name="weight", reset_less=True, **zero)
        activation = Signal(signed(8), reset_less=True)
        load = Signal(reset_less=True)

        operand = self.west.activation
        if self._sliding:
            operand = Mux(self.west.column, self.north.data, operand)
            passing, further = (
                Signal(signed(8), name=name, reset_less=True) for name in ("passing", "further")
            )
            m.d.sync += [passing.eq(self.north.data), further.eq(passing)]
            m.d.comb += [
                self.south.data.eq(further),
                self.east.column.eq(lone_register(m, platform, self.west.column, name="column")),
            ]
        with m.If(self.west.load):
            m.d.sync += shadow.eq(self.north.weight)
        if hold:
            with m.If(self.west.swap):
                m.d.sync += weight.eq(shadow)
        m.d.sync += [
            down.eq(self.north.weight),
            activation.eq(operand),
            load.eq(self.west.load),
        ]
        m.d.comb += [
            self.south.weight.eq(down),
            self.east.activation.eq(activation),
            self.east.load.eq(load),
            self.east.swap.eq(lone_register(m, platform, self.west.swap, name="swap")),
        ]
        return weight if hold else shadow

    def _zero(self, column: int) -> int:
        return 0


class PE(Element):
    """One column, one product, portable."""

    latency = 3
    slides = True

    def elaborate(self, platform: object) -> Module:
        m = Module()

        (weight,) = self._move(m, platform)
        product = Signal(signed(8 + self._bits), reset_less=True)
        total = Signal.like(self.south.sum[0], reset_less=True)
        m.d.sync += [
            product.eq(self.east.activation * weight),
            total.eq(self.north.sum[0] + product),
        ]
        m.d.comb += self.south.sum[0].eq(total)

        return m
