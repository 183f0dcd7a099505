# SPDX-License-Identifier: MIT
"""What is sharp in a line: band-passes on the luma of pairs of pixels."""

from typing import Any

from amaranth import Module, Mux, Signal, Value, signed

from ..common.flow import delayed
from .quads import cell_pairs
from .tap import Watched

__all__ = ["larger", "line_details"]


def larger(one: Value, other: Value) -> Value:
    """Return the larger one."""
    return Mux(other > one, other, one)


def line_details(m: Module, seen: Watched, use: Any, step: Value, *, depth: int) -> list[Value]:
    """Return, of the eighth stage, the detail of each pair of a cell; ``step`` is of the second.

    Both filters are ``2 x[n-k] - x[n] - x[n-2k]``: fine has ``x`` = ``y`` and ``k`` = 1,
    coarse ``x`` = ``s`` and ``k`` = 2.
    """
    ppc = len(seen.pixel)
    lanes = max(1, ppc // 2)

    # Stage 2: where the filter has all it needs. Cells of the line so far, up to 7.
    cells = Signal(3)
    with m.If(seen.starts):
        m.d.sync += cells.eq(0)
    with m.Elif(step & ~cells.all()):
        m.d.sync += cells.eq(cells + 1)
    known = []
    for lane in range(lanes):
        least = [-(-(back - lane) // lanes) for back in (2, 5)]
        known.append(delayed(m, cells >= Mux(use.coarse, least[1], least[0]), 5))

    # Stage 3: y of the cell. Stage 4: x.
    pairs = cell_pairs(m, seen, [seen.pixel[k] for k in range(ppc)])
    luma = [Signal(depth + 1, name=f"luma_{k}") for k in range(lanes)]
    m.d.sync += [y.eq(left + right) for y, (left, right) in zip(luma, pairs, strict=True)]
    before = Signal.like(luma[-1])
    fresh = [Signal(depth + 2, name=f"fresh_{k}") for k in range(lanes)]
    for lane, (y, last) in enumerate(zip(luma, [before, *luma], strict=False)):
        m.d.sync += fresh[lane].eq(Mux(use.coarse, y + last, y))
    step = delayed(m, step, 1)
    with m.If(step):
        m.d.sync += before.eq(luma[-1])

    # Stage 5: the middle and the ends. The newest is the first of the past.
    step = delayed(m, step, 1)
    past = [Signal(depth + 2, name=f"past_{k}") for k in range(4)]
    line = [*reversed(fresh), *past]
    with m.If(step):
        m.d.sync += [old.eq(new) for old, new in zip(past, line, strict=False)]
    details: list[Value] = []
    for lane in range(lanes):
        x = line[lanes - 1 - lane :]
        middle, ends = Signal(depth + 2), Signal(depth + 3)
        m.d.sync += [
            middle.eq(Mux(use.coarse, x[2], x[1])),
            ends.eq(x[0] + Mux(use.coarse, x[4], x[2])),
        ]
        # Stages 6 to 8: the filter, its magnitude, what exceeds the threshold.
        found, size = Signal(signed(depth + 4)), Signal(depth + 3)
        detail, excess = Signal(depth + 3), Signal(signed(depth + 4))
        m.d.comb += excess.eq(size - use.threshold)
        m.d.sync += [
            found.eq((middle << 1) - ends),
            size.eq(abs(found)),
            detail.eq(excess),
        ]
        with m.If((excess < 0) | ~known[lane]):
            m.d.sync += detail.eq(0)
        details.append(detail)
    return details
