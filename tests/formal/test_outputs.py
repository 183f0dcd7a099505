# SPDX-License-Identifier: MIT
"""Proofs of the blocks that pixels leave by: nothing lost, made up or reordered, markers kept."""

from collections.abc import Callable
from typing import Any

import pytest
from amaranth import C, Cat, Module, Signal, Value

from opsin.isp import ChromaSubsample, OutputFormat, PixelFormat
from opsin_sim.formal import (
    frames,
    frames_leave,
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


def subsampled(ppc: int) -> Proof:
    """Any beats: luma and markers leave in order."""

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(depth=8, max_width=4 * ppc, ppc=ppc)
        entered, left = source(m, dut.i), sink(m, dut.o)
        words = [Cat(s.p.pixel[0].y[:2], s.p.sof, s.p.eol) for s in (dut.i, dut.o)]
        inside = in_order(m, entered, words[0], left, words[1], capacity=6 + (ppc == 1))
        # a single pixel waits for its right neighbour
        waiting = (inside > (1 if ppc == 1 else 0)) & dut.o.ready & ~dut.o.valid & dut.i.valid
        responds(m, waiting, 6, "leaves")
        rule(m, implies(dut.o.ready, dut.i.ready), "takes")
        return m

    return proof


def packed(form: PixelFormat, size: int, *, width: int) -> Proof:
    """Frames of two lines, whose bytes are numbered from ``size``, ``size`` for a pixel."""

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(ppc=1)
        taken, leaves = source(m, dut.i), sink(m, dut.o)
        m.d.comb += Value.cast(dut.format).eq(form.value)
        into = frames(m, dut.i, C(width, 3), C(2, 2), "i", given)
        pixel = dut.i.p.pixel[0]
        for k, name in enumerate("rgb"):
            number = ((into.x + 1) * size + k)[:6]
            given(m, implies(dut.i.valid, pixel[name] == number))

        words = -(-width * size // 4)
        out = frames(m, dut.o, C(words, 4), C(2, 2), "o")
        frames_leave(m, taken & into.last, leaves & out.last, dut.o, within=6)
        for k in range(4):
            number = Signal(8)
            for word in range(words):
                with m.If(out.x == word):
                    place = 4 * word + k
                    m.d.comb += number.eq(place + size if place < width * size else 0)
            got = dut.o.p.pixel[0][8 * k : 8 * k + 8]
            rule(m, implies(dut.o.valid, got == number), f"byte_{k}_in_place")
        return m

    return proof


PROOFS: dict[str, tuple[Any, Proof]] = {
    "subsample": (ChromaSubsample, subsampled(1)),
    "subsample-ppc-2": (ChromaSubsample, subsampled(2)),
    "grey": (OutputFormat, packed(PixelFormat.GREY, 1, width=3)),
    "rgb24": (OutputFormat, packed(PixelFormat.RGB24, 3, width=2)),
}
BUGS = [
    ("subsample", "with m.Elif(fires):", "with m.Elif(fires & ~beat.eol):", "order"),
    ("subsample-ppc-2", "advance.eq(~self.o.valid | self.o.ready)", "advance.eq(1)", "o_"),
    ("rgb24", "spilling.eq(eol & over)", "spilling.eq(0)", "in_place"),
    ("rgb24", "takes.eq(advance & ~spilling)", "takes.eq(advance)", "in_place"),
]


@needs_sby
@pytest.mark.parametrize("name", PROOFS)
def test_proved(name: str) -> None:
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block), timeout=180)), verdict


@needs_sby
@pytest.mark.parametrize(("name", "right", "wrong", "rule_name"), BUGS)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    block, proof = PROOFS[name]
    verdict = prove(proof(mutant(block, right, wrong)), depth=40, timeout=180)
    assert not verdict
    assert any(rule_name in broken for broken in verdict.broken), verdict
