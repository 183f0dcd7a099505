# SPDX-License-Identifier: MIT
"""Proof of where frames enter: one at a time, each after its settings; the guard is a stand-in.

That whole frames leave the guard, whatever comes, is proved in ``test_frame_guard``; here, that
what is asked of who uses a guard and a crop is kept.
"""

from typing import Any

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring

from opsin.isp.frame_entry import FrameEntry
from opsin_sim.formal import free, given, implies, needs_sby, prove, responds, rule, source
from opsin_sim.formal.testing import each, expect_bug


class AnyGuard(wiring.Component):
    """In place of a frame guard: a frame begins with a ``sof``, and ends at any time."""

    i: Any
    begin: Any
    inside: Any
    width: Any
    height: Any

    def elaborate(self, platform: object) -> Module:
        m = Module()
        begins = self.i.valid & self.i.p.sof & ~self.inside
        m.d.comb += [
            self.begin.eq(begins & free(m, 1, "begins")),
            self.i.ready.eq(self.begin | (~self.i.p.sof & (~self.inside | free(m, 1, "takes")))),
        ]
        m.d.sync += self.inside.eq(self.begin | (self.inside & free(m, 1, "stays")))
        return m


def entry(block: Any) -> Module:
    """Any beats, any end of frames; settings that change only as a frame begins."""
    m = Module()
    dut = block(depth=8, max_width=8, min_height=4)
    guard = dut._guard
    guard.__class__ = AnyGuard
    m.submodules.dut = dut
    taken = source(m, dut.i)
    busy = free(m, 1, "busy")
    settings = dut.width[:1]  # of all that the guard samples
    begun, before = Signal(), Signal()
    m.d.comb += [
        dut.busy.eq(busy),
        settings.eq(free(m, len(settings), "settings")),
        dut.timeout.eq(0),
        dut.crop.bypass.eq(1),  # beats take the same time
    ]
    held = Signal(len(settings))
    m.d.sync += [held.eq(settings), begun.eq(dut.begin), before.eq(begun)]
    given(m, implies(~before, settings == held))

    # a frame's first beat comes after its ``begin``, and after all of the one before
    asked, since = Signal(), Signal(range(8), init=7)
    first = taken & dut.i.p.sof
    m.d.sync += [
        asked.eq((asked | dut.begin) & ~first),
        since.eq(Mux(dut.begin, 0, since + (since != 7))),
    ]
    rule(m, implies(first, asked & (since >= 3)), "settings_come_before")
    rule(m, implies(dut.begin, ~asked & dut.i.valid & dut.i.p.sof), "begins_with_a_frame")
    rule(m, implies(dut.begin | asked, ~guard.i.valid & ~guard.inside), "one_frame_at_a_time")
    waits, size = Signal(), Signal()
    m.d.sync += [
        waits.eq(guard.i.valid & guard.i.p.sof & ~guard.i.ready),
        size.eq(guard.width[0]),
    ]
    rule(m, implies(waits, size == guard.width[0]), "size_holds_still")
    quiet = dut.i.valid & dut.i.p.sof & ~dut.i.ready & ~guard.i.valid & ~guard.inside & ~busy
    responds(m, quiet, 16, "gets_its_turn")
    return m


PROOF: tuple[Any, Any] = (FrameEntry, entry)
BUGS = [
    ("& ~guard.inside & ~behind &", "& ~behind &", "one_frame_at_a_time"),
    ("& (quiet == _QUIET) &", "&", "one_frame_at_a_time"),
    ("& ~opened[-1])", "& ~opened[0])", "settings_come_before"),
]


@needs_sby
def test_proved() -> None:
    assert (verdict := prove(entry(FrameEntry), timeout=300)), verdict


@needs_sby
@each("right, wrong, rule_name", BUGS)
def test_planted_bug_is_found(right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOF, right, wrong, rule_name, depth=None)
