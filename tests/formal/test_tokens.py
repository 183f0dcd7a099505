# SPDX-License-Identifier: MIT
"""Proofs of the dispatcher's token network, for any program and any units.

Tokens: none is lost, made up or taken twice, and none is missing when a command begins; a command
begins in the cycle in which its tokens are there and its unit takes it. Queues: a released command
reaches the front. Standstill: it is told when, and only when, nothing will ever begin.
"""

from collections.abc import Callable
from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value

from opsin.npu.dispatch.queues import Queues
from opsin.npu.dispatch.tokens import RUNNING, Tokens
from opsin.npu.dispatch.watch import Standstill
from opsin_sim.formal import free, given, implies, needs_sby, prove, responds, rule
from opsin_sim.formal.testing import each, expect_bug

Proof = Callable[[Any], Module]
_UNITS = 4


def commands(m: Module, tokens: Any, there: Value) -> None:
    """Wait for and signal anything; what is at a front stays until it begins."""
    for u in range(_UNITS):
        masks = Cat(tokens.wait[u], tokens.signal[u])
        stays = Signal(name=f"stays_{u}")
        last = Signal(2 * _UNITS, name=f"last_{u}")
        m.d.comb += masks.eq(free(m, 2 * _UNITS, f"masks_{u}"))
        gone = Signal(name=f"gone_{u}")
        m.d.sync += [stays.eq(there[u] & ~tokens.begun[u]), last.eq(masks)]
        m.d.sync += gone.eq(tokens.begun[u])
        given(m, implies(stays, masks == last))
        given(m, implies(stays, there[u]))
        given(m, implies(gone, ~there[u]))
    m.d.comb += [
        tokens.there.eq(there),
        tokens.ready.eq(free(m, _UNITS, "ready")),
        tokens.finished.eq(free(m, _UNITS, "finished")),
    ]


def network(taker: int, *, alone: bool = False) -> Proof:
    """Count the tokens to one unit a second time; ``alone``: the others are given none."""

    def proof(block: Any) -> Module:
        m = Module()
        bits = 2
        m.submodules.dut = dut = block(bits=bits)
        commands(m, dut, free(m, _UNITS, "there"))
        counts = [Signal(bits, name=f"count_{g}") for g in range(_UNITS)]
        wanted = Cat(dut.wait[taker][g] & (counts[g] == 0) for g in range(_UNITS))
        may = Signal()
        for g in range(_UNITS):
            level = Signal(range(RUNNING + 1), name=f"level_{g}")
            signals = [Signal(name=f"signals_{g}_{n}") for n in range(RUNNING)]  # oldest first
            begun = Signal(name=f"begun_{g}")  # what follows is booked a cycle late
            signalled, take = Signal(name=f"signalled_{g}"), Signal(name=f"take_{g}")
            m.d.sync += [
                begun.eq(dut.begun[g]),
                signalled.eq(dut.signal[g][taker]),
                take.eq(dut.begun[taker] & dut.wait[taker][g]),
            ]
            given(m, implies(dut.finished[g], level != 0))
            rule(m, dut.running[g] == (begun | (level != 0)), f"running_{g}")
            m.d.sync += level.eq(level + begun - dut.finished[g])
            for n, signal in enumerate(signals):
                behind = signals[n + 1] if n + 1 < RUNNING else signal
                new = begun & (level - dut.finished[g] == n)
                shifted = Mux(dut.finished[g], behind, signal)
                m.d.sync += signal.eq(Mux(new, signalled, shifted))
            give = dut.finished[g] & signals[0]
            over = counts[g].all() & give & ~take
            m.d.sync += counts[g].eq(counts[g] + (give & ~over) - take)
            if alone:
                given(m, (dut.signal[g] & ~(1 << taker)) == 0)
                rule(m, dut.excess[g] == over, f"excess_{g}")
            else:
                rule(m, implies(over, dut.excess[g]), f"excess_{g}")
            rule(m, implies(take, counts[g] != 0), f"not_negative_{g}")
            if g == taker:
                m.d.comb += may.eq(level != RUNNING)
        rule(m, dut.valid[taker] == (dut.there[taker] & may & ~wanted.any()), "begins")
        return m

    return proof


def delivery(block: Any) -> Module:
    """Commands of one unit among those of any others, all of two words."""
    m = Module()
    words, unit = 2, 1
    m.submodules.dut = dut = block(words=words)
    commit, begun, finished = (free(m, _UNITS, name) for name in ("commit", "begun", "finished"))
    given(m, (begun & ~dut.there) == 0)
    m.d.comb += [dut.commit.eq(commit), dut.taken.eq(begun), dut.finished.eq(finished)]
    m.d.comb += [dut.reserve.eq(commit), dut.running.eq(1)]
    waiting, running = Signal(4), Signal(4)
    m.d.sync += [
        waiting.eq(waiting + commit[unit] - begun[unit]),
        running.eq(running + begun[unit] - finished[unit]),
    ]
    given(m, implies(finished[unit], running != 0))
    given(m, implies(commit[unit], dut.room[unit]))
    rule(m, implies(dut.there[unit], waiting != 0), "none_made_up")
    rule(m, waiting + running <= 7, "not_too_many")
    rule(m, dut.empty[unit] == (waiting + running == 0), "empty")
    responds(m, (waiting != 0) & ~dut.there[unit], 4 * (words + 4) + 2, "delivers")
    return m


def standstill(block: Any) -> Module:
    """Tokens and queues that deliver at any time; nothing is released while ``held``."""
    m = Module()
    m.submodules.tokens = tokens = (block if block.__name__ == "Tokens" else Tokens)(bits=2)
    m.submodules.dut = dut = (block if block.__name__ == "Standstill" else Standstill)()
    there, empty = Signal(_UNITS), Signal(_UNITS)
    commands(m, tokens, there)
    held = free(m, 1, "held")
    commit, deliver = free(m, _UNITS, "commit"), free(m, _UNITS, "deliver")
    given(m, implies(held, commit == 0))
    under_way = Signal(_UNITS)
    for u in range(_UNITS):
        queued = Signal(range(8), name=f"queued_{u}")
        level = Signal(range(RUNNING + 1), name=f"level_{u}")
        given(m, implies(commit[u], queued != 7))
        begun = Signal(name=f"begun_{u}")
        m.d.sync += begun.eq(tokens.begun[u])
        given(m, implies(deliver[u], (queued != 0) & ~there[u]))
        given(m, implies(tokens.finished[u], level != begun))
        m.d.sync += [
            queued.eq(queued + commit[u] - deliver[u]),
            level.eq(level + tokens.begun[u] - tokens.finished[u]),
            there[u].eq((there[u] | deliver[u]) & ~tokens.begun[u]),
        ]
        m.d.comb += [
            empty[u].eq((queued == 0) & ~there[u] & (level == 0)),
            under_way[u].eq((queued != 0) & ~there[u]),
        ]
    m.d.comb += [
        dut.held.eq(held),
        dut.empty.eq(empty),
        dut.there.eq(there),
        dut.valid.eq(tokens.valid),
        dut.running.eq(tokens.running),
    ]
    nothing = ~empty.all() & (under_way == 0) & (tokens.valid == 0) & (tokens.running == 0)
    responds(m, held & nothing & ~dut.o, 1, "detects")
    still = Signal()  # told, and nothing has been released since
    m.d.sync += still.eq(held & (still | dut.o))
    rule(m, implies(still, tokens.begun == 0), "no_false_alarm")
    return m


PROOFS: dict[str, tuple[Any, Proof]] = {
    "to-load": (Tokens, network(0)),
    "to-array": (Tokens, network(1)),
    "to-store": (Tokens, network(3)),
    "to-vector": (Tokens, network(2, alone=True)),
    "delivery": (Queues, delivery),
    "standstill": (Standstill, standstill),
}
BUGS = [
    ("to-array", "less & (count == 1)", "less & (count == 2)", "begins"),
    ("to-array", "late[taker] & wait[taker][giver])", "late[taker])", "begins"),
    ("to-array", "newest.eq(newest + late[u])", "newest.eq(newest + 1)", "begins"),
    ("to-array", "plus & ~minus & ~over", "plus & ~minus", "excess"),
    ("to-vector", "over.eq(full & plus & ~minus)", "over.eq(full & plus)", "excess"),
    ("to-vector", "more & (count == (1 << self.bits) - 2)", "more", "excess"),
    ("to-array", "level != RUNNING", "1", "begins"),
    ("delivery", "m.d.sync += number.eq(number + 1)", "pass", "delivers"),
    ("delivery", "with m.Elif(self.taken[u] | ~self.running):", "with m.Elif(0):", "made_up"),
    ("delivery", "reserved[u] != SLOTS - 1", "1", "not_too_many"),
    ("standstill", "(self.there != 0)", "(self.there == 15)", "detects"),
    ("standstill", "& (self.there == ~self.empty)", "", "no_false_alarm"),
    ("standstill", "& (self.running == 0)", "", "no_false_alarm"),
]


@needs_sby
@each("name", PROOFS)
def test_proved(name: str) -> None:
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block), timeout=300)), verdict


@needs_sby
@each("name, right, wrong, rule_name", BUGS)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOFS[name], right, wrong, rule_name)
