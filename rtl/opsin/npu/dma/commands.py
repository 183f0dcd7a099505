# SPDX-License-Identifier: MIT
"""Copies as the parts of their units see them, worked out from descriptors."""

from typing import Any

from amaranth.hdl import Module, Signal, Value, unsigned
from amaranth.lib import data
from amaranth.utils import ceil_log2, exact_log2

from .row_walk import ROW_BITS, RowWalk

__all__ = ["LocalRows", "MemoryRows", "PlacedRows", "Tagged", "begin"]


class MemoryRows(data.StructLayout):
    """Rows in memory of ``last + 1`` bytes; ``before`` is where in a word a LOAD puts the first."""

    def __init__(self, word_bytes: int) -> None:
        super().__init__(
            {
                "base": unsigned(32),
                "row_stride": unsigned(32),
                "plane_stride": unsigned(32),
                "rows": unsigned(ROW_BITS),
                "planes": unsigned(16),
                "last": unsigned(16),
                "before": unsigned(exact_log2(word_bytes)),
            }
        )


class LocalRows(data.StructLayout):
    """Rows of ``last + 1`` words in the scratchpad."""

    def __init__(self, depth: int) -> None:
        address = unsigned(ceil_log2(depth))
        super().__init__(
            {
                "base": address,
                "row_stride": address,
                "plane_stride": address,
                "rows": unsigned(ROW_BITS),
                "planes": unsigned(16),
                "last": unsigned(16),
            }
        )


class PlacedRows(data.StructLayout):
    """Rows to write: bytes ``begin`` … ``end`` of rows ``top`` … ``bottom - 1`` from memory."""

    def __init__(self, depth: int) -> None:
        super().__init__(
            {
                "rows": LocalRows(depth),
                "begin": unsigned(16),
                "end": unsigned(17),
                "top": unsigned(8),
                "bottom": unsigned(ROW_BITS),
                "fill": unsigned(8),
            }
        )


class Tagged(data.StructLayout):
    """A word of a row, turned by ``turn`` bytes: those from it on belong to the next word too."""

    def __init__(self, word_bytes: int) -> None:
        super().__init__(
            {
                "data": unsigned(8 * word_bytes),
                "turn": unsigned(exact_log2(word_bytes)),
                "first": unsigned(1),
                "last": unsigned(1),
            }
        )


def begin(m: Module, walk: RowWalk, stream: Any, rows: Any, *, allowed: Value | None = None) -> Any:
    """Start ``walk`` over ``rows`` of ``stream`` as soon as it is free; return what to keep of it.

    Where ``allowed`` is 0 the command is taken, and nothing done.
    """
    kept: Any = Signal(stream.p.shape(), name="command", reset_less=True)
    taken = stream.valid & stream.ready
    m.d.comb += [
        stream.ready.eq(~walk.active | (walk.step & walk.last)),
        walk.start.eq(taken if allowed is None else taken & allowed),
        walk.base.eq(rows.base),
        walk.row_stride.eq(rows.row_stride),
        walk.plane_stride.eq(rows.plane_stride),
        walk.rows.eq(rows.rows),
        walk.planes.eq(rows.planes),
    ]
    with m.If(taken):
        m.d.sync += kept.eq(stream.p)
    return kept
