# SPDX-License-Identifier: MIT
"""The proof harness: it proves, finds what is broken, and says in which cycles."""

import pytest
from amaranth import Module, Mux, Signal

from opsin.common.stream import Buffer
from opsin_sim.formal import free, given, mutant, needs_sby, prove, rule


def counter(*, until: int, allowed: bool = True) -> Module:
    m = Module()
    count = Signal(8)
    m.d.sync += count.eq(Mux(count == until, 0, count + free(m, 1, "up")))
    rule(m, count != 9, "never_nine")
    rule(m, count != 99, "never_ninety_nine")
    if not allowed:
        given(m, count != 7)
    return m


@needs_sby
def test_proves_for_any_number_of_cycles() -> None:
    verdict = prove(counter(until=8))
    assert verdict
    assert str(verdict) == "proved"


@needs_sby
def test_finds_a_broken_rule() -> None:
    verdict = prove(counter(until=100))
    assert not verdict
    assert verdict.broken == ("never_nine",)
    assert verdict.trace is not None
    assert "rule_never_nine" in verdict.trace.read_text()


@needs_sby
def test_assumes_what_is_given() -> None:
    assert prove(counter(until=100, allowed=False))


@needs_sby
def test_bounded() -> None:
    assert str(prove(counter(until=100), depth=9)) == "proved for 9 cycles"
    assert not prove(counter(until=100), depth=10)


def test_rejects_a_proof_of_nothing() -> None:
    with pytest.raises(ValueError, match="proof must have rules"):
        prove(Module())


def test_mutant_needs_its_place() -> None:
    with pytest.raises(
        ValueError, match=r"must stand in opsin\.common\.stream once, not 'no such'"
    ):
        mutant(Buffer, "no such", "")
