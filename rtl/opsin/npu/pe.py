# SPDX-License-Identifier: MIT
"""Processing element of the mesh."""

from typing import Any

from amaranth.hdl import Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["PE", "Across", "Down"]


class Across(data.StructLayout):
    """What moves from column to column, in step.

    ``swap`` comes with the first activation of a new tile; ``load`` has the shadow weight take the
    weight that passes by.
    """

    def __init__(self) -> None:
        super().__init__({"activation": signed(8), "swap": 1, "load": 1})


class Down(data.StructLayout):
    """What moves from row to row: weights on their way, sums of ``width`` bits."""

    def __init__(self, width: int) -> None:
        super().__init__({"weight": signed(8), "sum": signed(width)})


class PE(wiring.Component):
    """Multiply each activation by the weight held here and add it to the sum from above.

    The weight is held twice: ``swap`` replaces the one in use by its shadow, at once for the
    activation it comes with. Nothing else is enabled or held: every other register runs freely.

    Parameters
    ----------
    width_in, width_out : int
        Bits of the sums from above and to below; one product must fit ``width_out``.

    Members
    -------
    west : In(Across()), east : Out(Across())
        ``east`` is ``west``, one cycle later.
    north : In(Down(width_in)), south : Out(Down(width_out))
        ``south.weight`` is ``north.weight``, one cycle later.

    Timing
    ------
    ``north.sum`` is added to the product of the activation of two cycles before; ``south.sum``
    follows one cycle later. A ``load`` takes ``north.weight`` of the same cycle into the shadow; a
    ``swap`` of the same cycle still uses the shadow of before. No combinational path.

    Raises
    ------
    ValueError
        If ``width_out`` is less than 16.
    """

    west: data.View
    east: data.View
    north: data.View
    south: data.View

    def __init__(self, *, width_in: int, width_out: int) -> None:
        if width_out < 16:
            raise ValueError(f"width_out must be at least 16, not {width_out!r}")
        super().__init__(
            {
                "west": In(Across()),
                "east": Out(Across()),
                "north": In(Down(width_in)),
                "south": Out(Down(width_out)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        shadow = Signal(signed(8), reset_less=True)
        weight = Signal(signed(8), reset_less=True)
        product = Signal(signed(16), reset_less=True)
        south: Any = Signal.like(self.south, reset_less=True)

        with m.If(self.west.load):
            m.d.sync += shadow.eq(self.north.weight)
        with m.If(self.west.swap):
            m.d.sync += weight.eq(shadow)
        m.d.sync += [
            self.east.eq(self.west),
            product.eq(self.east.activation * weight),
            south.weight.eq(self.north.weight),
            south.sum.eq(self.north.sum + product),
        ]
        m.d.comb += self.south.eq(south)

        return m
