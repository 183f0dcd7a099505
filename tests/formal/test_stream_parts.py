# SPDX-License-Identifier: MIT
"""Proofs of stream parts: every payload leaves once, unchanged, in its turn; nothing hangs."""

from collections.abc import Callable
from typing import Any

import pytest
from amaranth import C, Cat, Module, Mux, Signal, Value
from amaranth.hdl import unsigned

from opsin.common.stream import Buffer, Queue
from opsin.common.uart import UartTransmitter
from opsin.soc.axi_video import VideoFromAxi, VideoToAxi
from opsin_sim.formal import (
    free,
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


def part(*args: Any, capacity: int, **options: Any) -> Proof:
    """Prove a component from stream to stream."""

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(*args, **options)
        entered, left = source(m, dut.i), sink(m, dut.o)
        inside = in_order(m, entered, dut.i.payload, left, dut.o.payload, capacity=capacity)
        responds(m, (inside != 0) & ~dut.o.valid, 1, "offers")
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
    "queue-8": (Queue, part(unsigned(1), depth=8, capacity=8)),
    "axi-in": (VideoFromAxi, from_axi),
    "axi-out": (VideoToAxi, to_axi),
    "uart": (UartTransmitter, uart),
}
SLOW = {"queue-5"}
BUGS = [
    ("buffer", "m.d.comb += self.i.ready.eq(~full)", "m.d.comb += self.i.ready.eq(1)", "order"),
    ("buffer", "~self.o.valid | self.o.ready):", "1):", "o_"),
    ("queue-5", "self.o.valid.eq(inner.r_rdy)", "self.o.valid.eq(1)", "made_up"),
    ("queue-5", "self.i.ready.eq(inner.w_rdy)", "self.i.ready.eq(1)", "order"),
    ("axi-in", "beat.sof.eq(axis.tuser)", "beat.sof.eq(axis.tlast)", "order_in_turn"),
    ("axi-out", "axis.tvalid.eq(self.i.valid)", "axis.tvalid.eq(1)", "order_none_made_up"),
    ("uart", "timer.eq(self.divisor - 1),\n            ]\n\n", "timer.eq(0),\n]\n", "line"),
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
