# SPDX-License-Identifier: MIT
"""Line memories and multipliers through place and route: registers are where they should be."""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from amaranth import Cat, Module, Mux, Signal, Value, signed
from amaranth.hdl._ir import Fragment
from amaranth.lib import wiring
from amaranth.lib.wiring import Out

from opsin.common.carry_multiplier import CarryMultiplier
from opsin.common.line_memory import LineMemory, block_rams
from opsin.common.multiplier import Multiplier
from opsin_fpga.boards import BOARDS
from opsin_fpga.build import _YOSYS, _run, build
from opsin_fpga.tops import Top
from opsin_sim.devices import ecp5

FREQUENCY = 200.0
MEMORIES = [(36, 512), (18, 1024), (24, 1920), (4, 4096)]
LATENCIES = (2, 3)


class Cells(wiring.Component):
    """Parts between registers: a shift register of noise before, one that adds up behind."""

    led: Value

    def __init__(self) -> None:
        super().__init__({"led": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        parts: list[Any] = [LineMemory(bits, depth) for bits, depth in MEMORIES]
        parts += [Multiplier(18, 18, latency=latency) for latency in LATENCIES]
        parts += [CarryMultiplier(signed(18), signed(12)), CarryMultiplier(12, 8)]
        noise = Signal(16, init=0xACE1)
        m.d.sync += noise.eq((noise >> 1) ^ Mux(noise[0], 0xB400, 0))
        bit: Value = noise[0]
        for part in parts:
            m.submodules += part
            ports: dict[bool, list[Value]] = {True: [], False: []}
            for _path, member, port in part.signature.flatten(part):
                ports[member.flow is Out].append(Value.cast(port))
            inputs, outputs = Cat(*ports[False]), Cat(*ports[True])
            before, behind = Signal(len(inputs)), Signal(len(outputs))
            m.d.comb += inputs.eq(before)
            m.d.sync += [
                before.eq(Cat(bit, before)),
                behind.eq(Cat(before[-1], behind) ^ outputs),
            ]
            bit = behind[-1]
        m.d.sync += self.led.eq(Cat(bit, self.led))
        return m


@pytest.mark.slow
def test_cells_are_fast(tmp_path: Path) -> None:
    """Without the cells' registers a memory alone would cap the clock at some 170 MHz."""
    top = Top(name="cells", description="", core=lambda _: Cells(), frequency=FREQUENCY)
    report = build(BOARDS["ulx3s-85f"], top, directory=tmp_path / "cells", seeds=[1, 2, 3])
    assert report.resources["DP16KD"].used == sum(block_rams(*memory) for memory in MEMORIES)
    assert report.resources["MULT18X18D"].used == len(LATENCIES)
    assert not report.missed()
    assert report.clocks["sync"].median > FREQUENCY


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bits", "depth"), [(36, 512), (18, 1024), (9, 2048), (4, 4096), (2, 8192), (1, 16384)]
)
def test_initial_content_lies_as_in_yosys(bits: int, depth: int, tmp_path: Path) -> None:
    """Also the address begins at the same pin."""
    rng = random.Random(bits)
    words = [rng.randrange(1 << bits) for _ in range(depth)]
    literals = "\n".join(f"initial words[{k}] = {word};" for k, word in enumerate(words))
    (tmp_path / "memory.v").write_text(f"""
        module memory(input clk, write, input [{depth.bit_length() - 2}:0] place, address,
                input [{bits - 1}:0] written, output reg [{bits - 1}:0] read);
            (* ram_style = "block" *) reg [{bits - 1}:0] words[0:{depth - 1}];
            {literals}
            always @(posedge clk) begin
                if (write) words[place] <= written;
                read <= words[address];
            end
        endmodule""")
    _run(_YOSYS, ["-p", "synth_lattice -family ecp5 -json memory.json", "memory.v"], tmp_path)
    module = json.loads((tmp_path / "memory.json").read_text())["modules"]["memory"]
    (theirs,) = (cell for cell in module["cells"].values() if cell["type"] == "DP16KD")

    fragment = Fragment.get(LineMemory(bits, depth, init=words), ecp5.PLATFORM)
    ((ours, *_),) = fragment.subfragments
    values = {name for name in ours.parameters if re.match("INITVAL_", name)}
    assert len(values) == 64
    for name in values:
        assert ours.parameters[name].value == int(theirs["parameters"][name], 2), name
    address = module["ports"]["address"]["bits"]
    lowest = 14 - len(address)
    assert [theirs["connections"][f"ADB{lowest + k}"] for k in range(len(address))] == [
        [bit] for bit in address
    ]
    for k in range(lowest, 14):
        assert (
            repr(ours.ports[f"ADB{k}"][0])
            == f"(slice (sig read_addr) {k - lowest}:{k - lowest + 1})"
        )
