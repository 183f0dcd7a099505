# SPDX-License-Identifier: MIT
"""Video on a conveyor: shapes, joints, delays."""

import pytest
from amaranth import Module, Signal
from amaranth.hdl import unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from opsin.common.flow import FlowBlock, FlowSignature, delayed, join
from opsin_sim.stream import SimulatorContext


class _Add(FlowBlock):
    """Some number is added to each pixel."""

    def __init__(self, number: int, latency: int, ppc: int = 1) -> None:
        self.number = number
        super().__init__(
            unsigned(8), unsigned(8), ppc=ppc, latency=latency, ports={"offset": In(8)}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [
            self.o.step.eq(delayed(m, self.i.step, self.latency, "step")),
            self.o.live.eq(delayed(m, self.i.live, self.latency, "live")),
            self.o.p.sof.eq(delayed(m, self.i.p.sof, self.latency, "sof")),
            self.o.p.eol.eq(delayed(m, self.i.p.eol, self.latency, "eol")),
        ]
        for come, go in zip(self.i.p.pixel, self.o.p.pixel, strict=True):
            m.d.comb += go.eq(delayed(m, (come + self.number)[:8], self.latency, "pixel"))
        return m


class _Both(wiring.Component):
    """Two of them."""

    def __init__(self) -> None:
        flow = FlowSignature(unsigned(8), ppc=2)
        super().__init__({"i": In(flow), "o": Out(flow)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        blocks = [_Add(1, 2, ppc=2), _Add(10, 3, ppc=2)]
        m.submodules += blocks
        join(m, wiring.flipped(self).i, blocks, wiring.flipped(self).o)
        return m


def test_members() -> None:
    block = _Add(1, 4, ppc=4)
    assert (block.ppc, block.latency) == (4, 4)
    assert block.signature.members["offset"].shape == 8
    assert len(block.o.p.pixel) == 4


@pytest.mark.parametrize("ppc", [0, 3, 8])
def test_rejects(ppc: int) -> None:
    with pytest.raises(ValueError, match=f"ppc must be 1, 2 or 4, not {ppc}"):
        _Add(1, 1, ppc=ppc)


def test_slots_arrive_in_time() -> None:
    """Every slot comes out of joined blocks after the sum of their latencies, empty or not."""
    dut = _Both()
    slots = [(1, 1, 5), (0, 0, 0), (1, 0, 9), (1, 1, 7), (1, 1, 255)] + [(0, 0, 0)] * 8
    seen: list[tuple[int, int, int]] = []

    async def bench(ctx: SimulatorContext) -> None:
        flow_in, flow_out = dut.i, dut.o  # type: ignore[attr-defined]
        for step, live, pixel in slots:
            ctx.set(flow_in.step, step)
            ctx.set(flow_in.live, live)
            ctx.set(flow_in.p.pixel[1], pixel)
            await ctx.tick()
            values = (flow_out.step, flow_out.live, flow_out.p.pixel[1])
            seen.append(tuple(ctx.get(value) for value in values))

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert [slot[:2] for slot in seen[4:9]] == [slot[:2] for slot in slots[:5]]
    assert [pixel for _, live, pixel in seen[4:9] if live] == [16, 18, 10]


def test_delayed_by_nothing() -> None:
    value = Signal(4)
    assert delayed(Module(), value, 0, "value") is value
