# SPDX-License-Identifier: MIT
"""Both ends of a conveyor: nothing is lost, nothing mixes, and slots keep their distance."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from amaranth import Cat, Module, Signal
from amaranth.hdl import unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from opsin.common.conveyor import Feed, Unload
from opsin.common.flow import FlowBlock, delayed, join
from opsin.common.video import VideoSignature
from opsin.isp import Conveyor
from opsin_sim.blocks import PAUSES, random_frames
from opsin_sim.harness import Model, SimulationTimeout
from opsin_sim.video import to_beats

SIZES = ((2, 1), (2, 4), (3, 5), (4, 1), (5, 3), (64, 4), (7, 30))  # in beats, lines


class _Late(FlowBlock):
    """Some cycles, and as many slots: as if beats waited for others."""

    def __init__(self, cycles: int, slots: int, ppc: int) -> None:
        self._slots = slots
        super().__init__(unsigned(8), unsigned(8), ppc=ppc, latency=cycles + 1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        slot: Any = Cat(self.i.live, self.i.p.as_value())
        for _ in range(self._slots):
            behind = Signal(len(slot))
            with m.If(self.i.step):
                m.d.sync += behind.eq(slot)
            slot = behind
        out = delayed(m, Cat(self.i.step, slot), self.latency, "out")
        m.d.comb += [
            self.o.step.eq(out[0]),
            self.o.live.eq(out[0] & out[1]),
            self.o.p.as_value().eq(out[2:]),
        ]
        return m


class _Line(wiring.Component):
    """A conveyor; ``fault`` if slots come too close, a frame too soon, or a beat from nowhere."""

    i: stream.Interface
    o: stream.Interface

    def __init__(self, cycles: int, slots: int, ppc: int) -> None:
        self.ppc = ppc
        self.block = _Late(cycles, slots, ppc)
        self.feed: Any = Feed(unsigned(8), max_width=64 * ppc, ppc=ppc)
        self.unload: Any = Unload(unsigned(8), ppc=ppc, latency=self.block.latency)
        video = VideoSignature(unsigned(8), ppc=ppc)
        bits = {name: Out(1) for name in ("begin", "busy", "left", "fault")}
        super().__init__(
            {"i": In(video), "o": Out(video), "width": In(16), "height": In(16)} | bits
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        top: Any = self
        feed, unload = self.feed, self.unload
        m.submodules += [feed, self.block, unload]
        wiring.connect(m, wiring.flipped(self.i), feed.i)
        wiring.connect(m, unload.o, wiring.flipped(self.o))
        join(m, feed.o, [self.block], unload.i)
        # settings, sampled as they are
        width, height = Signal(16), Signal(16)
        with m.If(feed.begin):
            m.d.sync += [width.eq(top.width), height.eq(top.height)]
        m.d.comb += [
            feed.width.eq(width),
            feed.height.eq(height),
            unload.height.eq(height),
            feed.room.eq(unload.room),
            feed.left.eq(unload.left),
            top.begin.eq(feed.begin),
            top.busy.eq(feed.busy),
            top.left.eq(unload.left),
        ]
        steps, since = Signal(3), Signal(2, init=3)
        count = feed.o.step + steps[0] + steps[1] + steps[2]
        inside, open_ = Signal(), Signal()  # until the last beat was put in; until it has left
        m.d.sync += steps.eq(Cat(feed.o.step, steps))
        with m.If(feed.begin):
            m.d.sync += since.eq(0)
        with m.Elif(since != 3):
            m.d.sync += since.eq(since + 1)
        starts = feed.o.live & feed.o.p.sof
        with m.If(starts):
            m.d.sync += [inside.eq(1), open_.eq(1)]
        with m.If(unload.left):
            m.d.sync += [inside.eq(0), open_.eq(0)]
        with m.If(
            ((count * self.ppc > width) & (since == 3))
            | (feed.o.live & ~feed.o.step)
            | (starts & (open_ | (since != 3)))
            | (feed.begin & inside)
        ):
            m.d.sync += top.fault.eq(1)
        return m


@pytest.fixture(scope="module", params=[(0, 0, 1), (20, 70, 1), (300, 10, 2), (3, 5, 4)], ids=str)
def model(request: pytest.FixtureRequest) -> Iterator[tuple[Model, int]]:
    cycles, slots, ppc = request.param
    with Model(_Line(cycles, slots, ppc)) as model:
        yield model, ppc


def frames(ppc: int) -> list[NDArray[Any]]:
    return random_frames(8, sizes=[(width * ppc, height) for width, height in SIZES])


def settle(dut: Model, frame: NDArray[Any]) -> None:
    dut.set("width", frame.shape[1])
    dut.set("height", frame.shape[0])


@pytest.mark.parametrize("pauses", PAUSES.values(), ids=PAUSES)
def test_frames(model: tuple[Model, int], pauses: dict[str, Any]) -> None:
    """Frames of all sizes, one behind the other; settings change as soon as one is taken."""
    dut, ppc = model
    dut.reset()
    for first in frames(ppc):
        for second in frames(ppc):
            wanted = [to_beats(frame, 8, ppc) for frame in (first, second)]
            settle(dut, first)
            total = np.concatenate(wanted)
            dut.run({"i": total[:1]}, {"o": 0}, **pauses)
            settle(dut, second)
            run = dut.run({"i": total[1:]}, {"o": len(total)}, timeout=20_000, **pauses)
            assert np.array_equal(run.outputs["o"], total)
            dut.run(cycles=3)
    assert dut.get("fault") == 0


def test_sink_that_stops(model: tuple[Model, int]) -> None:
    """The queue takes what is on the conveyor, and not one beat is lost."""
    dut, ppc = model
    dut.reset()
    (frame,) = random_frames(8, sizes=[(60 * ppc, 40)])
    settle(dut, frame)
    beats = to_beats(frame, 8, ppc)
    with pytest.raises(SimulationTimeout):
        dut.run({"i": beats}, {"o": 0}, timeout=3000)
    dut.reset()
    settle(dut, frame)
    # 1 beat at a time, after pauses that are long enough for the queue to fill
    got = []
    rest = beats
    for count in (1, 1, 2, 9, 1, 20):
        try:
            dut.run({"i": rest[:700]}, {"o": 0}, timeout=800)
            rest = rest[700:]
        except SimulationTimeout as error:
            sent = int(str(error).split("i sent ")[1].split()[0])
            rest = rest[sent:]
        got.append(dut.run({}, {"o": count}).outputs["o"])
    left = len(beats) - sum(map(len, got))
    got.append(dut.run({"i": rest}, {"o": left}, timeout=20_000).outputs["o"])
    assert np.array_equal(np.concatenate(got), beats)
    assert dut.get("fault") == 0


def test_source_that_stops(model: tuple[Model, int]) -> None:
    """The frame waits for the rest, and is drained behind its last beat."""
    dut, ppc = model
    dut.reset()
    (frame,) = random_frames(8, sizes=[(6 * ppc, 4)])
    settle(dut, frame)
    beats = to_beats(frame, 8, ppc)
    dut.run({"i": beats[:1]})
    dut.run(cycles=700)
    assert dut.get("busy") == 1
    dut.run({"i": beats[1:-1]})
    dut.run(cycles=700)
    assert dut.get("busy") == 1
    dut.run({"i": beats[-1:]}, until="left", timeout=2000)
    dut.run(cycles=1)
    assert dut.get("busy") == 0
    assert np.array_equal(dut.run({}, {"o": len(beats)}).outputs["o"], beats)


def test_drops_what_has_no_sof(model: tuple[Model, int]) -> None:
    dut, ppc = model
    dut.reset()
    (frame,) = random_frames(8, sizes=[(6 * ppc, 4)])
    settle(dut, frame)
    beats = to_beats(frame, 8, ppc)
    run = dut.run({"i": np.concatenate([beats[3:], beats])}, {"o": len(beats)}, timeout=5000)
    assert np.array_equal(run.outputs["o"], beats)


def test_reset_in_mid_flight(model: tuple[Model, int]) -> None:
    """The frame is forgotten, wherever it was."""
    dut, ppc = model
    dut.reset()
    first, second = random_frames(8, sizes=[(6 * ppc, 4), (5 * ppc, 3)])
    beats = to_beats(second, 8, ppc)
    for sent in (1, 7, 23, 24):
        settle(dut, first)
        dut.run({"i": to_beats(first, 8, ppc)[:sent]}, {"o": 0})
        dut.run(cycles=sent)
        dut.reset()
        settle(dut, second)
        run = dut.run({"i": beats}, {"o": len(beats)}, timeout=5000)
        assert np.array_equal(run.outputs["o"], beats)
        assert dut.get("fault") == 0


def test_rate() -> None:
    """One beat per cycle; between frames the conveyor is drained."""
    with Model(_Line(20, 70, 1)) as dut:
        (frame,) = random_frames(8, sizes=[(64, 30)])
        settle(dut, frame)
        beats = to_beats(frame, 8)
        run = dut.run({"i": np.concatenate([beats] * 3)}, {"o": 3 * len(beats)}, timeout=9999)
        assert run.cycles <= 3 * (len(beats) + 70 + 21 + 12)


def test_conveyor_of_one_block() -> None:
    """All settings of a block are sampled together when a frame begins."""
    frames = random_frames(8, sizes=[(8, 4), (6, 3), (12, 2)])
    with Model(Conveyor(_Late(2, 5, 1), max_width=16)) as dut:
        for frame in frames:
            beats = to_beats(frame, 8)
            settle(dut, frame)
            dut.run({"i": beats[:1]})
            dut.set("width", 2)
            dut.set("height", 77)
            run = dut.run({"i": beats[1:]}, {"o": len(beats)}, timeout=1000)
            assert np.array_equal(run.outputs["o"], beats)
