# SPDX-License-Identifier: MIT
"""The ECP5's start: the clock stands while the global set/reset network acts, and around that."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from amaranth import ClockDomain, ClockSignal, DomainRenamer, Module, ResetSignal, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from numpy.typing import NDArray

from opsin_fpga import start
from opsin_fpga.start import Ecp5Start
from opsin_sim.devices import ecp5
from opsin_sim.harness import Model, pack, unpack

Levels = dict[str, NDArray[Any]]

SOURCE = Path(start.__file__).read_text()
OSCILLATOR = 25.0
NETWORK, PULSE = 4, 4  # cycles of the oscillator
INPUTS = data.StructLayout({"oscillator": 1, "clock": 1, "locked": 1, "restart": 1})
OUTPUTS = data.StructLayout(
    {"oscillator": 1, "clock": 1, "go": 1, "clk": 1, "released": 1, "n": 16}
)


class Sampled(wiring.Component):
    """A start whose inputs are set and whose outputs are seen in every step of the simulation.

    ``n`` are registers of the design: the network sets them to 0, its clock counts them up.
    """

    i: Any
    o: Any

    def __init__(self, part: Any) -> None:
        self._part = part
        super().__init__({"i": In(stream.Signature(INPUTS)), "o": Out(stream.Signature(OUTPUTS))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        part = self._part
        m.submodules.start = DomainRenamer("design")(part)
        m.domains.design = ClockDomain(reset_less=part.RESET_LESS)
        m.domains.registers = ClockDomain(async_reset=True)
        count, o = Signal(16), self.o.p
        levels: Any = Signal(INPUTS)
        m.d.sync += levels.eq(self.i.p)
        m.d.registers += count.eq(count + 1)
        m.d.comb += [
            self.i.ready.eq(1),
            part.oscillator.eq(levels.oscillator),
            part.clock.eq(levels.clock),
            part.locked.eq(levels.locked),
            part.restart.eq(levels.restart),
            ClockSignal("registers").eq(ClockSignal("design")),
            ResetSignal("registers").eq(~part.released),
            self.o.valid.eq(1),
            Value.cast(o.oscillator).eq(levels.oscillator),
            Value.cast(o.clock).eq(levels.clock),
            Value.cast(o.go).eq(levels.locked & ~levels.restart),
            Value.cast(o.clk).eq(ClockSignal("design")),
            Value.cast(o.released).eq(part.released),
            Value.cast(o.n).eq(count),
        ]
        return m


def simulate(part: Any, frequency: float, *, seed: int, cycles: int = 1500) -> Levels:
    """Levels in each step; ``locked`` and ``restart`` change at any time, often soon again."""
    rng = np.random.default_rng(seed)
    step = 1 / (8 * max(OSCILLATOR, frequency))
    time = np.arange(int(cycles / OSCILLATOR / step)) * step + rng.random()

    def chance(low: float) -> NDArray[Any]:
        """Low now and then, for a time from a part of a cycle to a hundred."""
        lengths = 1 / OSCILLATOR * 10 ** rng.uniform(-1, 2, 4 * cycles)
        lengths[::2] *= low
        ends = np.cumsum(lengths) + time[0]
        return np.searchsorted(ends, time) % 2

    levels = {
        "oscillator": (time * OSCILLATOR % 1 < 0.5).astype(np.uint8),
        "clock": (time * frequency * 1.003 % 1 < 0.5).astype(np.uint8),  # at any phase
        "locked": chance(0.2),
        "restart": 1 - chance(0.2),
    }
    levels["locked"][-len(time) // 8 :], levels["restart"][-len(time) // 8 :] = 1, 0
    with Model(Sampled(part), platform=ecp5.PLATFORM) as model:
        source = pack(INPUTS, {name: level.astype(np.uint8) for name, level in levels.items()})
        run = model.run({"i": source}, {"o": len(source)}, timeout=len(source) + 10)
    return {name: np.asarray(level) for name, level in unpack(OUTPUTS, run.outputs["o"]).items()}


def spans(level: NDArray[Any]) -> NDArray[Any]:
    """First steps of the times at which ``level`` is set, and the steps behind their last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], level.astype(int), [0]])))
    return edges.reshape(-1, 2)


def check(levels: Levels) -> None:
    """Check what :class:`Ecp5Start` says under Timing."""
    rises = {name: np.diff(levels[name].astype(int), prepend=0) > 0 for name in levels}
    cycle, own = np.cumsum(rises["oscillator"]), np.cumsum(rises["clock"])
    clk, last = levels["clk"], len(levels["clk"]) - 1
    moves = np.flatnonzero(np.diff(clk.astype(int))) + 1
    acting = spans(1 - levels["released"])
    assert acting[0, 0] == 0, "from configuration on"
    for begin, end in acting:
        before, after = moves[moves < begin], moves[moves >= begin]
        assert not len(before) or cycle[begin] - cycle[before[-1]] >= NETWORK, "clock before"
        assert not len(after) or cycle[after[0]] - cycle[min(end, last)] >= NETWORK, "clock after"
        assert not 0 < begin < end < last or cycle[end] - cycle[begin] >= PULSE, "pulse"

    # pulses of the clock are whole pulses of what it is made of
    whole = {tuple(span) for span in spans(levels["clock"])}
    assert {tuple(span) for span in spans(clk)} <= whole, "short pulse"

    seen = rises["oscillator"] & (levels["go"] == 0)
    for stop in np.flatnonzero(seen):
        late = (cycle > cycle[stop] + 4) & (own > own[np.argmax(cycle > cycle[stop] + 3)] + 3)
        still = np.argmax(late) if late.any() else last
        again = moves[moves >= still]
        acts = acting[acting[:, 1] > stop]
        assert len(acts) or last - stop < 1000, "network acts"
        assert not len(again) or (len(acts) and again[0] > acts[0, 0]), "clock stops"

    # every register counts each edge since the network acted, and it goes on in the end
    edges = np.cumsum(rises["clk"])
    for (_, end), until in zip(acting, [*acting[1:, 0], last + 1], strict=True):
        assert (levels["n"][end:until] == edges[end:until] - edges[end - 1]).all(), "registers"
    assert levels["n"][-1] > 10
    assert len(acting) > 5


@pytest.mark.parametrize("frequency", [150.0, 25.0, 5.0])
def test_clock_stands_while_registers_are_set(frequency: float) -> None:
    part = Ecp5Start(oscillator=OSCILLATOR, frequency=frequency)
    assert (part.NETWORK, part.PULSE) == (NETWORK, PULSE)
    check(simulate(part, frequency, seed=1))


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("window.all(), self.released", "history.all(), self.released", "clock after"),
        ("history.all(), run", "history[-1], run", "clock"),
        ("i_CE=enable", "i_CE=1", "clock"),
        (
            'Instance("DCCA", i_CLKI=self.clock, i_CE=enable, o_CLKO=ClockSignal())',
            "Module(); m.d.comb += ClockSignal().eq(self.clock & run)",
            "short pulse",
        ),
        ("self.gap + self.PULSE]", "self.gap + 1]", "pulse"),
        ("self.NETWORK + ceil", "ceil", "clock"),
        ("self.locked & ~self.restart, meta", "self.locked, meta", "clock stops"),
    ],
)
def test_a_wrong_order_is_found(right: str, wrong: str, said: str) -> None:
    assert SOURCE.count(right) == 1
    scope: dict[str, Any] = {"__name__": "wrong"}
    exec(SOURCE.replace(right, wrong), scope)
    part = scope["Ecp5Start"](oscillator=OSCILLATOR, frequency=150.0)
    with pytest.raises(AssertionError, match=said):
        check(simulate(part, 150.0, seed=1))
