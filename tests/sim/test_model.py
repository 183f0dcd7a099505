# SPDX-License-Identifier: MIT
"""The compiled model: ports, streams, the end of a run."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, Value, signed, unsigned
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

from opsin_sim.harness import Model, Progress, SimulationTimeout, pack


class Mode(enum.Enum, shape=2):
    ADD = 0
    SUBTRACT = 1
    STOP = 2


class Settings(data.Struct):
    mode: Mode
    offset: signed(5)
    weights: data.ArrayLayout(unsigned(4), 3)


class Unit(wiring.Component):
    """A 100-bit stream with every second payload doubled, a wire, a counter, a rule checker."""

    i: In(stream.Signature(100))
    o: Out(stream.Signature(100))
    settings: In(Settings)
    new: In(signed(5))  # a word of C++
    copy: Out(Settings)
    negative: Out(signed(6))
    count: Out(16)
    done: Out(1)
    violation: Out(1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        second, waiting, held = Signal(), Signal(), Signal(100)
        with m.If(~self.o.valid | self.o.ready):
            m.d.comb += self.i.ready.eq(self.count[0] | self.count[2])  # not ready now and then
            m.d.sync += self.o.valid.eq(self.i.valid & self.i.ready)
            with m.If(self.i.valid & self.i.ready):
                m.d.sync += self.o.payload.eq(self.i.payload << second)
                m.d.sync += second.eq(~second)
        m.d.sync += [waiting.eq(self.i.valid & ~self.i.ready), held.eq(self.i.payload)]
        with m.If(waiting & (~self.i.valid | (self.i.payload != held))):
            m.d.sync += self.violation.eq(1)
        m.d.sync += self.count.eq(self.count + 1)
        m.d.comb += [
            Value.cast(self.copy).eq(Value.cast(self.settings)),
            self.negative.eq(self.new - self.settings.offset),
            self.done.eq(self.count == 50),
        ]
        return m


@cache
def words(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 1 << 32, (count, 4), np.uint32) & [
        0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 7
    ]  # fmt: skip


def packed(count: int) -> np.ndarray:
    return pack(unsigned(100), words(count).astype(np.uint32))


def doubled(sent: np.ndarray) -> list[int]:
    values = [int.from_bytes(row.tobytes(), "little") for row in sent]
    return [value << (k % 2) for k, value in enumerate(values)]


def test_ports() -> None:
    model = Model(Unit())
    model.set("settings", {"mode": Mode.STOP, "offset": -3, "weights": [1, 2, 15]})
    assert Settings.from_bits(model.get("copy")).mode == Mode.STOP
    assert Settings.from_bits(model.get("copy")).offset == -3
    assert Settings.from_bits(model.get("copy")).weights[2] == 15
    model.set("new", -16)
    assert model.get("negative") == -13  # combinational, no clock
    model.set("settings", 0x7FFFF)
    assert model.get("copy") == 0x7FFFF
    model.set("settings", Settings.const({"mode": Mode.ADD, "offset": 5}))
    assert model.get("negative") == -21


@pytest.mark.parametrize(
    ("name", "value", "kind", "message"),
    [
        ("new", 16, ValueError, r"new must be in -16\.\.15, not 16"),
        ("new", "x", TypeError, "new must be an integer, not 'x'"),
        ("nothing", 0, ValueError, "port must be of the inputs .*not 'nothing'"),
        ("count", 0, ValueError, "port must be of the inputs"),
        ("settings", {"offset": 16}, ValueError, r"settings.offset must be in -16\.\.15"),
        ("settings", {"ofset": 1}, ValueError, "settings must have the fields .*not .'ofset'"),
        ("settings", {"weights": [1, 2]}, ValueError, "weights must have 3 elements, not 2"),
        ("settings", 1 << 19, ValueError, r"settings must be in 0\.\.524287"),
    ],
)
def test_set_rejects(name: str, value: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        Model(Unit()).set(name, value)


@pytest.mark.parametrize(("idle", "stall"), [(0, 0), (0.5, 0), (0, 0.5), (0.3, 0.6)])
def test_streams_keep_the_rules(idle: float, stall: float) -> None:
    model = Model(Unit())
    sent = packed(500)
    run = model.run({"i": sent}, {"o": 500}, idle=idle, stall=stall)
    got = [int.from_bytes(row.tobytes(), "little") for row in run.outputs["o"]]
    assert got == [value & ((1 << 100) - 1) for value in doubled(sent)]
    assert model.get("violation") == 0
    assert 500 < run.cycles < 10_000


def test_seed_decides() -> None:
    def cycles(**seed: int) -> int:
        return Model(Unit()).run({"i": packed(99)}, {"o": 99}, idle=0.5, stall=0.5, **seed).cycles

    assert cycles() == cycles(seed=1)
    assert len({cycles(seed=seed) for seed in range(6)}) > 1


def test_seed_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def cycles(**seed: int) -> int:
        return Model(Unit()).run({"i": packed(99)}, {"o": 99}, idle=0.5, stall=0.5, **seed).cycles

    monkeypatch.setenv("OPSIN_SEED", "5")
    assert cycles() == cycles(seed=5)
    monkeypatch.setenv("OPSIN_SEED", "five")
    with pytest.raises(ValueError, match="OPSIN_SEED must be a whole number, not 'five'"):
        cycles()


def test_state_carries_over() -> None:
    model = Model(Unit())
    sent = packed(40)
    parts = []
    for k, wanted in enumerate((9, 10, 10, 10)):
        # the sink is full before the design is empty: what it holds comes in the next run
        parts.append(model.run({"i": sent[10 * k :][:10]}, {"o": wanted}, seed=k).outputs["o"])
    parts.append(model.run(sinks={"o": 1}).outputs["o"])
    whole = Model(Unit()).run({"i": sent}, {"o": 40}).outputs["o"]
    assert np.array_equal(np.concatenate(parts), whole)


def test_models_do_not_share_state() -> None:
    one, two = Model(Unit()), Model(Unit())
    one.run(cycles=7)
    two.run(cycles=3)
    assert one.get("count") - two.get("count") == 4
    one.reset()
    assert one.get("count") == 0
    assert two.get("count") == 3


def test_ends() -> None:
    model = Model(Unit())
    assert model.run(until="done").cycles == 50
    assert model.get("done") == 1
    assert model.run(cycles=5).cycles == 5
    run = model.run({"i": packed(100)}, {"o": 100}, cycles=20)
    assert run.cycles == 20
    assert 0 < len(run.outputs["o"]) < 20
    assert model.run({"i": packed(10)}, {"o": None}).outputs == {}


def test_timeout_says_what_was_open() -> None:
    model = Model(Unit())
    message = r"no end after 300 cycles: i sent 20 of 20, o received 20 of 21 \(seed 4\)"
    with pytest.raises(SimulationTimeout, match=message):
        model.run({"i": packed(20)}, {"o": 21}, timeout=300, seed=4)
    with pytest.raises(SimulationTimeout, match="violation stayed 0"):
        model.run(until="violation", timeout=10)


def test_progress() -> None:
    reports: list[Progress] = []
    Model(Unit()).run({"i": packed(1000)}, {"o": 1000}, stall=0.99, progress=reports.append)
    assert [r.total for r in reports] == [2000] * len(reports)
    assert reports[-1].moved == 2000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "must have sources, sinks, until or cycles"),
        ({"sources": {"x": np.zeros(1)}}, "sources must be of .*not 'x'"),
        ({"sinks": {"i": 1}}, "sinks must be of .*not 'i'"),
        ({"memory": {"m": np.zeros(1)}}, "memory must be of"),
        ({"until": "new"}, "until must be of"),
        ({"sources": {"i": np.zeros((3, 4), np.uint64)}}, r"i must be \(n, 4\) of uint32"),
        ({"sources": {"i": np.zeros(3, np.uint32)}}, r"i must be \(n, 4\) of uint32"),
        ({"sources": {"i": np.full((3, 4), 16, np.uint32)}}, "i must have payloads of 100 bits"),
        ({"until": "count"}, "until must be a port of at most 8 bits"),
        ({"cycles": 1, "idle": 1.0}, "idle must be"),
        ({"cycles": 1, "stall": -0.1}, "stall must be"),
        ({"cycles": 1, "until": "done"}, "until and cycles"),
        ({"cycles": 1, "latency": -1}, "latency must not be negative"),
    ],
)
def test_run_rejects(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Model(Unit()).run(**arguments)


def test_closed_model() -> None:
    with Model(Unit()) as model:
        model.run(cycles=1)
    with pytest.raises(ValueError, match="model must be open"):
        model.get("count")


class TwoClocks(wiring.Component):
    o: Out(1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.pixel += self.o.eq(~self.o)
        return m


class Wire(wiring.Component):
    a: In(wiring.Signature({"x": Out(4)}).flip().flip()).array(2)
    b: Out(4)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.b.eq(self.a[0].x + self.a[1].x)
        return m


def test_no_clock_and_nested_names() -> None:
    model = Model(Wire())
    model.set("a__0__x", 3)
    model.set("a__1__x", 4)
    assert model.get("b") == 7
    assert model.run(cycles=2).cycles == 2


def test_rejects_designs() -> None:
    with pytest.raises(ValueError, match=r"no clock domain but sync, not also \['pixel_clk'"):
        Model(TwoClocks())
    with pytest.raises(TypeError, match="top must be a wiring"):
        Model(3)  # type: ignore[arg-type]
