# SPDX-License-Identifier: MIT
"""Proof of the frame guard: whatever comes, whole frames of the size that was asked for leave."""

from collections.abc import Callable
from typing import Any

import pytest
from amaranth import Cat, Module, Mux, Signal, Value

from opsin.isp import FrameGuard
from opsin_sim.formal import (
    frames,
    free,
    given,
    implies,
    in_order,
    mutant,
    needs_sby,
    prove,
    responds,
    rule,
    sink,
    source,
)

BEATS = 8  # of the longest line


def guarded(block: Any = FrameGuard, ppc: int = 1, places: bool = False) -> Module:
    """Any beats, any settings with each frame, any other inputs in every cycle."""
    m = Module()
    m.submodules.dut = dut = block(depth=8, max_width=BEATS * ppc, ppc=ppc)
    taken, left = source(m, dut.i), sink(m, dut.o)
    width, height = free(m, 5, "width"), free(m, 3, "height")
    m.d.comb += [
        dut.width.eq(width),
        dut.height.eq(height),
        Cat(dut.hold, dut.early, dut.stop, dut.clear).eq(free(m, 4, "others")),
    ]
    # the size holds still while a beat with sof waits
    waits, size, before = Signal(), Cat(width, height), Signal(8)
    m.d.sync += [waits.eq(dut.i.valid & dut.i.p.sof & ~dut.i.ready), before.eq(size)]
    given(m, implies(waits, size == before))

    beats, lines = Signal(5), Signal(3)
    wanted, least = width >> (ppc - 1).bit_length(), max(4 // ppc, 2)
    with m.If(dut.begin):
        m.d.sync += [
            beats.eq(Mux(wanted < least, least, Mux(wanted > BEATS, BEATS, wanted))),
            lines.eq(Mux(height < 4, 4, height)),
        ]
    place = frames(m, dut.o, beats, lines, "o")
    # no frame is lost or made up, and each starts with the pixels of its sof
    starts = taken & dut.i.p.sof
    in_order(
        m,
        starts,
        Cat(dut.i.p.pixel),
        left & dut.o.p.sof,
        Cat(dut.o.p.pixel),
        capacity=1,
        name="sof",
    )
    rule(m, dut.begin == starts, "begins_with_sof")
    rule(m, implies(dut.hold, ~dut.begin), "holds")
    # with a beat offered and the output free, something moves, at a frame's begin in 3 cycles
    stands = dut.i.valid & ~dut.i.ready & dut.o.ready & ~dut.o.valid & ~dut.hold
    responds(m, stands, 2, "moves")
    if places:
        _in_place(m, dut, taken, place)
    return m


def _in_place(m: Module, dut: Any, taken: Value, out: Any) -> None:
    """Pixels that carry their place, line from 1, leave there, and 0 elsewhere."""
    beat = dut.i.p
    x, y, ended = Signal(4), Signal(4), Signal(init=1)
    column, line = Signal(4), Signal(4)
    m.d.comb += [
        column.eq(Mux(beat.sof | ended, 0, Mux(x == 15, 15, x + 1))),
        line.eq(Mux(beat.sof, 1, Mux(ended & (y != 15), y + 1, y))),
    ]
    with m.If(taken):
        m.d.sync += [x.eq(column), y.eq(line), ended.eq(beat.eol)]
    given(m, implies(dut.i.valid, beat.pixel[0] == Cat(column, line)))
    given(m, ~dut.early & ~dut.stop)  # what is filled for these is no place of the source
    expected = Cat(out.x[:4], (out.y + 1)[:4])
    pixel = dut.o.p.pixel[0]
    rule(m, implies(dut.o.valid, (pixel == 0) | (pixel == expected)), "pixel_in_place")


PROOFS: dict[str, Callable[[Any], Module]] = {
    "ppc-1": lambda block: guarded(block),
    "ppc-2": lambda block: guarded(block, ppc=2),
}
BUGS = [
    ("drop & beat.eol)", "drop)", "in_place"),
    ("self.o.p.sof.eq(self.begin)", "self.o.p.sof.eq(at_sof)", "in_place"),
    ("advance & ripe & ~self.hold", "advance & ripe", "holds"),
    ("self.i.ready.eq(self.begin |", "self.i.ready.eq(at_sof |", "sof"),
    ("beat.sof | ~dropping", "~beat.sof & ~dropping", "moves"),
    ("Mux(ended, moved, x + 1)", "Mux(ended, 0, x + 1)", "o_eol"),
]


@needs_sby
@pytest.mark.parametrize("name", ["ppc-1", pytest.param("ppc-2", marks=pytest.mark.slow)])
def test_proved(name: str) -> None:
    assert (verdict := prove(PROOFS[name](FrameGuard), timeout=300)), verdict


@needs_sby
@pytest.mark.slow
def test_pixels_in_place() -> None:
    assert (verdict := prove(guarded(places=True), timeout=600)), verdict


@needs_sby
@pytest.mark.parametrize(("right", "wrong", "rule_name"), BUGS)
def test_planted_bug_is_found(right: str, wrong: str, rule_name: str) -> None:
    verdict = prove(guarded(mutant(FrameGuard, right, wrong), places=True), depth=40)
    assert not verdict
    assert any(rule_name in broken for broken in verdict.broken), verdict
