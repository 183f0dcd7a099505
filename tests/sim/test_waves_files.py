# SPDX-License-Identifier: MIT
"""Files that are not what they should be, and real ones: simulated here and compared."""

import random
from pathlib import Path

import numpy as np
import pytest
from amaranth import Module, Signal, unsigned
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from opsin_sim.harness import Model
from opsin_sim.stream import SimulatorContext, receive, send
from opsin_sim.waves import (
    Activity,
    Clock,
    Names,
    Stream,
    Wave,
    WaveError,
    activity,
    choose,
    modules,
)


class Mode(enum.Enum, shape=unsigned(2)):
    KEEP = 0
    INVERT = 1


class Delay(wiring.Component):
    """One payload of delay, with an enumeration and a state machine."""

    i: stream.Interface
    o: stream.Interface
    mode: data.View

    def __init__(self) -> None:
        payload = data.StructLayout({"data": 8, "last": 1})
        super().__init__(
            {
                "i": In(stream.Signature(payload)),
                "o": Out(stream.Signature(payload)),
                "mode": In(Mode),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        invert = Signal()
        m.d.comb += invert.eq(self.mode == Mode.INVERT)
        with m.FSM():
            with m.State("EMPTY"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.d.sync += self.o.p.data.eq(self.i.p.data ^ invert.replicate(8))
                    m.d.sync += self.o.p.last.eq(self.i.p.last)
                    m.next = "FULL"
            with m.State("FULL"):
                m.d.comb += self.o.valid.eq(1)
                with m.If(self.o.ready):
                    m.next = "EMPTY"
        return m


def payloads(wave: Wave, stream_: Stream, clock: Clock) -> list[int]:
    """Collect what moved on a stream: data just before the edges that end its beats."""
    (field,) = (s for s in stream_.payload if s.name.endswith(".data"))
    whole = clock.window(0, len(clock.edges))
    beats = [c for c, what in activity(wave, clock, stream_, whole) if what is Activity.BEAT]
    return [int(wave.at(field, clock.edges[cycle] - 1) or 0) for cycle in beats]


def test_beats_of_the_amaranth_simulator(tmp_path: Path) -> None:
    dut = Delay()
    sent = [random.Random(5).randrange(256) for _ in range(30)]
    simulator = Simulator(dut)
    simulator.add_clock(1e-8)

    @simulator.add_testbench
    async def source(ctx: SimulatorContext) -> None:
        beats = [{"data": value, "last": 0} for value in sent]
        await send(ctx, dut.i, beats, rng=random.Random(6))

    @simulator.add_testbench
    async def sink(ctx: SimulatorContext) -> None:
        await receive(ctx, dut.o, len(sent), rng=random.Random(7))

    with simulator.write_vcd(str(tmp_path / "delay.vcd")):
        simulator.run()
    wave = Wave(tmp_path / "delay.vcd")
    clock = Clock.find(wave, ("top",))
    assert clock is not None
    (top,) = modules(wave)
    assert {s.name: payloads(wave, s, clock) for s in top.streams} == {"i": sent, "o": sent}
    (state,) = (s for s in top.signals if s.name == "fsm_state")
    assert {Names().text(state, value) for _, value in wave.changes(state)} == {"EMPTY", "FULL"}


def test_beats_of_verilator(tmp_path: Path) -> None:
    path = tmp_path / "delay.fst"
    sent = np.random.default_rng(1).integers(0, 512, 40).astype(np.uint16)
    with Model(Delay(), wave=path) as model:
        model.set("mode", Mode.INVERT)
        received = model.run({"i": sent}, {"o": 40}, idle=0.4, stall=0.4).outputs["o"]
    wave, names = Wave(path), Names.beside(path)
    clock = Clock.find(wave, ("dut",))
    assert clock is not None
    (top,) = choose(wave, names)
    assert [(s.name, s.direction) for s in top.streams] == [("i", "in"), ("o", "out")]
    assert payloads(wave, top.streams[0], clock) == (sent & 0xFF).tolist()
    assert payloads(wave, top.streams[1], clock) == (received & 0xFF).tolist()
    tables = {s.name: names.table(s) for s in top.signals if names.table(s)}
    assert tables == {"mode": {0: "KEEP", 1: "INVERT"}, "fsm_state": {0: "EMPTY", 1: "FULL"}}


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(WaveError, match=r"none\.fst: no such file"):
        Wave(tmp_path / "none.fst")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x7fELF" + bytes(100), bytes(400)])
def test_not_a_waveform(tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "odd.fst"
    path.write_bytes(content)
    with pytest.raises(WaveError, match=r"odd\.fst: (not a waveform|damaged)"):
        Wave(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"format": 2}', '{"format": 1, "top": "dut", "signals": {"a": []}}']
)
def test_names_that_are_none(example: Path, content: str) -> None:
    example.with_name("example.vcd.json").write_text(content)
    with pytest.raises(WaveError, match=r"example\.vcd\.json: not a table of value names"):
        Names.beside(example)
