# SPDX-License-Identifier: MIT
"""Proofs of whole conveyors, with any block that keeps the contract of blocks on it.

What enters arrives once, in order, at the queue at the end, and not too much of it after that has
no more room. Of the queue it is then proved that it takes as much, and gives it on in order.
"""

from collections.abc import Callable
from typing import Any

import pytest
from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import unsigned
from amaranth.lib.wiring import In

from opsin.common import conveyor
from opsin.common.conveyor import Unload
from opsin.common.passage import Passage
from opsin.isp.conveyor import Conveyor
from opsin_sim.formal import (
    fixed,
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
from opsin_sim.formal.flow import as_stream, opened
from opsin_sim.formal.standin import StandIn
from opsin_sim.formal.testing import each, expect_bug

Proof = Callable[[Any], Module]
HOLD = 2  # slots that blocks of a passage may keep a beat
LATE = 1 + 2 + HOLD  # beats that may come after there is no room
AnyRoom = mutant(Unload, "level <= self.depth - self._reserve", "self.any_room")


def cut(m: Module, dut: Any) -> Any:
    """Let the queue at the conveyor's end have room or not; return that end."""
    end = dut._unload
    end.__class__ = AnyRoom
    end.any_room = free(m, 1, "any_room")
    m.d.comb += dut.o.ready.eq(1)
    return end


def arrives(m: Module, dut: Any, entered: Value, *, capacity: int, late: int) -> Value:
    """Prove that all arrive once, in order, and at most ``late`` when there is no more room.

    Return how many are on their way there.
    """
    end = dut._unload
    inside = in_order(m, entered, dut.i.payload, end.i.live, Cat(end.i.p), capacity=capacity)
    after = Signal(range(late + 2))
    m.d.sync += after.eq(Mux(end.room, 0, after + (end.i.live & (after <= late))))
    rule(m, implies(~end.room & end.i.live, after < late), "stops")
    return inside


def lines_left(m: Module, end: Any, height: Value) -> Value:
    """Return whether a frame's last beat has come to the queue, since the next one's first."""
    lines, ended = Signal.like(height), Signal(init=1)
    with m.If(end.i.live):
        m.d.sync += ended.eq(0)
        with m.If(end.i.p.eol):
            m.d.sync += [
                lines.eq(Mux(lines == height - 1, 0, lines + 1)),
                ended.eq(lines == height - 1),
            ]
    return ended


def passage(*, latency: int, hold: int) -> Proof:
    """Frames of any size; the sink takes at any time."""

    def proof(kind: Any) -> Module:
        m = Module()
        block = StandIn(unsigned(1), latency=latency, hold=hold)
        dut = kind([block])
        end = cut(m, dut)
        m.submodules.dut = dut
        entered = source(m, dut.i)
        width, height = fixed(m, 3, "width"), fixed(m, 2, "height")
        given(m, (width >= 1) & (height >= 1))
        m.d.comb += dut.height.eq(height)
        into = frames(m, dut.i, width, height, "i", given)
        late = latency + 2 + hold  # a line's end does not wait
        inside = arrives(m, dut, entered, capacity=latency + hold + 1, late=late)

        # told once of every frame, when all of it has left the block; then the next may come
        owed = Signal()
        ended = lines_left(m, end, height)
        m.d.sync += owed.eq((owed | (entered & into.last)) & ~dut.left)
        given(m, implies(dut.i.valid & into.first, ~owed))
        rule(m, implies(dut.left, owed & ended & (inside == 0)), "left_once_per_frame")
        responds(m, owed, latency + hold + 6, "left")
        rule(m, implies(block.i.live, block.i.step), "beats_are_slots")
        quiet = Signal(range(16))  # cycles since a line has ended
        m.d.sync += quiet.eq(Mux(entered, dut.i.p.eol, Mux(quiet == 0, 0, quiet + (quiet != 15))))
        rule(m, implies(quiet > latency + hold + 1, inside == 0), "lines_leave")
        responds(m, end.room & dut.i.valid & ~dut.i.ready, 1, "moves")
        return m

    return proof


def whole(*, latency: int, hold: int) -> Proof:
    """Frames of any size with settings that change with each; the sink takes at any time."""

    def proof(kind: Any) -> Module:
        m = Module()
        block: Any = StandIn(unsigned(1), latency=latency, hold=hold, ports={"setting": In(1)})
        dut = kind(block, max_width=8)
        end, feed = cut(m, dut), dut._feed
        m.submodules.dut = dut
        entered = source(m, dut.i)
        width, height = fixed(m, 3, "width"), fixed(m, 2, "height")
        given(m, (width >= 2) & (height >= 2))
        setting = free(m, 1, "setting")
        # not those of the frame, except when it begins
        sizes = [Mux(feed.begin, size, free(m, size.shape(), "else")) for size in (width, height)]
        m.d.comb += [dut.setting.eq(setting), Cat(dut.width, dut.height).eq(0)]
        m.d.comb += [dut.width.eq(sizes[0]), dut.height.eq(sizes[1])]
        into = frames(m, dut.i, width, height, "i", given)
        inside = arrives(m, dut, entered, capacity=latency + hold + 1, late=latency + 2)

        # what blocks are promised: whole frames, one at a time, each with its settings
        ended = lines_left(m, end, height)
        frames(m, as_stream(block.i), width, height, "block")
        rule(m, implies(feed.begin, (inside == 0) & ended), "one_frame_at_a_time")
        used, since = Signal(), Signal(3, init=7)
        with m.If(feed.begin):
            m.d.sync += [used.eq(setting), since.eq(0)]
        with m.Elif(since != 7):
            m.d.sync += since.eq(since + 1)
        rule(m, implies((inside != 0) | ~ended, block.setting == used), "settings_hold")
        rule(m, implies(block.i.live & block.i.p.sof, since >= 3), "settings_have_settled")
        rule(m, implies(block.i.live, block.i.step), "beats_are_slots")

        complete = Signal()  # all of a frame has come
        m.d.sync += complete.eq((complete | (entered & into.last)) & ~feed.begin)
        slots = 2 * (hold + 1)  # every other cycle where lines are short
        responds(m, complete & feed.busy & end.room, slots + latency + 10, "frames_leave")
        responds(m, end.room & dut.i.valid & ~dut.i.ready & ~complete, 8, "moves")
        return m

    return proof


def end(block: Any) -> Module:
    """Take as many beats after there is no more room as conveyors send; give them on in order.

    The memory is written and read in order, and the queue behind it, which is proved by itself, is
    never full when a word comes.
    """
    m = Module()
    dut = block(unsigned(1), ppc=1, latency=1)
    dut.depth, dut._reserve = 8, LATE + 2  # smaller than real ones
    m.submodules.dut = dut
    parts = opened(dut).submodules
    memory, ahead = parts.memory, parts.ahead
    left = sink(m, dut.o)
    after = Signal(range(LATE + 2))
    m.d.sync += after.eq(Mux(dut.room, 0, after + dut.i.live))
    m.d.comb += dut.i.live.eq(free(m, 1, "live"))
    given(m, implies(~dut.room & dut.i.live, after < LATE))

    words, asked = Signal(range(2 * dut.depth)), Signal(2)  # in memory, and on the way out of it
    before, wrote = Signal.like(memory.read_addr), Signal.like(memory.write_addr)
    fetched = memory.read_addr != before
    m.d.sync += [
        before.eq(memory.read_addr),
        asked.eq(Cat(fetched, asked)),
        words.eq(words + dut.i.live - fetched),
        wrote.eq(wrote + dut.i.live),
    ]
    rule(m, words <= dut.depth, "none_overwritten")
    rule(m, implies(fetched, memory.read_addr == (before + 1)[: len(before)]), "read_in_order")
    rule(m, (memory.write_addr == wrote) & (memory.write_en == dut.i.live), "written_in_order")
    rule(m, ahead.i.valid == asked[0], "read_once")
    rule(m, implies(ahead.i.valid, ahead.i.ready), "queue_takes_all")
    inside = Signal(range(4 * dut.depth))
    m.d.sync += inside.eq(inside + dut.i.live - left)
    rule(m, implies(left, inside != 0), "none_made_up")
    responds(m, (inside != 0) & ~dut.o.valid, 6, "offers")
    return m


PROOFS: dict[str, tuple[Any, Proof]] = {
    "passage": (Passage, passage(latency=1, hold=HOLD)),
    "passage-2": (Passage, passage(latency=2, hold=HOLD)),
    "conveyor": (Conveyor, whole(latency=1, hold=2)),
    "end": (Unload, end),
}
SLOW = {"passage-2", "conveyor", "end"}
BUGS = [
    ("passage", "start.step.eq(live | (owed != 0))", "start.step.eq(live)", "lines_leave"),
    ("passage", "_BEHIND = 2", "_BEHIND = 1", "lines_leave"),
    ("passage", "go.eq(unload.room)", "go.eq(1)", "stops"),
    ("conveyor", "settings.take.eq(feed.begin)", "settings.take.eq(1)", "settings_hold"),
    ("conveyor", "feed.left.eq(unload.left)", "feed.left.eq(1)", "one_frame_at_a_time"),
    ("end", "level <= self.depth - self._reserve", "level <= self.depth", "none_overwritten"),
    ("end", "some & (on_way != _AHEAD)", "some", "queue_takes_all"),
]


def test_real_ends_have_room_for_what_comes_late() -> None:
    for latency in (1, 40):
        real = Unload(unsigned(1), ppc=1, latency=latency)
        assert real._reserve - 2 >= latency + 2 + HOLD  # see ``late`` above, and ``end``
        assert real.depth >= real._reserve


@needs_sby
@each("name", PROOFS, SLOW)
def test_proved(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conveyor, "_AHEAD", 4)
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block), timeout=300)), verdict


@needs_sby
@each("name, right, wrong, rule_name", BUGS, SLOW)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOFS[name], right, wrong, rule_name, depth=24)
