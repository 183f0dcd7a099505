# SPDX-License-Identifier: MIT
"""Proofs of the blocks that raw pixels come in by: those asked for leave, each in its place."""

from collections.abc import Callable
from typing import Any

from amaranth import C, Cat, Module, Mux, Signal, Value

from opsin.isp import Crop, CsiUnpack, DvpInput, RawFormat
from opsin_sim.formal import (
    fixed,
    frames,
    frames_leave,
    free,
    given,
    implies,
    in_order,
    needs_sby,
    prove,
    rule,
    sink,
    source,
)
from opsin_sim.formal.testing import each, expect_bug

Proof = Callable[[Any], Module]


def sensor(block: Any) -> Module:
    """Any pins: as long as nothing overflows, every pixel leaves, with the right marks."""
    m = Module()
    m.submodules.dut = dut = block(depth=8)
    data = free(m, 8, "data")
    hsync, vsync, strobe = (free(m, 1, name) for name in ("hsync", "vsync", "strobe"))
    low = [fixed(m, 1, name) for name in ("hsync_low", "vsync_low")]
    m.d.comb += [
        dut.data.eq(data),
        Cat(dut.hsync, dut.vsync, dut.strobe).eq(Cat(hsync, vsync, strobe)),
        Cat(dut.hsync_low, dut.vsync_low).eq(Cat(low)),
    ]
    left = sink(m, dut.o)

    active, blank = hsync ^ low[0], vsync ^ low[1]
    live = active & ~blank
    before, first, fresh = Signal(8), Signal(), Signal()  # the pixel before, if any
    held, always = Signal(), Signal(init=1)
    with m.If(strobe):
        m.d.sync += [held.eq(live), fresh.eq(Mux(blank, 1, fresh & ~live))]
        with m.If(live):
            m.d.sync += [before.eq(data), first.eq(fresh)]
    word = Cat(before, first, ~live)
    in_order(m, strobe & held, word, left, Value.cast(dut.o.payload), capacity=2)
    m.d.sync += always.eq(always & dut.o.ready)
    rule(m, implies(always, ~dut.overflow), "overflows_only_while_waiting")
    given(m, ~dut.overflow)
    return m


_BYTES = {  # of a group of four pixels: how many, and which are the pixels' high ones
    RawFormat.RAW8: (4, (0, 1, 2, 3)),
    RawFormat.RAW10: (5, (0, 1, 2, 3)),
    RawFormat.RAW12: (6, (0, 1, 3, 4)),
    RawFormat.RAW14: (7, (0, 1, 2, 3)),
    RawFormat.RAW16: (8, (1, 3, 5, 7)),
    RawFormat.RAW16_HIGH_FIRST: (8, (0, 2, 4, 6)),
}


def packets(form: RawFormat, *, words: int, width: int, ppc: int = 1) -> Proof:
    """Frames of two packets, whose bytes are numbered, with enough of them for ``width``."""
    size, high = _BYTES[form]
    assert 4 * words >= size * -(-width // 4)

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(depth=8, ppc=ppc)
        taken, leaves = source(m, dut.i), sink(m, dut.o)
        m.d.comb += [dut.width.eq(width), Value.cast(dut.format).eq(form.value)]
        into = frames(m, dut.i, C(words, 3), C(2, 2), "i", given)
        numbers = Cat(Cat(C(k, 2), into.x, C(0, 3)) for k in range(4))
        given(m, implies(dut.i.valid, Cat(dut.i.p.pixel) == numbers))

        out = frames(m, dut.o, C(width // ppc, 4), C(2, 2), "o")
        frames_leave(m, taken & into.last, leaves & out.last, dut.o, within=12)
        for k in range(ppc):
            number = Signal(8)
            for beat in range(width // ppc):
                pixel = beat * ppc + k
                with m.If(out.x == beat):
                    m.d.comb += number.eq(pixel // 4 * size + high[pixel % 4])
            rule(m, implies(dut.o.valid, dut.o.p.pixel[k] == number), f"pixel_{k}_in_place")
        return m

    return proof


def window(*size: int, ppc: int = 1) -> Proof:
    """Frames of two kinds in turn, whose pixels carry their place; sizes in beats."""
    full_width, full_height, left, top, width, height = size

    def proof(block: Any) -> Module:
        m = Module()
        m.submodules.dut = dut = block(depth=8, ppc=ppc)
        taken, leaves = source(m, dut.i), sink(m, dut.o)
        m.d.comb += [
            dut.x.eq(left * ppc),
            dut.y.eq(top),
            dut.width.eq(width * ppc),
            dut.height.eq(height),
        ]
        into = frames(m, dut.i, C(full_width, 3), C(full_height, 3), "i", given)
        out = frames(m, dut.o, C(width, 3), C(height, 3), "o")
        ends_in, ends_out = taken & into.last, leaves & out.last
        frames_leave(m, ends_in, ends_out, dut.o, within=3)
        kind_in, kind_out = Signal(), Signal()
        m.d.sync += [
            kind_in.eq(kind_in ^ ends_in),
            kind_out.eq(kind_out ^ ends_out),
        ]
        given(m, implies(dut.i.valid, dut.i.p.pixel[0] == Cat(into.x, into.y, kind_in)))
        expected = Cat((out.x + left)[:3], (out.y + top)[:3], kind_out)
        rule(m, implies(dut.o.valid, dut.o.p.pixel[0] == expected), "pixel_in_place")
        return m

    return proof


PROOFS: dict[str, tuple[Any, Proof]] = {
    "dvp": (DvpInput, sensor),
    "raw8": (CsiUnpack, packets(RawFormat.RAW8, words=2, width=6)),
    "raw10": (CsiUnpack, packets(RawFormat.RAW10, words=3, width=6)),
    "raw12": (CsiUnpack, packets(RawFormat.RAW12, words=3, width=8, ppc=2)),
    "raw14": (CsiUnpack, packets(RawFormat.RAW14, words=2, width=4)),
    "raw16": (CsiUnpack, packets(RawFormat.RAW16, words=3, width=4)),
    "raw16-high-first": (CsiUnpack, packets(RawFormat.RAW16_HIGH_FIRST, words=2, width=4, ppc=4)),
    "crop": (Crop, window(4, 3, 1, 1, 2, 2)),
    "crop-ppc-2": (Crop, window(3, 3, 1, 0, 2, 2, ppc=2)),
}
SLOW = {"raw10", "raw12", "raw14", "raw16", "crop-ppc-2"}
BUGS = [
    ("dvp", "self.o.p.eol.eq(~live)", "self.o.p.eol.eq(live)", "order_in_turn"),
    ("dvp", "lost = leaves & self.o.valid", "lost = leaves & ~self.o.valid", "payload_stable"),
    ("raw8", ".eq(full & ~beyond)", ".eq(full)", "in_place"),
    ("raw10", "fill.eq(Mux(emits, total - size, total))", "fill.eq(total - size)", "in_place"),
    ("crop", "ended.eq(self.i.p.eol)", "ended.eq(0)", "frames_leave"),
    ("crop", "columns.eq(right < width)", "columns.eq(right <= width)", "in_place"),
]


@needs_sby
@each("name", PROOFS, SLOW)
def test_proved(name: str) -> None:
    block, proof = PROOFS[name]
    assert (verdict := prove(proof(block), timeout=300)), verdict


@needs_sby
@each("name, right, wrong, rule_name", BUGS)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOFS[name], right, wrong, rule_name)
