# SPDX-License-Identifier: MIT
"""Proofs of the whole scaler's handshake, from what is proved of its parts in ``test_scaler``.

What joins the parts is real: state machine, settings, the way of plans and pixels. Parts are
stand-ins that do anything, at any time, that those proofs allow. There are two proofs:

``frames``: a frame is taken, once, and as many pixels as its result has come to the output, whose
proof says that they leave as whole frames with their marks; whatever the parts wait for comes.
There, pixels that a pass shows are on their way to the output if it emits, for any time.

``pixels``: so it is. On their way each meets the plan of its own pass in the line memories, and
they come to the output if it emits.
"""

from collections.abc import Callable
from typing import Any

import pytest
from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import unsigned

from opsin.common.flow import delayed
from opsin.isp.scaler import Scaler
from opsin.isp.scaler_across import LineWalk
from opsin.isp.scaler_down import LineStore
from opsin.isp.scaler_filter import PolyphaseFilter
from opsin.isp.scaler_input import ScalerInput
from opsin.isp.scaler_output import ScalerOutput
from opsin.isp.scaler_passes import PassPlanner
from opsin.isp.scaler_queue import PromisedQueue
from opsin_sim.formal import (
    fixed,
    free,
    given,
    implies,
    in_order,
    needs_sby,
    prove,
    responds,
    rule,
    sink,
    source,
    with_parts,
)
from opsin_sim.formal.flow import opened
from opsin_sim.formal.testing import each, expect_bug

Proof = Callable[[Any], Module]
LATENCY = 4  # of filters, here: real ones take longer, and the queue of plans is as much deeper
SIZES = ("width", "height", "width_out", "height_out")
SETTINGS = (
    *SIZES,
    *("phase_x", "phase_y", "step_x", "step_y", "average_x", "average_y", "bank", "bypass"),
)


class AnyInput(ScalerInput):
    """Takes the beats of a frame, and offers lines of averages of it."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.left, self.lines, self.x = left, lines, x = Signal(4), Signal(2), Signal(2)
        stops = Signal(2)
        groups = Mux(self.average[0], self.width >> 1, self.width)[:2]
        takes, gives = self.valid & self.ready, self.o.valid & self.o.ready
        m.d.sync += stops.eq(Cat(self.room, stops))
        m.d.comb += [
            self.busy.eq(left != 0),
            self.ready.eq((left != 0) & free(m, 1, "input_takes") & (~self.bypass | stops[1])),
            self.o.valid.eq((lines != 0) & free(m, 1, "input_offers")),
            self.o.p.last.eq(x == groups - 1),
        ]
        with m.If(self.start):
            m.d.sync += left.eq(self.width[:2] * self.height[:2])
            m.d.sync += lines.eq(Mux(self.bypass, 0, self.height[:2]))
        with m.Else():
            m.d.sync += left.eq(left - takes)
            m.d.sync += lines.eq(lines - (gives & self.o.p.last))
        m.d.sync += x.eq(Mux(gives, Mux(self.o.p.last, 0, x + 1), x))
        return m


class AnyPlanner(PassPlanner):
    """Offers passes for all lines that come and leave."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.come, self.leave = come, leave = Signal(2), Signal(2)
        plan = self.o.p
        emits = plan.emits & ~plan.skip
        taken = self.o.valid & self.o.ready
        self.ends = ends = (come == 0) & (leave == 0)
        m.d.comb += [
            self.o.valid.eq(self.busy & ~ends & free(m, 1, "planner_offers")),
            Value.cast(plan).eq(free(m, len(Value.cast(plan)), "plan")),
        ]
        may = implies(plan.comes, come != 0) & implies(plan.skip, plan.comes & ~plan.emits)
        given(m, implies(self.o.valid, may & implies(~plan.skip, leave != 0)))
        with m.If(self.start):
            m.d.sync += [
                self.busy.eq(1),
                come.eq(self.height),
                leave.eq(self.height_out),
            ]
        with m.Else():
            m.d.sync += [
                self.busy.eq(self.busy & (~ends | free(m, 1, "planner_stays"))),
                come.eq(come - (taken & plan.comes)),
                leave.eq(leave - (taken & emits)),
            ]
        return m


class AnyWalk(LineWalk):
    """For each pass, takes a line if one comes, and shows as many pixels as leave."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        plan = self.passes.p
        begins = self.passes.valid & self.passes.ready
        self.comes = comes = Signal()  # a line, or its rest
        self.leave, self.show = leave, show = Signal(2), Signal(2)  # pixels to announce, to show
        room = Signal(2)
        self.emits = emits = Signal()
        m.d.comb += [
            self.passes.ready.eq(~self.busy & free(m, 1, "walk_begins")),
            self.i.ready.eq(comes & free(m, 1, "walk_takes")),
            self.leaves.eq((leave != 0) & room[1] & free(m, 1, "walk_leaves")),
            self.valid.eq((show != 0) & (~emits | (show > leave)) & free(m, 1, "walk_shows")),
        ]
        more = comes | (leave != 0) | (show != 0)
        m.d.sync += room.eq(Cat(self.room, room))
        with m.If(begins):
            m.d.sync += [
                self.busy.eq(1),
                comes.eq(plan.comes),
                emits.eq(plan.emits),
                leave.eq(Mux(plan.emits, self.width_out, 0)),
                show.eq(Mux(plan.skip, 0, self.width_out)),
            ]
        with m.Else():
            m.d.sync += [
                self.busy.eq(self.busy & (more | free(m, 1, "walk_stays"))),
                comes.eq(comes & ~(self.i.valid & self.i.ready & self.i.p.last)),
                leave.eq(leave - self.leaves),
                show.eq(show - self.valid),
            ]
        return m


class AnyStore(LineStore):
    """Gives ``shown`` pixels at any time after they were; that it is so is the other proof."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.inside, self.shown = Signal(4), Signal()
        m.d.comb += self.valid_out.eq((self.inside != 0) & free(m, 1, "store_gives"))
        m.d.sync += self.inside.eq(self.inside + self.shown - self.valid_out)
        return m


class NoFilter(PolyphaseFilter):
    """Takes no time."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.o_valid.eq(self.valid)
        return m


class AnyOutput(ScalerOutput):
    """Has room or not, and expects as many pixels as a frame has, each announced."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.announced, self.left, self.way = Signal(4), Signal(4), Signal(5)
        m.d.comb += [
            self.room_pixels.eq(free(m, 1, "room_pixels")),
            self.room_beats.eq(free(m, 1, "room_beats")),
            self.o.valid.eq(free(m, 1, "o_valid")),
            Value.cast(self.o.p).eq(free(m, len(Value.cast(self.o.p)), "o")),
            self.busy.eq(self.left != 0),
        ]
        pixels = self.width[:2] * self.height[:2]
        m.d.sync += [
            self.announced.eq(Mux(self.start, pixels, self.announced - self.leaves)),
            self.left.eq(Mux(self.start, pixels, self.left - self.valid)),
            self.way.eq(self.way + self.leaves - self.valid),
        ]
        pixels_late, beats_late = Signal(2), Signal(2)
        m.d.sync += pixels_late.eq(Cat(self.room_pixels, pixels_late))
        m.d.sync += beats_late.eq(Cat(self.room_beats, beats_late))
        rule(m, implies(self.leaves, (self.announced != 0) & pixels_late[1]), "announced_with_room")
        rule(m, implies(self.passes, beats_late[1]), "passes_with_room")
        rule(m, implies(self.valid, (self.way != 0) & (self.left != 0)), "pixels_as_announced")
        return m


class AnyPasses(PassPlanner):
    """Offers any passes, each until a cycle after it was taken."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        plan = Value.cast(self.o.p)
        with m.If(~self.o.valid):
            m.d.sync += [self.o.valid.eq(free(m, 1, "offers")), plan.eq(free(m, len(plan), "plan"))]
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        return m


class AnyPixels(LineWalk):
    """Shows a line for each pass that is not skipped."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        plan = self.passes.p
        begins = self.passes.valid & self.passes.ready
        self.emits, self.show = emits, show = Signal(), Signal(2)
        m.d.comb += [
            self.passes.ready.eq((show == 0) & free(m, 1, "walk_begins")),
            self.valid.eq((show != 0) & free(m, 1, "walk_shows")),
        ]
        with m.If(begins):
            m.d.sync += [emits.eq(plan.emits), show.eq(Mux(plan.skip, 0, self.width_out))]
        with m.Else():
            m.d.sync += show.eq(show - self.valid)
        return m


class Late(PolyphaseFilter):
    """Takes a fixed number of cycles."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.o_valid.eq(delayed(m, self.valid, LATENCY))
        return m


class NoInput(ScalerInput):
    """Takes nothing."""

    def elaborate(self, platform: object) -> Module:
        return Module()


class NoOutput(ScalerOutput):
    """Gives nothing."""

    def elaborate(self, platform: object) -> Module:
        return Module()


def whole_frames(block: Any) -> Module:
    """Frames and results of any size, other settings for each, beats between frames."""
    m = Module()
    kind = with_parts(
        block,
        ScalerInput=AnyInput,
        PassPlanner=AnyPlanner,
        LineWalk=AnyWalk,
        PolyphaseFilter=NoFilter,
        LineStore=AnyStore,
        ScalerOutput=AnyOutput,
    )
    dut = kind(depth=8, max_width=4)
    m.submodules.dut = dut
    parts = opened(dut).submodules
    entry, planner, walk, store = parts.input, parts.planner, parts.walk, parts.store
    output, across, down = parts.output, parts.across, parts.down
    for part in (entry, planner, walk, output, store):
        opened(part)
    entered = source(m, dut.i)
    first = dut.i.valid & dut.i.p.sof

    # settings: others in every cycle, unless a frame's first beat waits
    waits = Signal()
    m.d.sync += waits.eq(first & ~dut.i.ready)
    for name in SETTINGS:
        port = getattr(dut, name)
        size = 2 if name in SIZES else 1
        value, before = free(m, size, name), Signal(size, name=f"{name}_before")
        m.d.sync += before.eq(value)
        m.d.comb += port.eq(value)
        given(m, implies(waits, value == before))
        if name in SIZES:
            given(m, value != 0)
    given(m, (dut.width >> dut.average_x) != 0)

    # whole frames, and beats between them
    inside = Signal(4)  # beats of the frame that are to come
    into = (inside != 0) | dut.i.p.sof
    with m.If(entered & into):
        m.d.sync += inside.eq(Mux(dut.i.p.sof, dut.width[:2] * dut.height[:2], inside) - 1)
    given(m, implies(first, inside == 0))

    # they reach the input, and nothing else does
    fires = entry.valid & entry.ready
    rule(m, (entered & into) == fires, "frames_are_taken")
    rule(m, output.passes == (fires & entry.bypass), "frames_pass")
    rule(m, implies(output.passes, output.beat == dut.i.p), "beats_pass")
    same = Cat(dut.o.valid == output.o.valid, dut.o.ready == output.o.ready).all()
    rule(m, same & (Value.cast(dut.o.p) == Value.cast(output.o.p)), "results_leave")
    m.d.comb += dut.o.ready.eq(free(m, 1, "ready"))

    # one frame at a time, with its settings, which hold
    m.d.comb += store.shown.eq(walk.valid & walk.emits)
    under_way = Cat(entry.left, entry.lines, store.inside, planner.busy, walk.busy).any()
    pending = Cat(output.left, output.way, output.announced).any()
    rule(m, implies(~dut.busy, ~under_way & ~pending & (inside == 0)), "busy_until_all_has_left")
    rule(m, implies(entry.start, ~under_way & ~pending & waits), "one_frame_at_a_time")
    used = {
        "width": (entry.width,),
        "height": (entry.height, planner.height),
        "width_out": (walk.width_out, store.width, output.width),
        "height_out": (planner.height_out, output.height),
        "phase_x": (walk.first,),
        "phase_y": (planner.first,),
        "step_x": (walk.step,),
        "step_y": (planner.step,),
        "average_x": (entry.average,),
        "average_y": (planner.average, store.average),
        "bank": (across.bank, down.bank),
        "bypass": (entry.bypass,),
    }
    asked = Cat(getattr(dut, name) for name, ports in used.items() for _ in ports)
    now = Cat(used.values())
    was, since = Signal(len(now)), Signal(2)  # cycles for which settings have held
    m.d.sync += [was.eq(now), since.eq(Mux(now == was, since + (since != 3), 0))]
    rule(m, implies(entry.start, (now == asked) & (now == was) & (since >= 2)), "settings_in_time")
    rule(m, implies(under_way | pending, now == was), "settings_hold")

    # nothing waits for what does not come
    runs = dut.busy & (under_way | pending) & ~entry.bypass
    rule(m, implies(runs, entry.lines == planner.come + walk.comes), "a_pass_for_each_line")
    pixels = (planner.leave * walk.width_out[:2])[:4] + walk.leave
    rule(m, implies(runs, output.announced == pixels), "a_pass_for_each_result")
    rule(m, output.left == output.announced + output.way, "all_results_come")
    shown = Mux(walk.emits, walk.show - walk.leave, 0)[:4]
    rule(m, output.way == shown + store.inside, "all_results_are_shown")

    # a frame begins when the one before is over, and beats between frames are dropped
    begun = Signal()
    m.d.sync += begun.eq(dut.busy & (begun | entry.start))
    responds(m, first & ~dut.busy, 2, "frame_begins")
    responds(m, dut.busy & ~begun, 6, "parts_begin")
    responds(m, begun & ~under_way & ~pending, 3, "frame_ends")
    responds(m, ~dut.busy & dut.i.valid & ~first & ~dut.i.ready, 1, "drops")

    # tables
    write = dut.write
    m.d.comb += write.valid.eq(free(m, 1, "writes"))
    m.d.comb += Value.cast(write.p).eq(free(m, len(Value.cast(write.p)), "row"))
    fires = write.valid & write.ready
    rule(m, across.write == (fires & ~write.p.down), "written_across")
    rule(m, down.write == (fires & write.p.down), "written_down")
    rule(m, implies(fires, across.bank == dut.bank), "no_table_in_use")
    return m


def pixels(block: Any) -> Module:
    """Any passes, one after the other, and lines of any length; a pixel carries what it should."""
    m = Module()
    dut = with_parts(
        block,
        ScalerInput=NoInput,
        PassPlanner=AnyPasses,
        LineWalk=AnyPixels,
        PolyphaseFilter=Late,
        PromisedQueue=lambda shape, depth: PromisedQueue(shape, depth=8),
        ScalerOutput=NoOutput,
    )(depth=8, max_width=4)
    m.submodules.dut = dut
    parts = opened(dut).submodules
    walk, store, plans = parts.walk, parts.store, parts.plans
    opened(walk)
    width = fixed(m, 2, "width_out")
    m.d.comb += dut.width_out.eq(width)
    age = Signal(2)
    m.d.sync += age.eq(age + (age != 3))
    given(m, (width != 0) & implies(walk.valid, age == 3))  # settings come before

    tag = delayed(m, Cat(walk.valid, walk.emits, walk.show == 1), LATENCY, "tag")
    rule(m, store.valid == tag[0], "comes_across")
    rule(m, implies(plans.push, plans.level != plans.depth), "plans_have_room")
    rule(m, implies(store.valid, plans.o.valid & (plans.o.p.emits == tag[1])), "plan_of_its_pass")
    rule(m, implies(store.valid, store.done == tag[2]), "done_with_its_pass")
    stored = delayed(m, tag[0] & tag[1], 6, "stored")
    rule(m, parts.output.valid == delayed(m, stored, LATENCY, "down"), "leaves_if_it_emits")
    return m


def with_real_parts(block: Any) -> Module:
    """Frames of one pixel, any source and sink; only filters are quicker than real ones."""
    m = Module()
    m.submodules.dut = dut = with_parts(block, PolyphaseFilter=Late)(depth=8, max_width=4, lanes=3)
    for name in SIZES:
        m.d.comb += getattr(dut, name).eq(1)
    i, o = dut.i, dut.o
    waits, owed = Signal(), Signal(6)
    marks = Cat(i.p.sof, i.p.eol)
    m.d.comb += [i.valid.eq(free(m, 1, "valid")), o.ready.eq(free(m, 1, "ready")), marks.eq(3)]
    m.d.sync += waits.eq(i.valid & ~i.ready)
    given(m, implies(waits, i.valid))
    comes, leaves = i.valid & i.ready, o.valid & o.ready
    m.d.sync += owed.eq(owed + comes - leaves)
    rule(m, implies(o.valid, o.p.sof & o.p.eol), "marks")
    rule(m, implies(leaves, (owed != 0) | comes), "none_made_up")
    stuck = Signal(range(64))
    quiet = o.ready & i.valid & ~comes & ~leaves
    m.d.sync += stuck.eq(Mux(comes | leaves, 0, stuck + (quiet & (stuck != 63))))
    rule(m, stuck <= 60, "moves")
    return m


def filtered(lanes: int) -> Proof:
    """Pixels at any times that are far enough apart: each leaves after the same time."""

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(depth=8, lanes=lanes)
        pace = 3 // lanes
        late = Signal(32)
        m.d.comb += dut.valid.eq(free(m, 1, "valid"))
        m.d.sync += late.eq(Cat(dut.valid, late))
        given(m, implies(dut.valid, ~late[: pace - 1].any()))
        rule(m, dut.o_valid == late[4 + pace + dut._multiplied - 1], "on_time")
        return m

    return proof


def queue(block: Any) -> Module:
    """Pushed while there is room, at any time."""
    m = Module()
    m.submodules.dut = dut = block(unsigned(2), depth=4)
    word = free(m, 2, "word")
    m.d.comb += [dut.push.eq(free(m, 1, "push")), Value.cast(dut.i).eq(word)]
    given(m, implies(dut.push, dut.level != dut.depth))
    left = sink(m, dut.o)
    inside = in_order(m, dut.push, word, left, dut.o.payload, capacity=dut.depth + 1)
    rule(m, inside == dut.level + dut.o.valid, "level")
    responds(m, (inside != 0) & ~dut.o.valid, 2, "offers")
    return m


PROOFS: dict[str, tuple[Any, Proof]] = {
    "frames": (Scaler, whole_frames),
    "pixels": (Scaler, pixels),
    "filter": (PolyphaseFilter, filtered(1)),
    "filter-lanes": (PolyphaseFilter, filtered(3)),
    "queue": (PromisedQueue, queue),
}
SLOW = {"pixels"}
BUGS = [
    # from ``busy`` on, that a frame is not over while parts of it are under way
    ("frames", "entry.busy | planner.busy | walk.busy | output.busy", "entry.busy", "busy_until"),
    ("frames", "entry.busy | planner.busy | walk.busy | output.busy", "output.busy", "busy_until"),
    ("frames", "start.eq(settling == 3)", "start.eq(settling == 1)", "settings_in_time"),
    ("frames", "walk.room.eq(output.room_pixels)", "walk.room.eq(1)", "announced_with_room"),
    ("frames", "entry.ready | drop", "entry.ready", "drops"),
    ("frames", "~self.i.p.sof & ~drop)", "~drop)", "frames_are_taken"),
    ("frames", "& entry.ready & use.bypass", "& use.bypass", "frames_pass"),
    ("frames", "use.bank == self.bank", "1", "no_table_in_use"),
    ("pixels", "taken & ~planner.o.p.skip", "taken", "plan_of_its_pass"),
    ("pixels", "plans.o.ready.eq(store.done)", "plans.o.ready.eq(store.valid)", "plan_of_its_pass"),
    ("queue", "fetch.eq(some & moves)", "fetch.eq(some)", "level"),
    ("filter", "live == 1 if slots > 1", "live == 2 if slots > 1", "on_time"),
]


@needs_sby
@each("name", PROOFS, SLOW)
def test_proved(name: str) -> None:
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block), timeout=300)), verdict


@needs_sby
@pytest.mark.slow
def test_proved_with_real_parts_for_a_frame_and_a_half() -> None:
    """The first frame leaves in cycle 57 at the soonest."""
    proof = with_real_parts(Scaler)
    assert (verdict := prove(proof, depth=87, timeout=300)), verdict
    expect_bug((Scaler, with_real_parts), "store.done", "0", "moves", depth=140)


@needs_sby
@each("name", ["frames", "pixels"], SLOW)
def test_traffic_is_possible(name: str) -> None:
    """That what is assumed is not too much: a third frame begins, eight pixels leave."""
    block, proof = PROOFS[name]
    m = proof(block)
    dut: Any = m.submodules.dut
    was, count = Signal(), Signal(4)
    event = dut.busy & ~was if name == "frames" else dut.elaborate(None).submodules.output.valid
    m.d.sync += [was.eq(dut.busy), count.eq(count + event)]
    rule(m, count != (3 if name == "frames" else 8), "possible")
    verdict = prove(m, depth=80, timeout=300)
    assert verdict.broken == ("possible",)


@needs_sby
@each("name, right, wrong, rule_name", BUGS)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOFS[name], right, wrong, rule_name, depth=30)
