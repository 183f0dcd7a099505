# SPDX-License-Identifier: MIT
"""Cells of a raw frame: pixels side by side, and quads of two lines."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data

from ..common.flow import delayed
from ..common.line_memory import LineMemory
from .tap import Watched

__all__ = ["cell_pairs", "quad_sums", "total"]


def total(values: Sequence[Value]) -> Value:
    """Return the sum."""
    return reduce(add, values)


def cell_pairs(m: Module, seen: Watched, values: Sequence[Value]) -> list[tuple[Value, Value]]:
    """Register a value of each pixel; return, of the second stage, those of each pair in a cell.

    With one pixel per beat they are good where the second one is there.
    """
    now = [Signal.like(value, name=f"now_{k}") for k, value in enumerate(values)]
    with m.If(seen.valid):
        m.d.sync += [register.eq(value) for register, value in zip(now, values, strict=True)]
    if len(values) == 1:
        before = Signal.like(now[0], name="before")
        with m.If(seen.valid):
            m.d.sync += before.eq(now[0])
        now = [before, *now]
    return list(zip(now[::2], now[1::2], strict=True))


def quad_sums(
    m: Module, seen: Watched, use: Any, step: Value, *, depth: int, max_width: int
) -> dict[str, Value]:
    """Return, of the fifth stage, the sums of the accepted quads of a cell; good in odd lines.

    ``step`` is that of all cells, of the second stage.
    """
    ppc = len(seen.pixel)
    pairs = max(1, ppc // 2)

    # Stage 2: green and the other colour of each pair. The pair above is being read.
    pixels = [seen.pixel[k] for k in range(ppc)]
    fits = [Cat(value >= use.dark, value <= use.saturation) for value in pixels]
    samples, good = cell_pairs(m, seen, pixels), cell_pairs(m, seen, fits)
    odd, cell = Signal(), Signal(range(max_width // max(2, ppc)))
    phase = use.phase.as_value()
    m.d.sync += odd.eq(seen.line[0])
    with m.If(seen.starts):
        m.d.sync += cell.eq(0)
    with m.Elif(step):
        m.d.sync += cell.eq(cell + 1)
    left_is_green = phase[0] ^ phase[1] ^ odd

    half = data.StructLayout({"green": unsigned(depth), "other": unsigned(depth), "ok": 1})
    shape = data.ArrayLayout(half, pairs)
    m.submodules.above = store = LineMemory(shape, max_width // max(2, ppc))
    below: Any = Signal(shape)  # stage 3
    for k, (left, right) in enumerate(samples):
        m.d.sync += [
            below[k].green.eq(Mux(left_is_green, left, right)),
            below[k].other.eq(Mux(left_is_green, right, left)),
            below[k].ok.eq(Cat(good[k]).all()),
        ]
    m.d.comb += [
        store.read_addr.eq(cell),
        store.write_addr.eq(delayed(m, cell, 1)),
        store.write_data.eq(below),
        store.write_en.eq(delayed(m, step & ~odd, 1)),
    ]

    # Stage 4: both. Stage 5: what is accepted, or nothing.
    above = store.read_data
    below = shape(delayed(m, below.as_value(), 1))
    parts: dict[str, list[Value]] = {name: [] for name in ("red", "green", "blue", "quads")}
    for k in range(pairs):
        accepted = above[k].ok & below[k].ok
        one: dict[str, Any] = {
            "red": Mux(phase[1], below[k].other, above[k].other),
            "green": above[k].green + below[k].green,
            "blue": Mux(phase[1], above[k].other, below[k].other),
            "quads": Const(1),
        }
        for name, value in one.items():
            register = Signal(value.shape(), name=f"{name}_{k}")
            m.d.sync += register.eq(Mux(accepted, value, 0))
            parts[name].append(register)
    return {name: total(values) for name, values in parts.items()}
