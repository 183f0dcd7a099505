# SPDX-License-Identifier: MIT
"""Quads of a raw frame, with their place among the zones."""

from typing import Any

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data
from amaranth.lib.memory import Memory

from .tap import Watched

__all__ = ["Quads", "quads"]


class Quads:
    """Fourth stage: what a beat of an odd line completes."""

    def __init__(self, depth: int) -> None:
        wide = unsigned(depth + 3)
        self.valid = Signal()  # a quad or more came, accepted or not
        self.sums: Any = Signal(
            data.StructLayout({"red": wide, "green": wide, "blue": wide, "quads": unsigned(2)})
        )
        self.first = Signal(name="first")  # in this line, of its zone
        self.flush = Signal(name="flush")  # the zone's part of this line ends, and is counted
        self.top = Signal(name="top")  # this line is the zone's first
        self.zone = Signal(10, name="zone_index")
        self.end = Signal(name="end")  # last line of the frame ends
        self.rows, self.columns = Signal(6), Signal(6)  # zones of the frame that ended last


def quads(m: Module, seen: Watched, use: Any, *, depth: int, max_width: int) -> Quads:
    """Add stages 2 to 4 behind the first; ``use`` are the settings."""
    ppc = len(seen.beat.pixel)
    pairs = max(1, ppc // 2)
    out = Quads(depth)
    odd = seen.line[0]

    # Pixels side by side; with one per beat, the odd column completes the pair.
    previous = Signal(depth)
    with m.If(seen.valid):
        m.d.sync += previous.eq(seen.beat.pixel[0])
    pixels = [previous, seen.beat.pixel[0]] if ppc == 1 else list(seen.beat.pixel)
    complete = Signal()
    m.d.comb += complete.eq(seen.valid & (seen.column if ppc == 1 else 1))

    # Place in the line, in steps of what completes, and in the zone.
    step = (max(2, ppc) - 1).bit_length()
    group, inside, column = Signal(15), Signal(15), Signal(6)
    here, at, column_here = Signal(15), Signal(15), Signal(6)
    last, ends, line_ends = Signal(), Signal(), Signal()
    m.d.comb += [
        here.eq(Mux(seen.starts, 0, group)),
        at.eq(Mux(seen.starts, 0, inside)),
        column_here.eq(Mux(seen.starts, 0, column)),
        last.eq(at + 1 == use.zone_width >> step),
        line_ends.eq(seen.valid & seen.beat.eol),
        ends.eq((complete & last) | (line_ends & (complete | (at != 0)))),
    ]
    with m.If(seen.valid):
        m.d.sync += [
            group.eq(here + complete),
            inside.eq(Mux(complete & last, 0, at + complete)),
            column.eq(column_here + (complete & last & (column_here != 32))),
        ]

    # Place among the lines, in quads.
    down, row = Signal(15), Signal(6)
    down_here, row_here = Signal(15), Signal(6)
    m.d.comb += [
        down_here.eq(Mux(seen.beat.sof, 0, down)),
        row_here.eq(Mux(seen.beat.sof, 0, row)),
    ]
    with m.If(seen.valid):
        m.d.sync += [down.eq(down_here), row.eq(row_here)]
    with m.If(line_ends & odd):
        bottom = down + 1 == use.zone_height >> 1
        m.d.sync += [down.eq(Mux(bottom, 0, down + 1)), row.eq(row + (bottom & (row != 32)))]

    rows, columns, ended = Signal(6), Signal(6), Signal()
    counted = ends & odd & (column_here != 32) & (row_here != 32)
    with m.If(seen.valid & seen.beat.sof):
        m.d.sync += [rows.eq(0), columns.eq(0)]
    with m.Elif(counted):
        m.d.sync += [rows.eq(row + 1), columns.eq(column_here + 1)]
    m.d.sync += ended.eq(line_ends & (seen.line + 1 == use.height))
    with m.If(ended):
        m.d.sync += [out.rows.eq(rows), out.columns.eq(columns)]

    def delayed(value: Value, stages: int) -> Value:
        for _ in range(stages):
            register = Signal.like(value)
            m.d.sync += register.eq(value)
            value = register
        return value

    m.d.sync += [
        out.valid.eq(delayed(complete & odd, 2)),
        out.first.eq(delayed(at == 0, 2)),
        out.flush.eq(delayed(counted, 2)),
        out.top.eq(delayed(down_here == 0, 2)),
        out.zone.eq(delayed(Cat(column_here[:5], row_here[:5]), 2)),
        out.end.eq(delayed(ended, 1)),
    ]

    # Stage 2: green and the other colour of each pair, from this line and from the one above.
    half = data.StructLayout({"green": unsigned(depth), "other": unsigned(depth), "ok": 1})
    shape = data.ArrayLayout(half, pairs)
    store = Memory(shape=shape, depth=-(-max_width // max(2, ppc)), init=[])
    m.submodules.above = store
    read, write = store.read_port(), store.write_port()
    m.d.comb += read.addr.eq(here)
    phase = use.phase.as_value()
    which = phase[0] ^ phase[1] ^ odd
    below: Any = Signal(shape)  # stage 3
    above: Any = Signal(shape)
    m.d.sync += above.eq(read.data)
    swapped = delayed(phase[1], 2)
    for k in range(pairs):
        pair = Array(pixels[2 * k : 2 * k + 2])
        fits = [(value >= use.dark) & (value <= use.saturation) for value in pair]
        m.d.sync += [
            below[k].other.eq(delayed(pair[which], 1)),
            below[k].green.eq(delayed(pair[~which], 1)),
            below[k].ok.eq(delayed(Cat(fits), 1).all()),
        ]
    m.d.comb += [
        write.addr.eq(delayed(here, 2)),
        write.data.eq(below),
        write.en.eq(delayed(complete & ~odd, 2)),
    ]

    # Stage 4: what is accepted.
    sums: dict[str, Value] = dict.fromkeys(("red", "green", "blue", "quads"), Const(0))
    for k in range(pairs):
        ok = above[k].ok & below[k].ok
        one = {
            "red": Mux(swapped, below[k].other, above[k].other),
            "green": above[k].green + below[k].green,
            "blue": Mux(swapped, above[k].other, below[k].other),
            "quads": ok,
        }
        for name, value in one.items():
            sums[name] = sums[name] + Mux(ok, value, 0)
    m.d.sync += [out.sums[name].eq(value) for name, value in sums.items()]
    return out
