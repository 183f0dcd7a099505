# SPDX-License-Identifier: MIT
"""Proof of an output's path: whole frames of words, and word of when settings may change.

The scaler is a stand-in that does anything its contract allows (see ``test_scaler``), and so are
the blocks behind it, which may also pack beats of a line into words; the passage that they are on
is the real one. Of the queue at its end, which is proved by itself (see ``test_conveyor``), only
what comes to it counts.
"""

from types import SimpleNamespace
from typing import Any

from amaranth import Cat, Module, Mux, Signal, Value
from amaranth.hdl import unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from opsin.common.conveyor import Unload
from opsin.common.passage import Passage
from opsin.common.video import VideoSignature, Ycbcr
from opsin.isp.output_path import OutputPath
from opsin.isp.scaler_filter import CoefficientWrite
from opsin_sim.formal import (
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
    source,
    stream_rules,
    with_parts,
)
from opsin_sim.formal.standin import StandIn
from opsin_sim.formal.testing import each, expect_bug

AnyRoom = mutant(Unload, "level <= self.depth - self._reserve", "self.any_room")
LATENCY, HOLD = 1, 2  # of the blocks: cycles, and slots they may keep a beat
NUMBERS = ("width_out", "height_out", "phase_x", "phase_y", "step_x", "step_y")
FLAGS = ("average_x", "average_y", "bank")


class AnyScaler(wiring.Component):
    """Takes a frame, and offers one of the other size at any time after it began.

    ``busy`` rises with the first beat that is offered, and falls at any time after the last was
    taken, at the latest 4 cycles after all has left as well.
    """

    i: Any
    o: Any
    write: Any
    width: Value
    height: Value
    width_out: Value
    height_out: Value
    bypass: Value
    busy: Value

    def __init__(self, **_: Any) -> None:
        super().__init__(
            {
                "i": In(VideoSignature(Ycbcr(10))),
                "o": Out(VideoSignature(unsigned(1))),
                "write": In(stream.Signature(CoefficientWrite())),
                **{name: In(16) for name in ("width", "height", *NUMBERS)},
                **{name: In(2) for name in FLAGS},
                "bypass": In(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        width = Mux(self.bypass, self.width, self.width_out)[:2]
        height = Mux(self.bypass, self.height, self.height_out)[:2]
        comes, due = Signal(), Signal()  # beats of the frame are still to be taken, to be offered
        starts = self.i.valid & self.i.p.sof & ~self.busy
        m.d.comb += [
            self.i.ready.eq(comes & free(m, 1, "takes")),
            self.o.valid.eq(due & free(m, 1, "offers")),
            Value.cast(self.o.p).eq(free(m, 3, "beat")),
            self.write.ready.eq(free(m, 1, "writes")),
        ]
        stream_rules(m, self.o, "scaled", given)
        into = frames(m, self.i, self.width[:2], self.height[:2], "taken", rule)
        out = frames(m, self.o, width, height, "scaled", given)
        all_in = self.i.valid & self.i.ready & into.last
        all_out = self.o.valid & self.o.ready & out.last
        waits = Signal(range(4))
        lasts = comes | ((due | (waits != 3)) & free(m, 1, "stays"))
        m.d.sync += [
            comes.eq(starts | (comes & ~all_in)),
            due.eq(starts | (due & ~all_out)),
            self.busy.eq(starts | (self.busy & lasts)),
            waits.eq(Mux(comes | due, 0, waits + (waits != 3))),
        ]
        return m


def settings_only(**_: Any) -> Any:
    """Return what has the settings' ports of the passage's blocks, and nothing else."""
    names = ("format", "centred", "luma", "red_cr", "green_cb", "green_cr", "blue_cb", "offset")
    return SimpleNamespace(**{name: Signal(name=name) for name in (*names, "bypass", "dither")})


class Packs(StandIn):
    """Joins beats of a line with the next as it likes; ``sof`` goes along."""

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.keeps = keeps = StandIn(self.pixel_in, latency=self.latency, hold=self._hold)
        begins = Signal()
        joins = self.i.live & ~self.i.p.eol & free(m, 1, "joins")
        m.d.comb += [
            keeps.i.step.eq(self.i.step),
            keeps.i.live.eq(self.i.live & ~joins),
            keeps.i.p.eq(self.i.p),
            keeps.i.p.sof.eq(self.i.p.sof | begins),
            self.o.step.eq(keeps.o.step),
            self.o.live.eq(keeps.o.live),
            self.o.p.eq(keeps.o.p),
        ]
        with m.If(self.i.live):
            m.d.sync += begins.eq(joins & (self.i.p.sof | begins))
        return m


def path(block: Any) -> Module:
    """Frames and results of any size, a size for each; the sink takes at any time."""
    m = Module()
    dut = with_parts(
        block,
        Scaler=AnyScaler,
        Passage=lambda blocks: Passage([Packs(unsigned(1), latency=LATENCY, hold=HOLD)]),
        **dict.fromkeys(("ChromaSubsample", "RgbSpace", "OutputFormat"), settings_only),
    )(max_width=8, scaled_width=8)
    scaler, passage = dut._scaler, dut._passage
    end = passage._unload
    end.__class__ = AnyRoom
    end.any_room = free(m, 1, "any_room")
    m.submodules.dut = dut
    entered = source(m, dut.i)
    scale = dut.settings.scale

    # settings: other ones when nothing is under way
    owed = Signal()  # it is not told yet that a frame has left
    first = dut.i.valid & dut.i.p.sof
    m.d.sync += owed.eq((owed | first) & ~dut.left)
    for name, value in {
        "bypass": scale.bypass,
        "bank": scale.bank,
        "width": dut.width,
        "height": dut.height,
        "width_out": scale.width_out,
        "height_out": scale.height_out,
    }.items():
        size = 1 if name[0] == "b" else 2
        held = Signal(size, name=f"held_{name}", init=1)
        new = free(m, size, name)
        m.d.comb += value.eq(held)
        with m.If(~owed & ~first):
            m.d.sync += held.eq(new)
        given(m, (new != 0) | (size == 1))
    m.d.comb += [dut.bank.eq(free(m, 1, "next_bank")), dut.o.ready.eq(free(m, 1, "ready"))]
    into = frames(m, dut.i, dut.width[:2], dut.height[:2], "i", given)
    allowed = Signal(init=1)  # the next frame may come
    m.d.sync += allowed.eq(~entered & (allowed | dut.left))
    given(m, implies(first & into.first, allowed))

    # every beat is offered to the scaler, and what it makes comes to the passage's end
    came, taken = dut.i.valid & dut.i.ready, scaler.i.valid & scaler.i.ready
    beats = [Value.cast(s.p)[-3:] for s in (dut.i, scaler.i)]
    waiting = in_order(m, came, beats[0], taken, beats[1], capacity=2, name="scaler")
    for k, (a, b) in enumerate([(scaler.o, passage.i), (passage.o, dut.o)]):
        bits = min(len(Value.cast(a.p)), len(Value.cast(b.p)))
        same = Cat(a.valid == b.valid, a.ready == b.ready).all()
        rule(m, same & (Value.cast(a.p)[:bits] == Value.cast(b.p)[:bits]), f"wire_{k}")
    height = Mux(scale.bypass, dut.height, scale.height_out)[:2]
    lines, opens = Signal(2), Signal(init=1)
    words = end.i
    with m.If(words.live):
        m.d.sync += opens.eq(words.p.eol & (lines == height - 1))
        with m.If(words.p.eol):
            m.d.sync += lines.eq(Mux(lines == height - 1, 0, lines + 1))
    rule(m, implies(words.live, words.p.sof == opens), "sof_in_place")
    rule(m, implies(words.live, owed), "words_of_a_frame")

    # told once of every frame, when all of it was taken and all its words have come
    taken, came = Signal(), Signal()
    m.d.sync += [
        taken.eq((taken | (entered & into.last)) & ~dut.left),
        came.eq((came | (words.live & words.p.eol & (lines == height - 1))) & ~dut.left),
    ]
    rule(m, implies(dut.left, owed & taken & came & ~scaler.busy), "left_once_per_frame")
    responds(m, taken & came & (waiting == 0), 16, "left")
    responds(m, end.room & scaler.o.valid & ~scaler.o.ready, 1, "moves")

    # tables
    fires = [s.valid & s.ready for s in (dut.scale, scaler.write)]
    m.d.comb += dut.scale.valid.eq(free(m, 1, "scale_valid"))
    rule(m, fires[0] == fires[1], "written_once")
    rule(m, implies(fires[1], scale.bank == dut.bank), "no_table_in_use")
    return m


PROOF: tuple[Any, Any] = (OutputPath, path)
BUGS = [
    ("passage.o.ready.eq(self.o.ready)", "passage.o.ready.eq(1)", "wire_1"),
    (
        "passage.height.eq(Mux(use.scale.bypass, self.height, use.scale.height_out))",
        "passage.height.eq(self.height)",
        "left",
    ),
    ("self.left.eq(packed & ~scaler.busy)", "self.left.eq(packed)", "left_once_per_frame"),
    ("packed.eq(passage.left | (packed & scaler.busy))", "packed.eq(passage.left)", "left"),
    (
        "scaler.write.valid.eq(self.scale.valid & settled)",
        "scaler.write.valid.eq(self.scale.valid)",
        "written_once",
    ),
]


@needs_sby
def test_proved() -> None:
    assert (verdict := prove(path(OutputPath), timeout=300)), verdict


@needs_sby
@each("right, wrong, rule_name", BUGS, {"packed.eq(passage.left | (packed & scaler.busy))"})
def test_planted_bug_is_found(right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOF, right, wrong, rule_name, depth=30)
