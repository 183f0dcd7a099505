# SPDX-License-Identifier: MIT
"""Columns of a raw frame as far as they are green."""

from typing import Any

from amaranth import Cat, Module, Mux, Value, unsigned
from amaranth.lib import data

from .mosaic_columns import BayerColumns

__all__ = ["ROWS", "GreenColumns"]

ROWS = 5


class GreenColumns(BayerColumns):
    """Columns of 5 rows in which every second pixel is good, and the one in the middle.

    In a column pixels are green in turn. Only greens are looked at, and another colour is only kept
    until it has been in the middle: three places in memory hold two greens and one of these, where
    whole columns take four.

    Parameters
    ----------
    depth : int
        Bits per sample, 8..16.
    max_width : int
        Pixels of the longest line, a multiple of ``ppc``.
    ppc : int
        Pixels per beat: 1, 2 or 4.

    Members
    -------
    i : In(FlowSignature(unsigned(depth), ppc=ppc))
    o : Out
        Columns with the field ``sample``, whose greens are good, and the middle.

    And those of :class:`~opsin.isp.mosaic_columns.BayerColumns`; its timing, too.
    """

    def __init__(self, *, depth: int, max_width: int, ppc: int) -> None:
        pixel = data.StructLayout({"sample": unsigned(depth)})
        super().__init__(pixel, spans={"sample": ROWS}, max_width=max_width, ppc=ppc)

    def rows(self) -> dict[str, int]:
        return {"sample": 3}

    def columns(self, m: Module, pixel: Any, kept: Value, index: int) -> dict[str, list[Value]]:
        older, green, other, new = super().columns(m, pixel, kept, index)["sample"]
        coloured = self.coloured(index)
        # the older green is the third or the fourth above the one that comes
        middle, last = Mux(coloured, other, green), Mux(coloured, green, other)
        return {"sample": [older, older, middle, last, new]}

    def kept(self, columns: dict[str, list[Value]], index: int) -> Value:
        third, middle, last, new = columns["sample"]
        coloured = self.coloured(index, stage=5)
        return Cat(Mux(coloured, third, middle), Mux(coloured, last, new), Mux(coloured, new, last))
