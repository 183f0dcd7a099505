# SPDX-License-Identifier: MIT
"""Sums of zones in one block memory and one adder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned

from ..common.flow import delayed
from ..common.line_memory import LineMemory
from .statistics_tap import RESULT, scaled

__all__ = ["TOTAL", "ZoneSum", "zone_sums"]

TOTAL = 36
"""Bits of a zone's sum before it is scaled."""


def _plus(so_far: Value, value: Value) -> Value:
    return so_far + value


@dataclass(frozen=True)
class ZoneSum:
    """A value of each cell that is summed; ``limit`` is the most that a line of a zone can give.

    ``scaled``: the result is divided by ``16**scale``. ``combine`` makes a line's part of the
    zone from the part so far, 0 at first, and a value; parts are always added.
    """

    value: Value
    limit: int
    scaled: bool = True
    combine: Callable[[Value, Value], Value] = _plus


def zone_sums(
    m: Module,
    place: Any,
    sums: Sequence[ZoneSum],
    *,
    scale: Value,
    index: Value,
    result: Value,
    sparse: bool,
) -> None:
    """Sum two or four values, which are of ``place``, and let ``result`` be those of a zone.

    A line's part of a zone is summed in a register for each value; these are staggered by a cycle,
    so that as a zone ends in a line, eight cycles apart or more, its parts are added to its words
    one after the other. What the adder makes in a zone's last line goes to the results.

    The words of a row of zones and the results share a memory if that is wide enough. ``result``
    follows ``index`` after 3 cycles, and later by those in which the results are written, or the
    shared memory is read.

    ``sparse``: cells are two cycles apart.
    """
    number, zones = len(sums), 1 << len(place.row)
    shared = number * RESULT == TOTAL

    # One after the other: stage k + 1 is the flush of part k.
    step, first = place.step, place.first
    moves, clears = first | step, first & ~step
    parts, turns = [], [place.flush]
    for k, each in enumerate(sums):
        part = Signal(each.limit.bit_length(), name=f"part_{k}")
        value = delayed(m, each.value, k)
        if sparse:  # a cycle in which the part becomes 0 costs less than gates before the adder
            with m.If(moves):
                m.d.sync += part.eq(Mux(clears, 0, each.combine(part, value)))
        else:
            with m.If(step):
                m.d.sync += part.eq(each.combine(Mux(first, 0, part), value))
        parts.append(part)
        step, first = delayed(m, step, 1), delayed(m, first, 1)
        moves, clears = delayed(m, moves, 1), delayed(m, clears, 1)
        turns.append(delayed(m, turns[-1], 1))

    # The zone, held while its words are read in turn.
    held: Any = Signal.like(place)
    with m.If(place.flush):
        m.d.sync += held.eq(place)
    reads = Cat(turns[:number]).any()
    fields = range(number)
    field = [Cat(turns[k] for k in fields if k >> bit & 1).any() for bit in range(number // 2)]
    address = Cat(*field, Mux(place.flush, place.column, held.column))

    # The word comes in two stages; then it, or nothing in the zone's first line; the sum; written.
    words = LineMemory(unsigned(TOTAL), zones * (number + shared * zones))
    m.submodules.words = words
    word, total = Signal(TOTAL), Signal(TOTAL)
    taken: Value = Const(0)
    for turn, ended in zip(turns[1:], parts, strict=True):
        taken = taken | Mux(turn, ended, 0)
    m.d.sync += [
        word.eq(words.read_data),
        total.eq(word + delayed(m, taken, 2)),
    ]
    with m.If(held.top):
        m.d.sync += word.eq(0)
    goes_on = delayed(m, Cat(turns[1:]).any() & ~held.bottom, 3)
    to = delayed(m, address, 4)

    # Results are narrowed one after the other, and written together.
    narrow, kept = Signal(RESULT), Signal(RESULT * (number - 1))
    plain = Cat(turns[k] for k in fields if not sums[k].scaled).any()
    m.d.sync += [
        narrow.eq(scaled(total, delayed(m, Mux(delayed(m, plain, 3), 0, scale), 1))),
        kept.eq(Cat(kept, narrow)[RESULT:]),
    ]
    comes = delayed(m, turns[number] & held.bottom, 4)
    zone, both = Cat(held.column, held.row), Cat(kept, narrow)

    # No word is read that is being written.
    asked = Signal()
    if shared:
        m.d.comb += [
            words.read_addr.eq(Mux(reads, address | zones * zones, index)),
            words.write_addr.eq(Mux(comes, zone, to | zones * zones)),
            words.write_data.eq(Mux(comes, both, total)),
            words.write_en.eq(comes | goes_on),
            asked.eq(~reads & ~comes),
        ]
        answer = words
    else:
        answer = LineMemory(unsigned(number * RESULT), zones * zones)
        m.submodules.results = answer
        m.d.comb += [
            words.read_addr.eq(address),
            words.write_addr.eq(to),
            words.write_data.eq(total),
            words.write_en.eq(goes_on),
            answer.read_addr.eq(index),
            answer.write_addr.eq(zone),
            answer.write_data.eq(both),
            answer.write_en.eq(comes),
            asked.eq(~comes),
        ]
    with m.If(delayed(m, asked, 2)):
        m.d.sync += result.eq(answer.read_data)
