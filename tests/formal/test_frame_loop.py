# SPDX-License-Identifier: MIT
"""Proofs of blocks with a frame in memory beside the one that comes.

Frames have any size to 3 × 2 pixels, another each, and any role. The frame store is a stand-in
that does what is proved of its parts (see ``test_frame_memory`` and ``test_memory_ports``), after
any time; so is the computation, which is a passage (see ``test_conveyor``) in the real blocks.
"""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from amaranth import C, Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from opsin.common.beat_count import BeatCount
from opsin.common.memory_port import MemoryPort
from opsin.common.stream import Queue
from opsin.common.video import VideoSignature
from opsin.isp.frame_loop import FrameLoop
from opsin.isp.frame_match import FrameMatch
from opsin.isp.hdr_merge import HdrMerge
from opsin.isp.hdr_role import HdrRole, HdrTurns
from opsin.isp.temporal_noise_reduction import TemporalNoiseReduction
from opsin_sim.formal import (
    fixed,
    free,
    given,
    implies,
    mutant,
    needs_sby,
    prove,
    responds,
    rule,
    sink,
    stream_rules,
    with_parts,
)
from opsin_sim.formal.flow import opened
from opsin_sim.formal.rules import step
from opsin_sim.formal.testing import each, prove_step

Proof = Callable[[Any], Module]


class Walk:
    """The place of the beat that is to come, in a frame that ``start`` begins."""

    def __init__(
        self,
        m: Module,
        start: Value,
        line: Value,
        lines: Value,
        fires: Value,
        name: str,
        some: Any = 1,
    ) -> None:
        self.x, self.y = Signal(2, name=f"{name}_x"), Signal(1, name=f"{name}_y")
        self.more = Signal(name=f"{name}_more")  # beats are to come
        self.last = self.x == line - 1
        self.ends = self.last & (self.y == lines - 1)
        rest = line - self.x + Mux((lines == 2) & (self.y == 0), line, 0)
        self.rest = Signal(3, name=f"{name}_rest")
        m.d.comb += self.rest.eq(Mux(self.more, rest, 0))
        within = (self.x < line) & (self.y < lines)
        rule(m, implies(self.more, within), f"lemma_{name}_within")
        self.first = self.more & (self.x == 0) & (self.y == 0)
        with m.If(start):
            m.d.sync += [self.more.eq(some), self.x.eq(0), self.y.eq(0)]
        with m.Elif(fires):
            m.d.sync += [
                self.x.eq(Mux(self.last, 0, self.x + 1)),
                self.y.eq(self.y ^ self.last),
                self.more.eq(~self.ends),
            ]


class AnyStore(wiring.Component):
    """In place of a frame store: takes and offers a frame's beats, each after any time."""

    def __init__(self, *, bits: int, word_bytes: int, ahead: int) -> None:
        self.likes = Signal(3)  # to offer, to take, to be idle
        place = {"base": In(32), "stride": In(32), "line": In(16), "lines": In(16)}
        super().__init__(
            {
                **{name: In(1) for name in ("start", "read", "write")},
                **place,
                "memory": Out(MemoryPort(word_bytes)),
                "o": Out(stream.Signature(bits)),
                "i": In(stream.Signature(bits)),
                "idle": Out(1),
            }
        )

    start: Any
    read: Any
    write: Any
    base: Any
    line: Any
    lines: Any
    o: Any
    i: Any
    idle: Any

    def elaborate(self, platform: object) -> Module:
        m = Module()
        offered, busy, bit = Signal(), Signal(), Signal()
        went, came = self.o.valid & self.o.ready, self.i.valid & self.i.ready
        size = (self.line[:2], self.lines[:2])
        self.reads = reads = Walk(m, self.start & self.read, *size, went, "reads")
        self.writes = writes = Walk(m, self.start & self.write, *size, came, "writes")
        m.d.comb += [
            self.likes.eq(free(m, 3, "store_likes")),
            self.o.valid.eq(reads.more & (offered | self.likes[0])),
            self.o.payload.eq(bit),
            self.i.ready.eq(writes.more & self.likes[1]),
            self.idle.eq(~busy),
        ]
        m.d.sync += offered.eq(self.o.valid & ~self.o.ready)
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += bit.eq(free(m, 1, "bit"))
        with m.If(self.start):
            m.d.sync += busy.eq(self.read | self.write)
        with m.Elif(~reads.more & ~writes.more & self.likes[2]):
            m.d.sync += busy.eq(0)

        # what is asked of who uses one
        where = Cat(self.base, self.line, self.lines)
        before, written, whole = Signal.like(where), Signal.like(where), Signal()
        m.d.sync += before.eq(where)
        rule(m, implies(self.start, ~busy), "store_starts_when_idle")
        rule(m, implies(busy, where == before), "store_place_holds")
        later = Cat(reads.x, reads.y) > Cat(writes.x, writes.y)
        rule(m, implies(came & reads.more, later), "store_read_before_written")
        with m.If(self.start & self.write):
            m.d.sync += [written.eq(where), whole.eq(0)]
        with m.Elif(came & writes.ends):
            m.d.sync += whole.eq(1)
        rule(m, implies(self.start & self.read, whole & (written == where)), "store_has_it")
        return m


class Asked(NamedTuple):
    """What is to be done with a frame."""

    read: Value
    write: Value
    emit: Value


class Computation(wiring.Component):
    """In place of a passage: one beat for each, with its markers, after any time."""

    def __init__(self, pixel_in: Any, pixel_out: Any) -> None:
        super().__init__({"i": In(VideoSignature(pixel_in)), "o": Out(VideoSignature(pixel_out))})
        self.likes, self.level = Signal(2), Signal(range(3))

    i: Any
    o: Any

    def elaborate(self, platform: object) -> Module:
        m = Module()
        i, o = self.i, self.o
        m.submodules.beats = beats = Queue(unsigned(3), depth=2)
        m.d.comb += self.level.eq(beats.level)
        offered = Signal()
        m.d.comb += [
            self.likes.eq(free(m, 2, "computation_likes")),
            i.ready.eq(beats.i.ready & self.likes[0]),
            beats.i.valid.eq(i.valid & self.likes[0]),
            beats.i.payload.eq(Cat(i.p.sof, i.p.eol, Value.cast(i.p.pixel[0].now)[0])),
            o.valid.eq(beats.o.valid & (offered | self.likes[1])),
            beats.o.ready.eq(o.ready & o.valid),
            Cat(o.p.sof, o.p.eol).eq(beats.o.payload),
            Value.cast(o.p.pixel[0].o).eq(beats.o.payload[2]),
            Value.cast(o.p.pixel[0].past).eq(beats.o.payload[2]),
        ]
        m.d.sync += offered.eq(o.valid & ~o.ready)
        return m


def narrow(block: Any, bits: int = 3) -> Any:
    right = "beats, lines = Signal(16), Signal(16)"
    return mutant(block, right, right.replace("16", str(bits)))


def small(loop: Any) -> Any:
    """Return a loop with a store that is a stand-in, and counters as wide as it needs here."""
    kind = mutant(loop, "left = Signal(range(256))", "left = self.left = Signal(range(8))")
    right = "inside = Signal()  # more"
    kind = mutant(kind, right, "inside = self.inside = Signal()  # more")
    return with_parts(kind, FrameStore=AnyStore, BeatCount=narrow(BeatCount))


def check(m: Module, dut: Any, loop: Any, computation: Any, asked: Asked) -> None:
    """Any beats, and frames of any size with each ``sof``: what is there to be asked of a loop."""
    store, begin = loop._store, loop.begin
    opened(store)
    parts = opened(loop).submodules
    m.d.comb += [
        dut.width.eq(free(m, 2, "width")),
        dut.height.eq(free(m, 2, "height")),
        dut.base.eq(free(m, 1, "base")),
        dut.i.valid.eq(free(m, 1, "i_valid")),
        dut.i.p.sof.eq(free(m, 1, "i_sof")),
        Value.cast(dut.i.p.pixel[0]).eq(free(m, 1, "i_pixel")),
    ]
    given(m, (dut.width != 0) & (dut.height != 0) & (dut.height != 3))
    stream_rules(m, dut.i, "i", given)
    entered, left = dut.i.valid & dut.i.ready, sink(m, dut.o)
    line, lines = Signal(2, init=1), Signal(2, init=1)  # of the frame under way
    now = Signal(3)
    with m.If(begin):
        m.d.sync += [line.eq(dut.width), lines.eq(dut.height), now.eq(Cat(asked))]

    # beats go on once each, those outside of frames nowhere; an early sof waits for the frame's end
    moves = parts.enter.i.valid & parts.enter.i.ready
    into = Walk(m, begin, line, lines, moves, "into")
    early = dut.i.p.sof & ~into.first
    goes = Mux(into.more, moves & ~early, dut.i.valid & ~dut.i.p.sof)
    rule(m, entered == goes, "beats_go_on_once")
    rule(m, implies(moves, dut.i.valid), "beats_come")
    rule(m, implies(into.first & ~begin, dut.i.valid & dut.i.p.sof), "frames_begin_with_sof")
    rule(m, implies(store.start, store.write == now[1]), "writes_what_it_should")
    rule(m, implies(store.start & store.read, now[0]), "reads_what_it_should")

    # the last beat of a frame may wait while the next begins
    tail, alone = Signal(), Signal()
    since = Signal(2, init=3)
    with m.If(begin):
        m.d.sync += since.eq(0)
    with m.Elif(since != 3):
        m.d.sync += since.eq(since + 1)
    started = since >= 2
    out = Walk(m, begin, line, lines, left & ~tail, "out", asked.emit)
    with m.If(begin):
        m.d.sync += [
            tail.eq(dut.o.valid & ~dut.o.ready),
            alone.eq(Mux(tail, alone, out.first)),
        ]
    with m.Elif(left):
        m.d.sync += tail.eq(0)
    rule(m, implies(begin, ~into.more), "begins_after_the_last_came")
    rule(m, implies(begin & out.more, dut.o.valid & out.ends & ~tail), "begins_behind_the_last")
    rule(m, implies(dut.o.valid, tail | out.more), "none_made_up")
    rule(m, implies(dut.o.valid, dut.o.p.sof == Mux(tail, alone, out.first)), "sof_in_place")
    rule(m, implies(dut.o.valid, dut.o.p.eol == (tail | out.last)), "eol_in_place")

    # what is where
    gone = Walk(m, begin, line, lines, parts.leave.o.valid & parts.leave.o.ready, "gone")
    levels = [part.o.valid + ~part.i.ready for part in (parts.enter, parts.leave)]
    for part, name in ((parts.enter, "enter"), (parts.leave, "leave")):
        rule(m, implies(~part.i.ready, part.o.valid), f"lemma_{name}")
    rule(m, loop.left == levels[0] + levels[1] + computation.level, "lemma_level")
    rule(m, loop.left + into.rest == gone.rest, "lemma_gone")
    rule(m, loop.inside == into.more, "lemma_inside")
    rule(m, implies(into.more & started, parts.count.ends == into.ends), "lemma_ends")
    rule(m, implies(into.more & started, parts.count.eol == into.last), "lemma_eol")
    rule(m, out.rest == Mux(now[2], gone.rest + (dut.o.valid & ~tail), 0), "lemma_out")
    rule(m, implies(started, store.reads.rest == Mux(loop.reading, into.rest, 0)), "lemma_reads")

    # one beat of the frame, any
    x, y = fixed(m, 2, "x"), fixed(m, 1, "y")
    bit, known = Signal(), Signal()
    with m.If(begin):
        m.d.sync += known.eq(0)
    with m.Elif(moves & (into.x == x) & (into.y == y)):
        m.d.sync += [known.eq(1), bit.eq(Value.cast(dut.i.p.pixel[0]) & ~early)]
    here = dut.o.valid & ~tail & (out.x == x) & (out.y == y)
    right = known & (Value.cast(dut.o.p.pixel[0]) == bit)
    rule(m, implies(here, right), "beat_in_turn")
    there = store.i.valid & (store.writes.x == x) & (store.writes.y == y)
    right = known & (store.i.payload[0] == bit)
    rule(m, implies(there & store.writes.more, right), "beat_in_memory")
    rule(m, implies(store.i.valid, store.writes.more), "none_more_in_memory")

    likes = dut.o.ready & store.likes.all() & computation.likes.all()
    waits = dut.i.valid & ~entered & ~left
    responds(m, likes & waits, 16, "moves")
    helps = likes & ~dut.i.valid & ~into.more & (out.more | dut.busy)
    responds(m, helps & ~left, 16, "leaves")
    rule(m, implies(~dut.busy, ~into.more & ~out.more & store.idle), "busy")


def loop(kind: Any) -> Module:
    """Any frame is to be read or not, written or not, and to leave or not."""
    m = Module()
    bit = unsigned(1)
    dut = small(kind)(bit, bit, bit, max_width=4, ppc=1, word_bytes=1, ahead=16)
    computation = Computation(dut.met.p.pixel[0].shape(), dut.kept.p.pixel[0].shape())
    m.submodules.computation = computation
    m.submodules.dut = dut
    wiring.connect(m, dut.met, computation.i)
    wiring.connect(m, computation.o, dut.kept)
    asked = Asked(*(free(m, 1, name) for name in Asked._fields))
    m.d.comb += [getattr(dut, name).eq(value) for name, value in asked._asdict().items()]
    check(m, dut, dut, computation, asked)
    return m


def around(m: Module, kind: Any) -> tuple[Any, Any]:
    """Return a block with a small loop, and the computation inside of it."""
    made: list[Computation] = []

    def passage(blocks: list[Any]) -> Any:
        ends = [blocks[0].i.p.pixel[0].shape(), blocks[-1].o.p.pixel[0].shape()]
        made.append(Computation(*ends))
        return made[0]

    dut = with_parts(kind, FrameLoop=small(FrameLoop), Passage=passage)(
        depth=8, max_width=4, word_bytes=2, ahead=16
    )
    opened(dut)
    m.submodules.dut = dut
    return dut, made[0]


def merge(kind: Any) -> Module:
    """Any role: what is stored does not leave, all else does, and is not stored."""
    m = Module()
    dut, computation = around(m, kind)
    role, second = free(m, HdrRole, "role"), Signal()
    m.d.comb += dut.role.eq(role)
    turns = role == HdrRole.TURNS
    stores = (role == HdrRole.STORE) | (turns & ~second)
    with m.If(dut._loop.begin):
        m.d.sync += second.eq(turns & ~second)
    asked = Asked(read=~stores & (role != HdrRole.PASS), write=stores, emit=~stores)
    check(m, dut, dut._loop, computation, asked)
    return m


def reduction(kind: Any) -> Module:
    """Every frame leaves; it is stored unless it is to pass."""
    m = Module()
    dut, computation = around(m, kind)
    forget, bypass = free(m, 1, "forget"), free(m, 1, "bypass")
    m.d.comb += [dut.forget.eq(forget), dut.bypass.eq(bypass)]
    check(m, dut, dut._loop, computation, Asked(~bypass & ~forget, ~bypass, C(1)))
    return m


PROOFS: dict[str, tuple[Any, Proof]] = {
    "loop": (FrameLoop, loop),
    "merge": (HdrMerge, merge),
    "reduction": (TemporalNoiseReduction, reduction),
}
STEPS = {
    "lemmas": ("lemma_",),
    "markers": ("begins_", "none_", "sof_", "eol_", "o_", "busy"),
    "beats": ("beats_", "frames_", "reads_", "writes_", "store_"),
    "turn": ("beat_in_turn",),
    "memory": ("beat_in_memory",),
    "moves": ("moves", "leaves"),
}
NEEDS = {"turn": ("lemmas",), "memory": ("lemmas", "beats")}  # to know more only takes longer
SLOW = {"loop memory", "loop moves"} | {
    f"{name} {part}"
    for name in ("merge", "reduction")
    for part in ("markers", "turn", "memory", "moves")
}
EMITS = "self.o.valid.eq(emitting)"
WRITES = "store.i.valid.eq(goes & match.writing)"
BUGS: list[tuple[str, Any, str, str, str]] = [
    # a beat is lost, comes twice, or comes although it is to be stored only
    ("loop", FrameLoop, EMITS, "self.o.valid.eq(emitting & ~kept.p.eol)", "beat_in_turn"),
    (
        "loop",
        FrameLoop,
        "moves & ~filling,",
        "moves & store.o.valid & ~filling,",
        "beats_go_on_once",
    ),
    ("loop", FrameLoop, EMITS, "self.o.valid.eq(1)", "none_made_up"),
    ("loop", FrameLoop, "(~self.o.valid | self.o.ready) &", "", "o_"),
    # markers
    ("loop", FrameLoop, "met.p.eol.eq(count.eol)", "met.p.eol.eq(count.ends)", "eol_in_place"),
    ("loop", FrameLoop, "met.p.sof.eq(first)", "met.p.sof.eq(self.i.p.sof)", "sof_in_place"),
    # a beat is forgotten in memory, or memory is used when it must not be
    ("loop", FrameLoop, WRITES, WRITES[:-1] + " & ~kept.p.eol)", "beat_in_memory"),
    ("loop", FrameLoop, "(store.i.ready | ~match.writing)", "1", "beat_in_memory"),
    ("loop", FrameLoop, "(left == 0) & store.idle)", "(left == 0))", "store_starts_when_idle"),
    ("loop", FrameMatch, "wanted & written &", "wanted &", "store_has_it"),
    ("merge", HdrMerge, "loop.emit.eq(~turns.stores)", "loop.emit.eq(1)", "none_made_up"),
    ("merge", HdrMerge, "~turns.stores & ~turns.passes", "~turns.stores", "reads_what"),
    ("merge", HdrTurns, "by_turns & ~merge_next", "by_turns", "writes_what"),
    ("reduction", TemporalNoiseReduction, "emit.eq(1)", "emit.eq(~self.forget)", "begins_behind"),
    ("reduction", TemporalNoiseReduction, "write.eq(~self.bypass)", "write.eq(1)", "writes_what"),
]


@needs_sby
@each("case", [f"{name} {part}" for name in PROOFS for part in STEPS], SLOW)
def test_proved(case: str) -> None:
    name, part = case.split()
    first = (*NEEDS[part], part) if part in NEEDS else ()
    steps = {key: STEPS[key] for key in (*first, *STEPS)}
    assert (verdict := prove_step(PROOFS[name], steps, part)), verdict


@needs_sby
@each("name, part, right, wrong, rule_name", BUGS)
def test_planted_bug_is_found(
    name: str, part: Any, right: str, wrong: str, rule_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    block, proof = PROOFS[name]
    buggy = mutant(part, right, wrong)
    for where in (sys.modules[part.__module__], sys.modules[block.__module__]):
        monkeypatch.setattr(where, part.__name__, buggy)
    with step({"it": [rule_name], "others": [""]}, "it"):
        module = proof(buggy if part is block else block)
    verdict = prove(module, depth=20, timeout=300)
    assert not verdict
