# SPDX-License-Identifier: MIT
"""Proofs of stream parts: every payload leaves once, unchanged, in its turn; nothing hangs."""

from collections.abc import Callable
from typing import Any

import pytest
from amaranth import C, Cat, Module, Mux, Signal, Value
from amaranth.hdl import unsigned

from opsin.common.crc import FrameCrc
from opsin.common.stream import Buffer, Fork, Queue
from opsin.common.uart import UartTransmitter
from opsin.isp.test_pattern import TestPattern
from opsin.soc.axi_video import VideoFromAxi, VideoToAxi
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

Proof = Callable[[Any], Module]


def part(*args: Any, capacity: int, within: int = 1, **options: Any) -> Proof:
    """Prove a component from stream to stream."""

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(*args, **options)
        entered, left = source(m, dut.i), sink(m, dut.o)
        inside = in_order(m, entered, dut.i.payload, left, dut.o.payload, capacity=capacity)
        responds(m, (inside != 0) & ~dut.o.valid, within, "offers")
        rule(m, implies(inside == 0, dut.i.ready), "takes_when_empty")
        if hasattr(dut, "level"):
            rule(m, dut.level == inside, "level")
        return m

    return proof


def from_axi(block: Any) -> Module:
    m = Module()
    m.submodules.dut = dut = block(unsigned(4), ppc=2)
    axis = dut.axis
    word = free(m, 10, "word")
    m.d.comb += [
        axis.tvalid.eq(free(m, 1, "tvalid")),
        Cat(axis.tdata, axis.tuser, axis.tlast).eq(word),
    ]
    left = sink(m, dut.o)
    in_order(m, axis.tvalid & axis.tready, word, left, Value.cast(dut.o.payload), capacity=2)
    return m


def to_axi(block: Any) -> Module:
    m = Module()
    m.submodules.dut = dut = block(unsigned(4), ppc=2)
    axis = dut.axis
    entered = source(m, dut.i)
    m.d.comb += axis.tready.eq(free(m, 1, "tready"))
    word = Cat(axis.tdata, axis.tuser, axis.tlast)
    in_order(m, entered, dut.i.payload, axis.tvalid & axis.tready, word, capacity=0)
    return m


def fork(block: Any) -> Module:
    """Any outputs are enabled, others when nothing is offered."""
    m = Module()
    m.submodules.dut = dut = block(unsigned(2), count=2)
    entered, enable = source(m, dut.i), free(m, 2, "enable")
    was, waits = Signal(2), Signal()
    m.d.sync += [was.eq(enable), waits.eq(dut.i.valid & ~dut.i.ready)]
    m.d.comb += dut.enable.eq(enable)
    given(m, implies(waits, enable == was))
    ready = C(1)
    for k in range(2):
        left = sink(m, dut.o[k], f"o_{k}")
        comes = dut.i.valid & ~waits & enable[k]
        word = dut.o[k].payload
        inside = in_order(m, comes, dut.i.payload, left, word, capacity=1, name=f"order_{k}")
        rule(m, implies(entered, inside + comes == left), f"taken_when_all_{k}_have_left")
        rule(m, implies(left, dut.i.valid), f"none_later_{k}")
        ready &= dut.o[k].ready
    rule(m, implies(dut.i.valid & ready, dut.i.ready), "moves")
    return m


def pattern(block: Any) -> Module:
    """Frames of any size leave, one after the other."""
    m = Module()
    m.submodules.dut = dut = block(depth=8)
    width, height = fixed(m, 4, "width"), fixed(m, 3, "height")
    given(m, (width >= 8) & (height >= 4))
    m.d.comb += [dut.width.eq(width), dut.height.eq(height)]
    sink(m, dut.o)
    frames(m, dut.o, width, height, "o")
    responds(m, ~dut.o.valid, 2, "offers")
    return m


def checksum(block: Any) -> Module:
    """One leaves for each frame, before the next one comes."""
    m = Module()
    m.submodules.dut = dut = block(unsigned(8))
    width, height = fixed(m, 2, "width"), fixed(m, 2, "height")
    given(m, (width != 0) & (height != 0))
    m.d.comb += dut.height.eq(height)
    entered, left = source(m, dut.i), sink(m, dut.o)
    into = frames(m, dut.i, width, height, "i", given)
    owed = Signal()
    m.d.sync += owed.eq((owed | (entered & into.last)) & ~left)
    rule(m, dut.o.valid == owed, "one_per_frame")
    rule(m, dut.i.ready == ~owed, "moves")
    return m


def uart(block: Any) -> Module:
    """Expect on the line, in every cycle, the bit of the byte that was taken."""
    m = Module()
    divisor = 2
    m.submodules.dut = dut = block(divisor=divisor)
    entered = source(m, dut.i)
    sent = Signal(8)
    cycles = Signal(range(10 * divisor + 1))  # since the start bit began, that one included
    with m.If(entered):
        m.d.sync += [sent.eq(dut.i.payload), cycles.eq(1)]
    with m.Elif(cycles == 10 * divisor):
        m.d.sync += cycles.eq(0)
    with m.Elif(cycles != 0):
        m.d.sync += cycles.eq(cycles + 1)
    bit = Signal(range(11))
    m.d.comb += bit.eq(Mux(cycles == 0, 10, (cycles - 1) // divisor))
    rule(m, dut.tx == Cat(C(0, 1), sent, C(3, 2)).bit_select(bit, 1), "line")
    rule(m, dut.i.ready == (cycles == 0), "one_at_a_time")
    return m


PROOFS: dict[str, tuple[Any, Proof]] = {
    "buffer": (Buffer, part(unsigned(3), capacity=2)),
    "queue-1": (Queue, part(unsigned(3), depth=1, capacity=1)),
    "queue-5": (Queue, part(unsigned(2), depth=5, capacity=5)),
    "queue-registered": (Queue, part(unsigned(2), depth=4, registered=True, capacity=5, within=2)),
    "queue-8": (Queue, part(unsigned(1), depth=8, capacity=8)),
    "axi-in": (VideoFromAxi, from_axi),
    "axi-out": (VideoToAxi, to_axi),
    "uart": (UartTransmitter, uart),
    "fork": (Fork, fork),
    "pattern": (TestPattern, pattern),
    "checksum": (FrameCrc, checksum),
}
SLOW = {"queue-5", "pattern"}
BUGS = [
    ("buffer", "m.d.comb += self.i.ready.eq(~full)", "m.d.comb += self.i.ready.eq(1)", "order"),
    ("buffer", "~self.o.valid | self.o.ready):", "1):", "o_"),
    ("queue-5", "valid.eq(inner.r_rdy),\n                inner", "valid.eq(1), inner", "made_up"),
    ("queue-registered", "r_en.eq(~self.o.valid | self.o.ready)", "r_en.eq(1)", "stable"),
    ("queue-5", "self.i.ready.eq(inner.w_rdy)", "self.i.ready.eq(1)", "order"),
    ("axi-in", "beat.sof.eq(axis.tuser)", "beat.sof.eq(axis.tlast)", "order_in_turn"),
    ("axi-out", "axis.tvalid.eq(self.i.valid)", "axis.tvalid.eq(1)", "order_none_made_up"),
    ("uart", "timer.eq(self.divisor - 1),\n            ]\n\n", "timer.eq(0),\n]\n", "line"),
    ("fork", "served.eq(Mux(done.all(), 0, done))", "served.eq(0)", "none_made_up"),
    ("fork", "self.i.ready.eq(done.all())", "self.i.ready.eq(done[0])", "all_1"),
    ("pattern", "free = ~self.o.valid | self.o.ready", "free = C(1)", "o_payload_stable"),
    ("pattern", "idle.eq(column.last & row.last)", "idle.eq(row.last)", "o_sof_in_place"),
    ("checksum", "self.i.ready.eq(~self.o.valid)", "self.i.ready.eq(1)", "moves"),
    ("checksum", "beat.eol & (line + 1 == self.height)", "beat.eol", "one_per_frame"),
]


@needs_sby
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in PROOFS]
)
def test_proved(name: str) -> None:
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block))), verdict


@needs_sby
@pytest.mark.parametrize(("name", "right", "wrong", "rule_name"), BUGS)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    block, proof = PROOFS[name]
    verdict = prove(proof(mutant(block, right, wrong)), depth=40)
    assert not verdict
    assert any(rule_name in broken for broken in verdict.broken), verdict
