# SPDX-License-Identifier: MIT
"""Waveforms: hierarchy, values and names, from every simulator."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import pywellen
from amaranth.hdl import Module, Signal
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from opsin.common.stream import Buffer
from opsin_sim.harness import Model, ToolError, check_block, on_simulators
from opsin_sim.harness.names import enum_names
from opsin_sim.harness.toolchain import NATIVE, compiler


class Kind(enum.Enum, shape=2):
    NONE = 0
    LEFT = 1
    RIGHT = 2


class Item(data.Struct):
    kind: Kind
    value: 6


class Gate(wiring.Component):
    """Passes every other item; a state machine decides."""

    i: In(stream.Signature(Item))
    o: Out(stream.Signature(Item))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        with m.FSM(name="turn"):
            with m.State("OPEN"):
                m.d.comb += [
                    self.o.valid.eq(self.i.valid),
                    self.o.payload.eq(self.i.payload),
                    self.i.ready.eq(self.o.ready),
                ]
                with m.If(self.i.valid & self.o.ready):
                    m.next = "SHUT"
            with m.State("SHUT"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    m.next = "OPEN"
        return m


class Top(wiring.Component):
    """A gate behind a buffer; ``last`` remembers the kind that came last."""

    i: In(stream.Signature(Item))
    o: Out(stream.Signature(Item))
    mode: In(Kind)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.buffer = buffer = Buffer(Item)
        m.submodules.gate = gate = Gate()
        connect(m, flipped(self.i), buffer.i)
        connect(m, buffer.o, gate.i)
        connect(m, gate.o, flipped(self.o))
        last = Signal(Kind)
        with m.If(gate.o.valid & gate.o.ready):
            m.d.sync += last.eq(gate.o.p.kind)
        return m


ITEMS = np.random.default_rng(1).integers(0, 256, 100, dtype=np.uint8)
STATES = {"0": "OPEN", "1": "SHUT"}
KINDS = {"0": "NONE", "1": "LEFT", "2": "RIGHT"}


def signals(wave: Path) -> dict[str, pywellen.Var]:
    """Variables by path, without the backslash of escaped identifiers."""
    return {v.full_name.replace("\\", ""): v for v in pywellen.Waveform(str(wave)).all_vars()}


def check_wave(wave: Path) -> None:
    found = signals(wave)
    for path in ("dut.clk", "dut.buffer.full", "dut.gate.i__payload.value", "dut.mode"):
        assert path in found
    names = json.loads(wave.with_name(wave.name + ".json").read_text())
    assert (names["format"], names["top"]) == (1, "dut")
    assert names["signals"]["dut.gate.turn_state"] == STATES
    assert names["signals"]["dut.last"] == KINDS
    assert names["signals"]["dut.gate.i__payload.kind"] == KINDS
    assert set(names["signals"]) <= set(found)


def test_model(tmp_path: Path) -> None:
    wave = tmp_path / "deep" / "gate.fst"
    with Model(Top(), wave=wave) as model:
        model.set("mode", Kind.RIGHT)
        run = model.run({"i": ITEMS}, {"o": 50}, stall=0.3)
    assert np.array_equal(run.outputs["o"], ITEMS[::2])
    check_wave(wave)
    found = signals(wave)
    assert not [path for path in found if path.split(".")[-1].startswith("_")]  # yosys' names
    # 10 ns a cycle: two of reset, then the run
    clock = [(t, int(v)) for t, v in found["dut.clk"].signal]
    assert clock[:5] == [(0, 0), (5, 1), (10, 0), (15, 1), (20, 0)]
    assert len(clock) == 2 * (2 + run.cycles)


def test_traced_model_computes_the_same(tmp_path: Path) -> None:
    plain = Model(Top()).run({"i": ITEMS}, {"o": 50}, idle=0.2, stall=0.3)
    with Model(Top(), wave=tmp_path / "a.fst") as model:
        traced = model.run({"i": ITEMS}, {"o": 50}, idle=0.2, stall=0.3)
    assert traced.cycles == plain.cycles
    assert np.array_equal(traced.outputs["o"], plain.outputs["o"])


@on_simulators
def test_cocotb(simulator: str, tmp_path: Path) -> None:
    wave = tmp_path / "gate.fst"
    cases = check_block(
        Top(), ITEMS, ITEMS[::2], simulator=simulator, build_dir=tmp_path, wave=wave
    )
    assert [case.failure for case in cases] == [None] * 4
    check_wave(wave)


def test_unwritable_file(tmp_path: Path) -> None:
    (tmp_path / "a.fst").mkdir()
    with pytest.raises(ToolError, match=r"waveform .*a\.fst cannot be written"):
        Model(Top(), wave=tmp_path / "a.fst")


def test_needs_no_headers_of_compression_libraries() -> None:
    command = [*compiler(), "-E", "-M", "-x", "c++", f"-I{NATIVE}", "-"]
    text = "#include <lz4.h>\n#include <zlib.h>\n"
    rules = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    used = {Path(word) for word in rules.split() if word.endswith(("lz4.h", "zlib.h"))}
    assert used == {NATIVE / "lz4.h", NATIVE / "zlib.h"}


def test_enum_names() -> None:
    text = (
        "module \\dut.a\n"
        '  attribute \\enum_base_type "K"\n'
        '  attribute \\enum_value_00 "ZERO"\n'
        '  attribute \\enum_value_11 "MINUS"\n'
        "  wire width 2 input 3  signed \\x.y[0]\n"
        "\n  wire width 2 \\z\n"
    )
    assert enum_names(text) == {"dut.a.x.y[0]": {"0": "ZERO", "3": "MINUS"}}
