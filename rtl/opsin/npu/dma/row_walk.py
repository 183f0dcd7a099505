# SPDX-License-Identifier: MIT
"""Addresses of rows in planes."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["ROW_BITS", "RowWalk"]

ROW_BITS = 17
"""Enough for the rows of a plane with those above and below."""


class RowWalk(wiring.Component):
    """Step through ``base + plane * plane_stride + row * row_stride``, row by row.

    Nothing is multiplied: the address at which the plane began is kept. Addresses wrap modulo
    ``2**width``.

    Parameters
    ----------
    width : int
        Bits of an address.

    Members
    -------
    start : In(1)
        Take ``base``, strides and counts; their first address is there from the next cycle on.
        Allowed with the last ``step``.
    base, row_stride, plane_stride : In(width)
    rows, planes : In(17), In(16)
        Counts, from 1.
    step : In(1)
        Move on; from the last address, ``active`` falls.
    active : Out(1)
        There is an address.
    address : Out(width), row : Out(17), last : Out(1)
        It, its row in the plane, and whether it is the last.

    Timing
    ------
    One address per cycle; no combinational path.
    """

    start: Value
    base: Value
    row_stride: Value
    plane_stride: Value
    rows: Value
    planes: Value
    step: Value
    active: Value
    address: Value
    row: Value
    last: Value

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(
            {
                "start": In(1),
                **dict.fromkeys(["base", "row_stride", "plane_stride"], In(width)),
                "rows": In(ROW_BITS),
                "planes": In(16),
                "step": In(1),
                "active": Out(1),
                "address": Out(width),
                "row": Out(ROW_BITS),
                "last": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()

        plane, row_stride, plane_stride = (
            Signal(self.width, name=name, reset_less=True)
            for name in ("plane", "row_stride", "plane_stride")
        )
        before_last = Signal(ROW_BITS, reset_less=True)
        planes = Signal(16, reset_less=True)  # behind this one
        end, single, final = Signal(), Signal(), Signal()  # of the plane; its only row; last plane
        following = Signal(self.width)
        m.d.comb += [
            self.last.eq(end & final),
            following.eq(Mux(end, plane, self.address) + Mux(end, plane_stride, row_stride)),
        ]
        with m.If(self.start):
            m.d.sync += [
                self.active.eq(1),
                self.address.eq(self.base),
                plane.eq(self.base),
                row_stride.eq(self.row_stride),
                plane_stride.eq(self.plane_stride),
                before_last.eq(self.rows - 2),
                end.eq(self.rows == 1),
                single.eq(self.rows == 1),
                planes.eq(self.planes - 1),
                final.eq(self.planes == 1),
                self.row.eq(0),
            ]
        with m.Elif(self.step):
            m.d.sync += [
                self.address.eq(following),
                self.row.eq(self.row + 1),
                end.eq(Mux(end, single, self.row == before_last)),
            ]
            with m.If(end):
                m.d.sync += [
                    plane.eq(following),
                    planes.eq(planes - 1),
                    final.eq(planes == 1),
                    self.row.eq(0),
                ]
            with m.If(self.last):
                m.d.sync += self.active.eq(0)

        return m
