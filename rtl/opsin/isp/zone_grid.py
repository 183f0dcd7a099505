# SPDX-License-Identifier: MIT
"""Zones of a frame: where each beat lies among them."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, unsigned
from amaranth.hdl import ShapeLike
from amaranth.lib import data

from ..common.flow import delayed
from .tap import Watched

__all__ = ["GRID", "Place", "check_max_width", "zone_grid"]

GRID: dict[str, ShapeLike] = dict.fromkeys(
    ("left", "top", "zone_width", "zone_height"), unsigned(16)
)
"""Settings: the corner and the size of the first zone, in pixels."""


def check_max_width(max_width: int, ppc: int) -> None:
    """Refuse lines that the counters are not made for."""
    if not 4 * ppc <= max_width <= 8192 or max_width % ppc:
        raise ValueError(
            f"max_width must be a multiple of ppc = {ppc} in {4 * ppc}..8192, not {max_width!r}"
        )


class Place(data.StructLayout):
    """Second stage: what a cell is to its zone.

    A cell is two pixels side by side, or a beat if that is more. ``step``: a cell of a zone came,
    its ``first`` in this line, or its last (``flush``); the line is the zone's ``top`` or its
    ``bottom``.
    """

    def __init__(self, zones: int) -> None:
        bits = unsigned((zones - 1).bit_length())
        flags = dict.fromkeys(("step", "first", "flush", "top", "bottom"), 1)
        super().__init__({**flags, "column": bits, "row": bits})

    @staticmethod
    def later(m: Module, place: Any, stages: int) -> Any:
        """Return ``place`` as it is so many stages behind."""
        return place.shape()(delayed(m, place.as_value(), stages))


class _Run:
    """A margin, then segments of one size, counted in steps."""

    def __init__(
        self,
        m: Module,
        *,
        load: Value,
        step: Value,
        margin: Value,
        size: Value,
        number: int,
    ) -> None:
        self.first, self.last = Signal(), Signal()  # step of a segment
        self.inside = Signal()
        index = Signal(number.bit_length())
        self.index = index[:-1]
        left, before = Signal(len(size)), Signal()  # steps of the segment, this one included
        ends = step & self.last
        # What begins with, and whether it is of one step: settings, known before.
        has_margin = delayed(m, margin.any(), 1)
        begins = delayed(m, Mux(has_margin, margin, size), 1)
        alone = [delayed(m, value == 1, 1) for value in (begins, size)]
        m.d.comb += self.inside.eq(~before & ~index[-1])
        with m.If(load | ends):
            m.d.sync += [
                left.eq(Mux(load, begins, size)),
                self.first.eq(1),
                self.last.eq(Mux(load, *alone)),
            ]
        with m.Elif(step):
            m.d.sync += [left.eq(left - 1), self.first.eq(0), self.last.eq(left == 2)]
        with m.If(load):
            m.d.sync += [before.eq(has_margin), index.eq(0)]
        with m.Elif(ends):
            m.d.sync += [before.eq(0), index.eq(index + self.inside)]


def zone_grid(
    m: Module,
    seen: Watched,
    use: Any,
    measured: Value,
    *,
    zones: int,
    max_width: int,
    quads: bool = False,
) -> tuple[Any, Value]:
    """Follow the beats through ``zones`` × ``zones`` zones, a power of two.

    Sizes are cut down to cells and to pairs of lines; what lies around the zones, and what does
    not fill one, has no place. With ``quads``, cells are those of both lines of a pair, and come
    with the odd one. Returns the place and, for all cells, in a zone or not, the step.
    """
    ppc = len(seen.pixel)
    shift = (max(2, ppc) - 1).bit_length()
    bits = max_width.bit_length() - shift
    step, odd, row_steps = Signal(), Signal(), Signal()
    m.d.sync += [
        step.eq(seen.valid & (seen.column if ppc == 1 else 1)),
        odd.eq(seen.line[0]),
        row_steps.eq(seen.ends & seen.line[0]),
    ]
    column = _Run(
        m,
        load=seen.starts,
        step=step,
        margin=use.left[shift:][:bits],
        size=use.zone_width[shift:][:bits],
        number=zones,
    )
    row = _Run(
        m,
        load=seen.begins,
        step=row_steps,
        margin=use.top[1:13],
        size=use.zone_height[1:13],
        number=zones,
    )
    place: Any = Signal(Place(zones))
    counted = step & measured & column.inside & row.inside & (odd if quads else 1)
    m.d.comb += [
        place.step.eq(counted),
        place.first.eq(column.first),
        place.flush.eq(counted & column.last),
        place.top.eq(row.first if quads else row.first & ~odd),
        place.bottom.eq(row.last if quads else row.last & odd),
        place.column.eq(column.index),
        place.row.eq(row.index),
    ]
    return place, step
