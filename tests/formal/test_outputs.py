# SPDX-License-Identifier: MIT
"""Proof of both outputs: each that is enabled gets every beat, and all have left in the end.

Their paths are stand-ins that take beats and tell when a frame has left at any time (see
``test_output_path``).
"""

from typing import Any

from amaranth import Cat, Module, Signal, Value
from amaranth.hdl import unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from opsin.common.video import VideoSignature, Ycbcr
from opsin.isp.outputs import OUTPUTS, Outputs
from opsin.isp.scaler_filter import CoefficientWrite
from opsin.isp.settings import PICTURE_DEPTH, IspSettings
from opsin_sim.formal import (
    free,
    given,
    implies,
    in_order,
    needs_sby,
    prove,
    responds,
    rule,
    source,
    with_parts,
)
from opsin_sim.formal.flow import opened
from opsin_sim.formal.testing import each, expect_bug


class AnyPath(wiring.Component):
    """Takes frames of one line at any time, and tells at any time after it that one has left."""

    i: Any
    o: Any
    settings: Any
    width: Value
    height: Value
    bank: Value
    scale: Any
    left: Value

    def __init__(self, **_: Any) -> None:
        super().__init__(
            {
                "i": In(VideoSignature(Ycbcr(PICTURE_DEPTH))),
                "o": Out(VideoSignature(unsigned(32))),
                "settings": In(IspSettings(PICTURE_DEPTH).members["output"]),
                "width": In(16),
                "height": In(16),
                "bank": In(1),
                "scale": In(stream.Signature(CoefficientWrite())),
                "left": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.inside, self.taken = Signal(), Signal()  # a frame, all of it
        takes = self.i.valid & self.i.ready
        m.d.comb += [
            self.i.ready.eq(free(m, 1, "takes") & ~self.taken),
            self.left.eq(self.taken & free(m, 1, "leaves")),
            self.o.valid.eq(free(m, 1, "offers")),
            Value.cast(self.o.p).eq(free(m, 34, "word")),
            self.scale.ready.eq(free(m, 1, "writes")),
        ]
        m.d.sync += [
            self.inside.eq((self.inside | takes) & ~self.left),
            self.taken.eq((self.taken | (takes & self.i.p.eol)) & ~self.left),
        ]
        return m


def both(block: Any) -> Module:
    """Announce frames of any length, with either output or both; settings change between them."""
    m = Module()
    dut = with_parts(block, OutputPath=AnyPath)(widths=(8, 8), lean=False, ppc=1)
    m.submodules.dut = dut
    parts = opened(dut).submodules
    paths = [parts[name] for name in OUTPUTS]
    for path in paths:
        opened(path)
    entered = source(m, dut.i)
    begin = free(m, 1, "begin")
    m.d.comb += [
        dut.begin.eq(begin),
        dut.width.eq(free(m, 2, "width")),
        dut.height.eq(free(m, 2, "height")),
        dut.banks.eq(free(m, 2, "banks")),
    ]

    # frames come when they are announced, and that when none is here
    settings = Cat(dut.settings)
    m.d.comb += settings.eq(free(m, len(settings), "settings"))
    enable, was = Cat(output.enable for output in dut.settings), Signal(2)
    due, inside = Signal(), Signal()  # a frame is announced; it has begun
    m.d.sync += [
        was.eq(enable),
        due.eq((due | begin) & ~(entered & dut.i.p.eol)),
        inside.eq((inside | entered) & ~(entered & dut.i.p.eol)),
    ]
    given(m, implies(begin, ~due & ~dut.busy & (enable != 0)))
    given(m, implies(due | dut.busy | dut.i.valid, enable == was))
    given(m, implies(dut.i.valid, due & (dut.i.p.sof == ~inside)))

    waits = Signal()
    m.d.sync += waits.eq(dut.i.valid & ~dut.i.ready)
    for k, (name, path) in enumerate(zip(OUTPUTS, paths, strict=True)):
        takes = path.i.valid & path.i.ready
        came = dut.i.valid & ~waits & enable[k]
        words = [Cat(s.p.pixel[0].y[:1], s.p.sof, s.p.eol) for s in (dut.i, path.i)]
        in_order(m, came, words[0], takes, words[1], capacity=1, name=name)
        rule(m, implies(path.i.valid, due), f"{name}_frame_is_due")
        here = due & enable[k] | path.inside
        rule(m, implies(here, dut.busy), f"{name}_busy_until_left")
        out, table = ((dut.o, dut.second)[k], path.o), (getattr(dut, f"{name}_scale"), path.scale)
        for kind, (a, b) in (("words", out), ("table", table)):
            same = Cat(a.valid == b.valid, a.ready == b.ready).all()
            rule(m, same & (Value.cast(a.p) == Value.cast(b.p)), f"{name}_{kind}")
        sizes = (path.width == dut.width) & (path.height == dut.height)
        rule(m, sizes & (path.bank == dut.banks[k]), f"{name}_size")
        rule(m, path.settings == dut.settings[k], f"{name}_settings")
    m.d.comb += [s.ready.eq(free(m, 1, "ready")) for s in (dut.o, dut.second)]
    done = ~due & ~paths[0].inside & ~paths[1].inside
    responds(m, done & dut.busy, 1, "not_busy_for_ever")
    return m


PROOF: tuple[Any, Any] = (Outputs, both)
BUGS = [
    ("fork.enable[k].eq(settings.enable)", "fork.enable[k].eq(1)", "none_made_up"),
    ("self.begin & settings.enable", "self.begin", "not_busy_for_ever"),
    ("on_way.any()", "on_way[0]", "second_busy_until_left"),
    ("path.settings.eq(settings)", "path.settings.eq(self.settings[0])", "second_settings"),
    ("path.bank.eq(self.banks[k])", "path.bank.eq(self.banks[0])", "second_size"),
]


@needs_sby
def test_proved() -> None:
    assert (verdict := prove(both(Outputs), timeout=300)), verdict


@needs_sby
@each("right, wrong, rule_name", BUGS)
def test_planted_bug_is_found(right: str, wrong: str, rule_name: str) -> None:
    expect_bug(PROOF, right, wrong, rule_name)
