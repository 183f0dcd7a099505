# SPDX-License-Identifier: MIT
"""Proofs of the scaler's handshake: what is promised from part to part.

The parts count: beats in, pixels of a line, passes, pixels and beats out. Pixels are followed
through the queues only; what becomes of them is for the golden model.
"""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

from amaranth import C, Cat, Module, Mux, Signal, Value, signed

from opsin.isp.scaler_across import LineWalk
from opsin.isp.scaler_input import ScalerInput
from opsin.isp.scaler_output import ScalerOutput
from opsin.isp.scaler_passes import PassPlanner
from opsin_sim.formal import (
    fixed,
    frames,
    free,
    given,
    implies,
    needs_sby,
    prove,
    responds,
    rule,
)
from opsin_sim.formal.flow import opened
from opsin_sim.formal.testing import each, expect_bug

Proof = Callable[[Any], Module]


def starts(m: Module, busy: Value) -> Value:
    """Return a strobe at any time while nothing is under way, for which settings have settled."""
    age = Signal(range(4))
    m.d.sync += age.eq(age + (age != 3))
    start = free(m, 1, "starts") & ~busy & (age == 3)
    strobe = Signal(name="start")
    m.d.comb += strobe.eq(start)
    return strobe


def entry(ppc: int, average: int, *, bypass: bool = False) -> Proof:
    """Any source, and whoever takes averages at any time; a size and average that stay."""

    def proof(block: Any) -> Module:
        m = Module()
        dut = block(depth=8, ppc=ppc)
        m.submodules.dut = dut
        queue = opened(dut).submodules.queue
        beats, height = 3, 2
        width = beats * ppc
        m.d.comb += [
            dut.width.eq(width),
            dut.height.eq(height),
            dut.average.eq(average),
            dut.bypass.eq(bypass),
            dut.room.eq(free(m, 1, "room")),
            dut.valid.eq(free(m, 1, "valid")),
            dut.o.ready.eq(free(m, 1, "ready")),
        ]
        start = starts(m, dut.busy)
        m.d.comb += dut.start.eq(start)

        # beats of the frame, no more and no fewer
        left, line = Signal(4), Signal(2)
        takes = dut.valid & dut.ready
        with m.If(start):
            m.d.sync += left.eq(beats * height)
        with m.Elif(takes):
            m.d.sync += left.eq(left - 1)
        rule(m, implies(dut.ready, left != 0), "takes_its_beats")
        rule(m, dut.busy == (left != 0), "busy_until_all_are_taken")
        m.d.sync += line.eq(Mux(start, 0, Mux(takes, Mux(line == beats - 1, 0, line + 1), line)))
        if bypass:
            rule(m, ~dut.o.valid, "goes_elsewhere")
            late = Signal(2)
            m.d.sync += late.eq(Cat(dut.room, late))
            rule(m, implies(dut.ready, late[1]), "stops")
            responds(m, dut.room & (left != 0) & ~dut.ready, 3, "moves")
            return m

        # averages: as many for each line as there are, the last of them marked
        rule(m, implies(queue.push, queue.level != queue.depth), "none_lost")
        groups = width >> average
        came, owed = Signal(4), Signal(signed(4))
        m.d.sync += came.eq(Mux(queue.push, Mux(queue.i.last, 0, came + 1), came))
        last = queue.push & queue.i.last
        m.d.sync += owed.eq(owed + (takes & (line == beats - 1)) - last)
        rule(m, implies(last, came == groups - 1), "line_of_averages")
        rule(m, owed >= -1, "none_made_up")  # the last may not need the line's last beat
        rule(m, came <= groups, "no_more_averages")
        idle = Signal(4)
        m.d.sync += idle.eq(Mux(takes, 0, idle + (idle != 15)))
        rule(m, implies(idle >= 10, owed <= 0), "all_leave")
        rule(m, implies((idle >= 10) & (left == 0), owed == 0), "as_many_lines")
        responds(m, (left != 0) & (queue.level == 0) & ~dut.ready, 12, "moves")
        return m

    return proof


def exit_(ppc: int, *, bypass: bool = False) -> Proof:
    """Pixels come some time after they were announced, while there is room; or whole beats."""

    def proof(block: Any) -> Module:
        m = Module()
        dut = block(depth=8, ppc=ppc, pixels=16 * ppc)
        m.submodules.dut = dut
        queue = opened(dut).submodules.queue
        ready = free(m, 1, "ready")
        m.d.comb += dut.o.ready.eq(ready)
        rule(m, implies(queue.push, queue.level != queue.depth), "none_lost")
        waits, before = Signal(), Signal(2)
        marks = Cat(dut.o.p.sof, dut.o.p.eol)
        m.d.sync += [waits.eq(dut.o.valid & ~ready), before.eq(marks)]
        rule(m, implies(waits, dut.o.valid & (marks == before)), "marks_stable")
        come, taken, way = Signal(), Signal(), Signal(4)
        m.d.sync += [come.eq(dut.passes if bypass else dut.valid), taken.eq(dut.o.valid & ready)]
        if bypass or ppc == 1:
            inner = queue.level + queue.push + dut.o.valid + come + taken
            rule(m, dut.reserved == ppc * inner + way, "counts_all")

        if bypass:
            late = Signal(2)  # the source stops as late as it may
            m.d.sync += late.eq(Cat(dut.room_beats, late))
            m.d.comb += dut.passes.eq(free(m, 1, "passes") & late[1])
            m.d.comb += Cat(dut.beat.sof, dut.beat.eol).eq(free(m, 2, "marks"))
            inside = Signal(8)
            m.d.sync += inside.eq(inside + dut.passes - (dut.o.valid & ready))
            rule(m, implies(dut.o.valid, inside != 0), "none_made_up")
            responds(m, (inside != 0) & ~dut.o.valid, 4, "offers")
            return m

        beats, height = C(2, 2), C(2, 2)
        m.d.comb += [dut.width.eq(beats * ppc), dut.height.eq(height)]
        start = starts(m, dut.busy)
        m.d.comb += dut.start.eq(start)
        late, left = Signal(2), Signal(6)
        m.d.sync += late.eq(Cat(dut.room_pixels, late))
        leaves = free(m, 1, "leaves") & late[1] & (left != 0)  # decided as late as it may be
        m.d.comb += [dut.leaves.eq(leaves), dut.valid.eq(free(m, 1, "valid") & (way != 0))]
        given(m, implies(way == 7, ~leaves))
        with m.If(start):
            m.d.sync += left.eq(4 * ppc)
        with m.Else():
            m.d.sync += left.eq(left - leaves)
        m.d.sync += way.eq(way + leaves - dut.valid)
        frames(m, SimpleNamespace(valid=queue.push, ready=C(1), p=queue.i), beats, height, "queue")
        rule(m, implies((left != 0) | (way != 0), dut.busy), "busy_until_all_have_come")
        return m

    return proof


def planner(block: Any, moves_on: bool = False) -> Module:
    """Expect a pass for every line that comes and one for every line that leaves."""
    m = Module()
    m.submodules.dut = dut = block()
    height, height_out = fixed(m, 2, "height"), fixed(m, 2, "height_out")
    average = fixed(m, 1, "average")
    given(m, ((height >> average) != 0) & (height_out != 0))
    m.d.comb += [
        dut.height.eq(height),
        dut.height_out.eq(height_out),
        dut.average.eq(average),
        dut.first.eq((fixed(m, 3, "first") - 4) << 14),  # in quarters
        dut.step.eq(fixed(m, 4, "step") << 14),
        dut.o.ready.eq(free(m, 1, "ready")),
    ]
    start = starts(m, dut.busy)
    m.d.comb += dut.start.eq(start)
    plan, takes = dut.o.p, dut.o.valid & dut.o.ready
    waits, before = Signal(), Signal(len(Value.cast(plan)))
    taken = Signal()
    m.d.sync += [waits.eq(dut.o.valid & ~dut.o.ready), before.eq(plan), taken.eq(takes)]
    rule(m, implies(waits, dut.o.valid & (Value.cast(plan) == before)), "payload_stable")
    rule(m, implies(taken, Value.cast(plan) == before), "payload_holds_for_the_queue")

    come, leave = Signal(3), Signal(3)  # lines that did
    with m.If(start):
        m.d.sync += [come.eq(0), leave.eq(0)]
    with m.Elif(takes):
        m.d.sync += [come.eq(come + plan.comes), leave.eq(leave + (plan.emits & ~plan.skip))]
    rule(m, implies(dut.o.valid & plan.comes, come != height), "lines_that_come")
    rule(m, implies(dut.o.valid & plan.emits & ~plan.skip, leave != height_out), "lines_that_leave")
    rule(m, implies(dut.o.valid & plan.skip, plan.comes & ~plan.emits), "what_is_dropped_comes")
    rule(m, implies(dut.o.valid & ~plan.skip, leave != height_out), "passes_end_with_lines")
    if moves_on:
        others = Signal(3)  # passes without a line that comes or leaves
        other = takes & ~plan.comes & ~plan.emits
        m.d.sync += others.eq(Mux(takes, Mux(other, others + 1, 0), others))
        rule(m, others != 7, "moves_on")
    was = Signal()
    m.d.sync += was.eq(dut.busy)
    ended = was & ~dut.busy
    rule(m, implies(ended, (come == height) & (leave == height_out)), "all_lines")
    responds(m, dut.busy & ~dut.o.valid, 5, "moves")
    return m


def walk(pace: int) -> Proof:
    """Any passes and pixels, any step and place."""

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(depth=8, pace=pace)
        width_out = fixed(m, 2, "width_out")
        width = fixed(m, 2, "width")
        given(m, (width_out != 0) & (width != 0))
        passes, i = dut.passes, dut.i
        m.d.comb += [
            dut.width_out.eq(width_out),
            dut.first.eq((fixed(m, 4, "first") - 8) << 14),  # in quarters
            dut.step.eq(fixed(m, 5, "step") << 14),
            dut.room.eq(free(m, 1, "room")),
            passes.valid.eq(free(m, 1, "pass_valid")),
            Value.cast(passes.p).eq(free(m, len(Value.cast(passes.p)), "plan")),
            i.valid.eq(free(m, 1, "i_valid")),
        ]
        # settings come before
        age = Signal(range(4))
        m.d.sync += age.eq(age + (age != 3))
        given(m, implies(passes.valid, age == 3))
        given(m, implies(passes.p.skip, passes.p.comes & ~passes.p.emits))
        begins = passes.valid & passes.ready
        takes = i.valid & i.ready
        comes, emits, shows = Signal(), Signal(), Signal()
        got, shown, left = Signal(2), Signal(2), Signal(2)
        with m.If(begins):
            m.d.sync += [
                comes.eq(passes.p.comes),
                emits.eq(passes.p.emits),
                shows.eq(~passes.p.skip),
                got.eq(0),
                left.eq(0),
            ]
        with m.Else():
            m.d.sync += [got.eq(got + takes), left.eq(left + dut.leaves)]
        given(m, i.p.last == (got == width - 1))
        rule(m, implies(i.ready, dut.busy & comes & (got != width)), "takes_a_line")
        rule(m, implies(dut.leaves, emits & (left != width_out)), "announces_what_leaves")
        late = Signal(2)
        m.d.sync += late.eq(Cat(dut.room, late))
        rule(m, implies(dut.leaves, late[1]), "leaves_with_room")
        # a pixel is shown a cycle after it leaves
        with m.If(begins):
            m.d.sync += shown.eq(0)
        with m.Elif(dut.valid):
            m.d.sync += shown.eq(shown + 1)
        rule(m, implies(dut.valid, shows & (shown != width_out)), "a_line_is_shown")
        rule(m, implies(dut.valid & emits, left > shown), "announced_before")
        was, gap = Signal(), Signal(range(8), init=7)
        m.d.sync += [was.eq(dut.busy), gap.eq(Mux(dut.valid, 0, gap + (gap != 7)))]
        whole = (got == Mux(comes, width, 0)) & (shown == Mux(shows, width_out, 0))
        rule(m, implies(was & ~dut.busy, whole & (left == Mux(emits, width_out, 0))), "whole_lines")
        if pace > 1:
            rule(m, implies(dut.valid, gap >= pace - 1), "keeps_the_pace")
        responds(m, dut.busy & dut.room & i.valid, 80, "moves")
        responds(m, ~dut.busy & ~passes.ready, 10, "begins")
        return m

    return proof


PROOFS: dict[str, tuple[Any, Proof]] = {
    "input": (ScalerInput, entry(1, 0)),
    "input-average": (ScalerInput, entry(1, 1)),
    "input-ppc-2": (ScalerInput, entry(2, 0)),
    "input-ppc-2-average": (ScalerInput, entry(2, 2)),
    "input-bypass": (ScalerInput, entry(1, 0, bypass=True)),
    "output": (ScalerOutput, exit_(1)),
    "output-bypass": (ScalerOutput, exit_(2, bypass=True)),
    "planner": (PassPlanner, planner),
    "planner-moves-on": (PassPlanner, partial(planner, moves_on=True)),
    "walk": (LineWalk, walk(3)),
    "walk-lanes": (LineWalk, walk(1)),
}
SLOW = {"input-ppc-2", "walk-lanes", "planner-moves-on"}
BUGS = [
    ("input", "Mux(accept, ~final & (more == 0)", "Mux(accept, (more == 0)", "takes_its_beats"),
    ("input", "_DEPTH = 16", "_DEPTH = 4", "none_lost"),
    ("output", "reserved <= capacity - 4)", "reserved <= capacity)", "none_lost"),
    ("planner", "self.o.valid & ~self.o.ready", "0", "payload_stable"),
    ("planner", "replay.eq(~moves & ~one_left)", "replay.eq(~moves)", "lines_that_leave"),
    ("walk", "left == 2)", "left == 1)", "announces_what_leaves"),
]


@needs_sby
@each("name", PROOFS, SLOW)
def test_proved(name: str) -> None:
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block), timeout=300)), verdict


@needs_sby
@each("name, right, wrong, rule_name", BUGS, SLOW)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    depth = 40 if name == "output" else None  # whichever is quicker
    expect_bug(PROOFS[name], right, wrong, rule_name, depth=depth)
