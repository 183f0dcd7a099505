# SPDX-License-Identifier: MIT
"""Proofs of frames out of memory and into it: each word and each beat once, in its place.

Frames have any size to 3 × 2 beats, another each; a word holds two beats, so some are short.
Memory takes and answers at any time, with anything. The deep queue in the reader is a stand-in that
does what is proved of the real one (see ``test_memory_ports``), after any time.
"""

from collections.abc import Callable
from typing import Any

from amaranth import C, Cat, Module, Mux, Signal, Value
from amaranth.hdl import ShapeLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from opsin.common.beat_count import BeatCount
from opsin.common.frame_reader import FrameReader
from opsin.common.frame_writer import FrameWriter
from opsin.common.line_walk import LineWalk
from opsin.common.stream import Queue
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
BASE, STRIDE = 0x10, 4


class AnyQueue(wiring.Component):
    """In place of a deep queue: the same words in the same order, each after any time."""

    i: stream.Interface
    o: stream.Interface

    def __init__(self, shape: ShapeLike, *, depth: int) -> None:
        self._queue = Queue(shape, depth=depth)
        self.offers = Signal()
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.queue = queue = self._queue
        offered = Signal()
        m.d.comb += self.offers.eq(free(m, 1, "offers_now"))
        wiring.connect(m, wiring.flipped(self.i), queue.i)
        m.d.comb += [
            self.o.valid.eq(queue.o.valid & (offered | self.offers)),
            self.o.payload.eq(queue.o.payload),
            queue.o.ready.eq(self.o.valid & self.o.ready),
        ]
        m.d.sync += offered.eq(self.o.valid & ~self.o.ready)
        return m


def narrow(original: Any) -> Any:
    """Return a part of readers and writers with counters as wide as these frames need."""
    return mutant(original, "lines = Signal(16), Signal(16)", "lines = Signal(3), Signal(3)")


NARROW = {"LineWalk": narrow(LineWalk), "BeatCount": narrow(BeatCount)}


class Frame:
    """A frame of any size, which ``start`` begins when the block is idle."""

    def __init__(self, m: Module, dut: Any) -> None:
        self.line, self.lines = Signal(2, init=1), Signal(2, init=1)
        new = [free(m, 2, "new_line"), free(m, 2, "new_lines")]
        given(m, (new[0] != 0) & (new[1] != 0) & (new[1] != 3))
        self.start = dut.idle & free(m, 1, "start_now")
        with m.If(dut.idle & ~self.start):
            m.d.sync += Cat(self.line, self.lines).eq(Cat(new))
        m.d.comb += [
            dut.start.eq(self.start),
            dut.base.eq(BASE),
            dut.stride.eq(STRIDE),
            dut.line.eq(self.line),
            dut.lines.eq(self.lines),
        ]
        self.words = Mux(self.line == 3, 2, 1)  # of a line
        self.place = (fixed(m, 2, "x"), fixed(m, 1, "y"))  # of the beat that is followed

    def left(self, m: Module, per_line: Value, fires: Value, name: str) -> Value:
        """Return how many words, or beats, are still to come of the frame."""
        left = Signal(3, name=name)
        with m.If(self.start):
            m.d.sync += left.eq(Mux(self.lines == 2, per_line << 1, per_line))
        with m.Else():
            m.d.sync += left.eq(left - fires)
        return left


class Walk:
    """The places that words, or beats, are to have, one after the other."""

    def __init__(self, m: Module, frame: Frame, per_line: Value, fires: Value, name: str) -> None:
        self.x, self.y = Signal(2, name=f"{name}_x"), Signal(1, name=f"{name}_y")
        last = self.x == per_line - 1
        with m.If(frame.start):
            m.d.sync += [self.x.eq(0), self.y.eq(0)]
        with m.Elif(fires):
            m.d.sync += [self.x.eq(Mux(last, 0, self.x + 1)), self.y.eq(self.y ^ last)]
        self.address = BASE + self.y * STRIDE + self.x


def requests(m: Module, memory: Any) -> Value:
    """Take requests at any time; return when one is made."""
    request = memory.request
    m.d.comb += request.ready.eq(free(m, 1, "takes"))
    stream_rules(m, request, "request")
    made = Signal()
    m.d.comb += made.eq(request.valid & request.ready)
    return made


def reader(block: Any) -> Module:
    """Words are asked for once each, in order; their beats leave in order; nothing overflows."""
    m = Module()
    kind = with_parts(block, BlockQueue=AnyQueue, **NARROW)
    dut = kind(bits=4, word_bytes=1, ahead=2, burst=1)
    queue = opened(dut).submodules.words
    m.submodules.dut = dut
    frame = Frame(m, dut)
    left, asked = sink(m, dut.o), requests(m, dut.memory)
    request, response = dut.memory.request, dut.memory.response
    due = Signal(2)
    m.d.comb += [
        response.valid.eq(free(m, 1, "answers") & (due != 0)),
        response.payload.eq(Cat(free(m, 1, "first"), C(0, 3), free(m, 1, "second"))),
    ]
    answered = response.valid
    m.d.sync += due.eq(due + asked - answered)
    rule(m, response.ready, "takes_all_answers")

    walk = Walk(m, frame, frame.words, asked, "asked")
    ask = frame.left(m, frame.words, asked, "to_ask")
    owed = frame.left(m, frame.line, left, "to_leave")
    rule(m, implies(request.valid, ~request.p.write), "only_reads")
    rule(m, implies(request.valid, request.p.address == walk.address), "address")
    rule(m, implies(request.valid, ask != 0), "no_word_more")
    rule(m, implies(dut.o.valid, owed != 0), "no_beat_more")
    come = frame.left(m, frame.words, answered, "to_come")
    rule(m, implies(dut.idle, owed == 0), "idle_when_all_left")
    rule(m, implies(dut.idle, come == 0), "idle_when_all_came")
    rule(m, come == ask + due, "due")
    more = owed > frame.line  # than what is left of the last line
    words = Mux(more, frame.words, 0) + ((Mux(more, owed - frame.line, owed) + 1) >> 1)
    rule(m, come <= words, "due_for_beats")

    # one beat of the frame, any
    x, y = frame.place
    came = Walk(m, frame, frame.words, answered, "came")
    out = Walk(m, frame, frame.line, left, "out")
    beat, known = Signal(4), Signal()
    with m.If(answered & (came.x == x[1]) & (came.y == y)):
        m.d.sync += [known.eq(1), beat.eq(Mux(x[0], response.payload[4:], response.payload[:4]))]
    with m.If(frame.start):
        m.d.sync += known.eq(0)
    here = dut.o.valid & (out.x == x) & (out.y == y)
    rule(m, implies(here, known & (dut.o.payload == beat)), "beat_in_turn")
    fast = request.ready & (answered | (due == 0)) & queue.offers
    responds(m, (owed != 0) & ~dut.o.valid & fast, 4, "moves")
    return m


def writer(block: Any) -> Module:
    """Beats are in memory where they belong, once each; what short words have besides is 0."""
    m = Module()
    m.submodules.dut = dut = with_parts(block, **NARROW)(bits=4, word_bytes=1, burst=1)
    dut._depth = 4  # smaller than real ones; all words of a frame
    frame = Frame(m, dut)
    m.d.comb += [dut.i.valid.eq(free(m, 1, "i_valid")), dut.i.payload.eq(free(m, 1, "i_payload"))]
    stream_rules(m, dut.i, "i", given)
    entered = dut.i.valid & dut.i.ready
    made = requests(m, dut.memory)
    request = dut.memory.request

    walk = Walk(m, frame, frame.words, made, "made")
    ask = frame.left(m, frame.words, made, "to_make")
    owed = frame.left(m, frame.line, entered, "to_enter")
    rule(m, implies(request.valid, request.p.write), "only_writes")
    rule(m, implies(request.valid, request.p.address == walk.address), "address")
    rule(m, implies(request.valid, ask != 0), "no_word_more")
    rule(m, implies(dut.i.ready, owed != 0), "no_beat_more")
    rule(m, implies(dut.idle, ask == 0), "idle_when_all_are_made")
    rule(m, implies(dut.idle, owed == 0), "idle_when_all_came")
    rule(m, implies(dut.urgent, request.valid), "urgent_when_there_is_one")

    # one beat of the frame, any
    x, y = frame.place
    into = Walk(m, frame, frame.line, entered, "into")
    beat, known = Signal(4), Signal()
    with m.If(entered & (into.x == x) & (into.y == y)):
        m.d.sync += [known.eq(1), beat.eq(dut.i.payload)]
    with m.If(frame.start):
        m.d.sync += known.eq(0)
    here = request.valid & (walk.x == x[1]) & (walk.y == y)
    data = Mux(x[0], request.p.data[4:], request.p.data[:4])
    follows = x < frame.line
    rule(m, implies(here & follows, known & (data == beat)), "beat_in_its_word")
    rule(m, implies(here & ~follows, data == 0), "rest_is_0")
    responds(m, (ask != 0) & ~request.valid & dut.i.valid, 8, "moves")
    return m


PROOFS: dict[str, tuple[Any, Proof]] = {
    "reader": (FrameReader, reader),
    "writer": (FrameWriter, writer),
}
STEPS = {
    "words": ("due", "idle_", "no_", "only_", "address", "request_", "takes_", "o_", "urgent_"),
    "order": ("beat_", "rest_"),
    "moves": ("moves",),
}
SLOW = {"reader moves"}
STEPPED = "walk.step.eq(request.valid & request.ready)"
BUGS = [
    # a word is forgotten, overwritten or comes twice
    ("reader", "walk.step.eq(asked)", "walk.step.eq(request.valid)", "address"),
    ("reader", "(free >= self.burst)", "1", "beat_in_turn"),
    ("reader", "beat.i.ready & ends)", "beat.i.ready & count.eol)", "beat_in_turn"),
    ("reader", "self.idle.eq(~busy & ~beat.o.valid)", "self.idle.eq(~busy)", "idle_when"),
    ("writer", STEPPED, "walk.step.eq(request.valid)", "address"),
    ("writer", "full.eq(Cat(come & ends,", "full.eq(Cat(come & count.eol,", "beat_in_its_word"),
    ("writer", "Mux(fill, beat, 0)", "beat", "rest_is_0"),
    ("writer", "gathering & room)", "room)", "no_beat_more"),
    ("writer", "self.idle.eq(~walk.active)", "self.idle.eq(~gathering)", "idle_when"),
]


@needs_sby
@each("case", [f"{name} {part}" for name in PROOFS for part in STEPS], SLOW)
def test_proved(case: str) -> None:
    name, part = case.split()
    steps = {key: STEPS[key] for key in ("words", part, *STEPS)}  # the others only take longer
    assert (verdict := prove_step(PROOFS[name], steps, part)), verdict


@needs_sby
@each("name, right, wrong, rule_name", BUGS)
def test_planted_bug_is_found(name: str, right: str, wrong: str, rule_name: str) -> None:
    block, proof = PROOFS[name]
    with step({"it": [rule_name], "others": [""]}, "it"):
        module = proof(mutant(block, right, wrong))
    assert not prove(module, depth=24, timeout=300)
