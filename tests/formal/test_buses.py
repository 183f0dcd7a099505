# SPDX-License-Identifier: MIT
"""Proofs of register buses: each access is made once, and answered once, with what it found."""

from collections.abc import Callable
from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value

from opsin.common.register_bank import RegisterBank
from opsin.common.registers import Access, Field, Register, RegisterMap
from opsin.soc.axi_lite import Axi4LiteBridge
from opsin.soc.wishbone import WishboneBridge
from opsin_sim.formal import (
    free,
    given,
    implies,
    needs_sby,
    prove,
    responds,
    rule,
    stream_rules,
)
from opsin_sim.formal.testing import each, expect_bug

Proof = Callable[[Any], Module]
LONGEST = 3  # cycles that registers take


def registers(m: Module, port: Any) -> tuple[Value, Value]:
    """Answer accesses with anything, after a few cycles; return when, and whether one is made.

    Rules: one access at a time, and never a read that writes.
    """
    asked = port.read | port.write
    waits, cycles = Signal(), Signal(range(LONGEST + 1))
    done = Signal()
    m.d.comb += done.eq(waits & ((cycles == LONGEST) | free(m, 1, "done")))
    m.d.sync += [
        waits.eq(asked | (waits & ~done)),
        cycles.eq(Mux(waits & ~done, cycles + 1, 0)),
    ]
    answer, held = Cat(port.read_data, port.error), Signal(33)
    with m.If(done):
        m.d.comb += answer.eq(free(m, 33, "answer"))
    with m.Else():
        m.d.comb += answer.eq(held)
    m.d.sync += held.eq(answer)
    m.d.comb += port.done.eq(done)
    rule(m, implies(asked, ~waits), "one_access_at_a_time")
    rule(m, ~(port.read & port.write), "read_or_write")
    return done, asked


class Channel:
    """One of AXI's, as a stream."""

    def __init__(self, axi: Any, name: str, *payload: str) -> None:
        self.valid, self.ready = getattr(axi, f"{name}valid"), getattr(axi, f"{name}ready")
        self.payload = Cat(getattr(axi, part) for part in payload)
        self.fires = self.valid & self.ready


def axi_lite(block: Any) -> Module:
    """Let a manager keep the channels' rules, and take answers at any time."""
    m = Module()
    m.submodules.dut = dut = block(address_bits=4)
    axi, port = dut.axi, dut.registers
    done, asked = registers(m, port)
    aw = Channel(axi, "aw", "awaddr", "awprot")
    w = Channel(axi, "w", "wdata", "wstrb")
    ar = Channel(axi, "ar", "araddr", "arprot")
    b, r = Channel(axi, "b", "bresp"), Channel(axi, "r", "rdata", "rresp")
    for name, to in (("aw", aw), ("w", w), ("ar", ar)):
        m.d.comb += [
            to.valid.eq(free(m, 1, f"{name}_valid")),
            to.payload.eq(free(m, len(to.payload), f"{name}_payload")),
        ]
        stream_rules(m, to, name, given)
    for name, back in (("b", b), ("r", r)):
        m.d.comb += back.ready.eq(free(m, 1, f"{name}_ready"))
        stream_rules(m, back, name)

    rule(m, (port.write == aw.fires) & (port.write == w.fires), "taken_when_written")
    rule(m, port.read == ar.fires, "taken_when_read")
    address = Mux(port.write, axi.awaddr, axi.araddr)[2:]
    rule(m, implies(asked, port.address == address), "address")
    written = Cat(port.write_data, port.write_mask)
    rule(m, implies(port.write, written == w.payload), "written")

    owed_b, owed_r, ready = Signal(), Signal(), Signal()
    word, error = Signal(32), Signal()
    m.d.sync += [
        owed_b.eq(port.write | (owed_b & ~b.fires)),
        owed_r.eq(port.read | (owed_r & ~r.fires)),
        ready.eq(done | (ready & ~asked)),
    ]
    with m.If(done):
        m.d.sync += [word.eq(port.read_data), error.eq(port.error)]
    rule(m, implies(asked, ~owed_b & ~owed_r), "answered_before_the_next")
    rule(m, implies(b.valid, owed_b & ready), "one_answer_per_write")
    rule(m, implies(r.valid, owed_r & ready), "one_answer_per_read")
    rule(m, implies(b.valid, axi.bresp == Mux(error, 2, 0)), "write_answer")
    rule(m, implies(r.valid, (axi.rdata == word) & (axi.rresp == Mux(error, 2, 0))), "read_answer")
    stalls = (b.valid & ~b.ready) | (r.valid & ~r.ready)
    within = 2 * (LONGEST + 5)
    responds(m, aw.valid & w.valid & ~aw.ready & ~stalls, within, "writes_get_their_turn")
    responds(m, ar.valid & ~ar.ready & ~stalls, within, "reads_get_their_turn")
    responds(m, (owed_b & ~b.valid) | (owed_r & ~r.valid), LONGEST + 2, "answers")
    return m


def wishbone(block: Any) -> Module:
    """Let an initiator keep its strobe, and what belongs to it, until it is answered."""
    m = Module()
    m.submodules.dut = dut = block(address_bits=4)
    bus, port = dut.wishbone, dut.registers
    done, asked = registers(m, port)
    asks = [bus.cyc, bus.stb, bus.we, bus.adr, bus.sel, bus.dat_w]
    m.d.comb += Cat(asks).eq(free(m, len(Cat(asks)), "asks"))
    strobe, ends = bus.cyc & bus.stb, bus.ack | bus.err
    waits, before = Signal(), Signal(len(Cat(asks)))
    m.d.sync += [waits.eq(strobe & ~ends), before.eq(Cat(asks))]
    given(m, implies(waits, Cat(asks) == before))

    made = Signal()  # the access of this strobe
    m.d.sync += made.eq((made | asked) & ~ends)
    rule(m, implies(ends, strobe & (made | asked)), "answers_a_strobe")
    rule(m, implies(asked, strobe & ~made), "one_access_per_strobe")
    rule(m, ~(bus.ack & bus.err), "one_answer")
    rule(m, implies(ends, done & (bus.err == port.error)), "tells_errors")
    rule(m, implies(ends & ~bus.we, bus.dat_r == port.read_data), "word_read")
    rule(m, implies(asked, (port.write == bus.we) & (port.address == bus.adr)), "address")
    written = Cat(port.write_data, port.write_mask) == Cat(bus.dat_w, bus.sel)
    rule(m, implies(port.write, written), "written")
    responds(m, strobe & ~ends, LONGEST + 3, "answers")
    return m


def bank(block: Any) -> Module:
    """Any accesses, one after the other, to one register of each kind and a hole."""
    kinds = (Access.CONSTANT, Access.READ_WRITE, Access.WRITE)
    field = Field(name="field", description="bits", width=3, lsb=6, reset=5)
    m = Module()
    m.submodules.dut = dut = block(
        RegisterMap(
            name="x",
            description="registers",
            version=(1, 0),
            size=16,
            registers=tuple(
                Register(name=f"r{k}", address=4 * k, access=kind, fields=(field,), description="r")
                for k, kind in enumerate(kinds)
            ),
        )
    )
    bus, busy = dut.bus, free(m, 1, "busy")
    m.d.comb += Value.cast(dut.busy).eq(busy)
    asks = Cat(bus.address, bus.write_data, bus.write_mask)
    m.d.comb += [
        Cat(bus.read, bus.write).eq(free(m, 2, "access")),
        asks.eq(free(m, len(asks), "asks")),
    ]
    asked, owed = bus.read | bus.write, Signal()
    given(m, ~(bus.read & bus.write) & implies(owed & ~bus.done, ~asked))
    m.d.sync += owed.eq(asked | (owed & ~bus.done))
    rule(m, implies(bus.done, owed), "one_answer_per_access")
    responds(m, owed & ~bus.done, 12, "answers")

    word, write, data, mask = Signal.like(bus.address), Signal(), Signal(32), Signal(4)
    refuses = Signal()
    with m.If(asked):
        m.d.sync += [Cat(word, data, mask).eq(asks), write.eq(bus.write), refuses.eq(0)]
    m.d.sync += refuses.eq(Value.cast(dut.refused).any() | (refuses & ~asked))
    error = Mux(word == 0, write, Mux(word == 1, 0, Mux(word == 2, refuses, 1)))
    rule(m, implies(bus.done, bus.error == error), "errors")
    once = Signal()
    wrote = Value.cast(dut.written).any()
    m.d.sync += once.eq((once | wrote | Value.cast(dut.refused).any()) & ~asked)
    told = implies(write & (word == 2) & bus.done, once)
    rule(m, told & implies(wrote, owed & write & (word == 2) & mask.all() & ~once), "written_once")
    rule(m, implies(wrote, Value.cast(dut.write_values) == data[6:9]), "what_is_written")

    expected = Signal(3, init=5)  # bits 7:6 are in byte 0, bit 8 in byte 1
    with m.If(bus.done & write & (word == 1)):
        for bit, byte in ((0, 0), (1, 0), (2, 1)):
            with m.If(mask[byte]):
                m.d.sync += expected[bit].eq(data[6 + bit])
    read = bus.done & ~write
    held = Value.cast(dut.values)
    rule(m, implies(~owed, held == expected), "kept")
    rule(m, implies(read & (word == 1), bus.read_data[6:9] == expected), "reads_what_is_kept")
    rule(m, implies(read & (word == 0), bus.read_data == 5 << 6), "reads_a_constant")
    rule(m, implies(read & (word >= 2), bus.read_data == 0), "reads_nothing")
    return m


PROOFS: dict[str, tuple[Any, Proof]] = {
    "axi-lite": (Axi4LiteBridge, axi_lite),
    "wishbone": (WishboneBridge, wishbone),
    "register-bank": (RegisterBank, bank),
}
SLOW = {"register-bank"}
BUGS = [
    ("axi-lite", "axi.awready.eq(writing)", "axi.awready.eq(1)", "taken_when_written"),
    (
        "axi-lite",
        "Mux(writing, axi.bready, axi.rready)",
        "axi.bready | axi.rready",
        "b_stays_valid",
    ),
    ("axi-lite", "~(writing & axi.arvalid)", "1", "reads_get_their_turn"),
    ("wishbone", "wishbone.stb & ~waits", "wishbone.stb", "one_access"),
    (
        "wishbone",
        "answer.eq(registers.done & waits)",
        "answer.eq(registers.done | waits)",
        "tells_errors",
    ),
    ("register-bank", "(waiting & ~begin)", "waiting", "written_once"),
    ("register-bank", "(held.read_data & ~mask)", "held.read_data", "what_is_written"),
]


@needs_sby
@each("name", PROOFS, SLOW)
def test_proved(name: str) -> None:
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block), timeout=300)), verdict


@needs_sby
@each("name, right, wrong, rule_name", BUGS, SLOW)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOFS[name], right, wrong, rule_name)
