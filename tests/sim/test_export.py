# SPDX-License-Identifier: MIT
"""Exported Verilog computes what Amaranth's simulator does, optimised or not."""

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from opsin_sim.harness import Model, systemverilog
from opsin_sim.harness.export import elaborate


class Zoo(wiring.Component):
    """Every operator that has an edge case, and every kind of memory port, folded into one word."""

    i: In(stream.Signature(32))
    o: Out(stream.Signature(64))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        word = self.i.payload
        a, b, sa, sb = Signal(8), Signal(8), Signal(signed(8)), Signal(signed(8))
        m.d.comb += [Cat(a, b).eq(word), Cat(sa, sb).eq(word[16:])]
        results: list[Any] = [
            a // b, a % b, sa // sb, sa % sb, sa >> a[:4], sa << b[:3], a - b, -sa, abs(sb),
            sa * sb, a * sb, sa < a, sa == sb, a.rotate_left(3), word.bit_select(a[:5], 3),
            word.word_select(b[:3], 4), Array([a, sa, b, 3])[b[:3]], Mux(a > b, sa, b),
            (a ^ b).xor(), sa.as_unsigned() + sb, ~sa, a.any() & b.all(),
        ]  # fmt: skip

        # depth not a power of two; two writers with lanes, one transparent and one plain reader
        m.submodules.memory = memory = Memory(shape=unsigned(16), depth=5, init=[9, 8, 7])
        one, two = memory.write_port(granularity=8), memory.write_port()
        plain = memory.read_port()
        through = memory.read_port(transparent_for=[one])
        direct = memory.read_port(domain="comb")
        m.d.comb += [
            one.data.eq(word[8:]), one.en.eq(word[30:]),
            two.data.eq(word[4:]), two.en.eq(word[29] & (one.addr != two.addr)),
            plain.en.eq(word[3]), through.addr.eq(one.addr),
        ]  # fmt: skip
        for port, address in ((one, a[:3]), (two, b[:3]), (direct, word[7:10]), (plain, word[5:8])):
            m.d.comb += port.addr.eq(Mux(address < 5, address, 4))
        results += [plain.data, through.data, direct.data]

        picked = Signal(12)
        with m.Switch(word[20:28]):
            with m.Case("1---0--1"):
                m.d.comb += picked.eq(a)
            with m.Case("0101----", "----0101"):
                m.d.comb += picked.eq(b + 1)
            with m.Default():
                m.d.comb += picked.eq(sa)
        results.append(picked)

        folded = Signal(64)
        total = Value.cast(0)
        for k, result in enumerate(results):
            total = total + (Value.cast(result) << k)
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += [folded.eq((folded << 7) ^ (folded >> 3) ^ total)]
        m.d.comb += [
            self.o.payload.eq(folded + total),
            self.o.valid.eq(self.i.valid),
            self.i.ready.eq(self.o.ready),
        ]
        return m


WORDS = np.random.default_rng(3).integers(0, 1 << 32, 400, dtype=np.uint32)
WORDS[::7] &= 0x00FF00FF  # divide by zero


def simulated() -> list[int]:
    dut = Zoo()
    sim = Simulator(dut)
    sim.add_clock(1e-6)
    seen: list[int] = []

    @sim.add_testbench
    async def bench(ctx: Any) -> None:
        await ctx.tick().repeat(2)  # as long as the model is in reset
        ctx.set(dut.o.ready, 1)
        ctx.set(dut.i.valid, 1)
        for word in WORDS.tolist():
            ctx.set(dut.i.payload, word)
            *_, payload = await ctx.tick().sample(dut.o.payload)
            seen.append(payload)

    sim.run()
    return seen


@pytest.mark.parametrize("trace", [False, True], ids=["fast", "faithful"])
def test_equals_amaranths_simulator(trace: bool, tmp_path: Any) -> None:
    with Model(Zoo(), wave=tmp_path / "zoo.fst" if trace else None) as model:
        run = model.run({"i": WORDS}, {"o": len(WORDS)})
    assert run.outputs["o"].tolist() == simulated()
    assert len(np.unique(run.outputs["o"])) == len(WORDS)


def test_settles_on_four_state_simulators() -> None:
    text = systemverilog(Zoo(), "zoo")
    assert "module zoo(" in text
    assert "always_ff" in text
    assert "always_comb" not in text
    assert "always @*" not in text


class Named(wiring.Component):
    dut: In(1)

    def elaborate(self, platform: object) -> Module:
        return Module()


class AlwaysReady(wiring.Component):
    i: In(stream.Signature(8, always_ready=True))

    def elaborate(self, platform: object) -> Module:
        return Module()


def test_rejects() -> None:
    with pytest.raises(ValueError, match="name must differ from its ports', not be 'dut'"):
        elaborate(Named())
    with pytest.raises(ValueError, match="port i__ready must be a signal, not always 1"):
        elaborate(AlwaysReady())


def test_reads_ports() -> None:
    ports = elaborate(Zoo()).ports
    assert {name for name, way in ports.items() if way == "input"} == {
        "clk", "rst", "i__payload", "i__valid", "o__ready",
    }  # fmt: skip
    assert {name for name, way in ports.items() if way == "output"} == {
        "i__ready", "o__payload", "o__valid",
    }  # fmt: skip


def test_is_reproducible() -> None:
    assert elaborate(Zoo()) == elaborate(Zoo())
