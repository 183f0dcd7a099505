# SPDX-License-Identifier: MIT
"""Proofs of what stands before a memory port: requests in order, each once, and a deep queue."""

from collections.abc import Callable
from typing import Any

import pytest
from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import unsigned
from amaranth.lib import wiring

from opsin.common import block_queue
from opsin.common.block_queue import BlockQueue
from opsin.common.frame_store import FrameStore
from opsin.common.memory_arbiter import MemoryArbiter
from opsin_sim.formal import (
    free,
    implies,
    in_order,
    needs_sby,
    prove,
    responds,
    rule,
    sink,
    source,
    stream_rules,
)
from opsin_sim.formal.flow import opened
from opsin_sim.formal.testing import each, expect_bug

Proof = Callable[[Any], Module]


class Requests(wiring.Component):
    """In place of a reader or a writer: requests at any time."""

    memory: Any
    idle: Any
    fires: Any

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.fires = source(m, self.memory.request, "request")
        m.d.comb += self.idle.eq(free(m, 1, "idle"))
        urgent = getattr(self, "urgent", None)
        if urgent is not None:
            m.d.comb += urgent.eq(free(m, 1, "urgent") & self.memory.request.valid)
        return m


def store(block: Any) -> Module:
    """Any requests to read and write: one port makes each, once, in the order it took them."""
    m = Module()
    dut = block(bits=2, word_bytes=1, ahead=4, burst=2)
    reads, writes = dut._reader, dut._writer
    for part in (reads, writes):
        part.__class__ = Requests
        opened(part)
    m.submodules.dut = dut
    request = dut.memory.request
    m.d.comb += request.ready.eq(free(m, 1, "ready"))
    stream_rules(m, request, "request")
    taken = Mux(writes.fires, writes.memory.request.payload, reads.memory.request.payload)
    rule(m, ~(reads.fires & writes.fires), "one_at_a_time")
    inside = in_order(
        m,
        reads.fires | writes.fires,
        taken[:33],
        request.valid & request.ready,
        Value.cast(request.payload)[:33],
        capacity=2,
    )
    rule(m, implies(dut.idle, inside == 0), "idle_when_all_are_made")
    asks = reads.memory.request.valid & ~writes.memory.request.valid
    responds(m, asks & request.ready & ~reads.fires, 2, "reads_get_their_turn")
    responds(m, writes.urgent & request.ready & ~writes.fires, 2, "writes_get_their_turn")
    return m


def queue(block: Any) -> Module:
    """Any traffic; the memory is written and read in order, and nothing behind it is lost."""
    m = Module()
    dut = block(unsigned(1), depth=4)
    m.submodules.dut = dut
    inner = opened(dut).submodules
    memory, ahead = inner.memory, inner.ahead
    entered, left = source(m, dut.i), sink(m, dut.o)
    level, asked, before = Signal(4), Signal(2), Signal.like(memory.read_addr)
    fetched = memory.read_addr != before
    wrote = Signal.like(memory.write_addr)
    m.d.sync += [
        before.eq(memory.read_addr),
        asked.eq(Cat(fetched, asked)),
        level.eq(level + entered - fetched),
        wrote.eq(wrote + entered),
    ]
    rule(m, level <= 4, "none_overwritten")
    rule(m, implies(fetched, memory.read_addr == (before + 1)[:2]), "read_in_order")
    rule(m, (memory.write_addr == wrote) & (memory.write_en == entered), "written_in_order")
    rule(m, ahead.i.valid == asked[0], "read_once")
    rule(m, implies(ahead.i.valid, ahead.i.ready), "queue_takes_all")
    inside = Signal(5)
    m.d.sync += inside.eq(inside + entered - left)
    rule(m, implies(left, inside != 0), "none_made_up")
    responds(m, (inside != 0) & ~dut.o.valid, 6, "offers")
    return m


def arbiter(block: Any) -> Module:
    """Any requests of two units, and memory that answers reads in order, at any time."""
    m = Module()
    m.submodules.dut = dut = block(units=2, word_bytes=1, outstanding=3)
    request, response = dut.memory.request, dut.memory.response
    fires = [source(m, unit.request, f"unit_{k}") for k, unit in enumerate(dut.units)]
    asks = [fire & ~unit.request.p.write for fire, unit in zip(fires, dut.units, strict=True)]
    m.d.comb += request.ready.eq(free(m, 1, "ready"))
    stream_rules(m, request, "request")
    rule(m, ~(fires[0] & fires[1]), "one_at_a_time")
    made = request.valid & request.ready
    taken = Mux(fires[0], dut.units[0].request.payload, dut.units[1].request.payload)
    word = Value.cast(request.payload)
    waits = in_order(m, fires[0] | fires[1], taken, made, word, capacity=1, name="request")
    # answers, each to who asked
    due = Signal(range(8))  # reads that were made and are not answered
    answered = response.valid & response.ready
    m.d.sync += due.eq(due + (made & ~request.p.write) - answered)
    m.d.comb += response.valid.eq(free(m, 1, "answers") & (due != 0))
    m.d.comb += response.payload.eq(free(m, 8, "word"))
    for k, unit in enumerate(dut.units):
        m.d.comb += unit.response.ready.eq(free(m, 1, f"takes_{k}"))
    gets = [unit.response.valid & unit.response.ready for unit in dut.units]
    rule(m, ~(gets[0] & gets[1]), "answered_to_one")
    inside = in_order(m, asks[0] | asks[1], asks[1], answered, gets[1], capacity=3, name="answer")
    rule(m, answered == (gets[0] | gets[1]), "answers_arrive")
    same = Cat(unit.response.payload == response.payload for unit in dut.units).all()
    rule(m, same, "answers_unchanged")
    before: Any = 0
    for k, unit in enumerate(dut.units):
        may = unit.request.valid & request.ready & (unit.request.p.write | (inside != 3)) & ~before
        rule(m, implies(may, unit.request.ready), f"unit_{k}_gets_its_turn")
        before = unit.request.valid
    rule(m, dut.idle == ((inside == 0) & (waits == 0)), "idle_when_all_are_answered")
    return m


PROOFS: dict[str, tuple[Any, Proof]] = {
    "store": (FrameStore, store),
    "queue": (BlockQueue, queue),
    "arbiter": (MemoryArbiter, arbiter),
}
BUGS = [
    ("store", "leave.i.ready & ~writing", "leave.i.ready", "one_at_a_time"),
    ("store", "Mux(writing, writes.p, reads.p)", "reads.p", "order_in_turn"),
    ("store", "& ~leave.o.valid", "", "idle_when_all_are_made"),
    ("queue", "room.eq(level + take != self._size)", "room.eq(1)", "none_overwritten"),
    ("arbiter", "taken = taken | wanted", "taken = ~free", "one_at_a_time"),
    ("arbiter", "owners.w_data.eq(1 << n)]", "owners.w_data.eq(1)]", "answer"),
]


@needs_sby
@each("name", PROOFS)
def test_proved(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_queue, "_AHEAD", 4)
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block), timeout=300)), verdict


@needs_sby
@each("name, right, wrong, rule_name", BUGS)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOFS[name], right, wrong, rule_name, depth=None)
