# SPDX-License-Identifier: MIT
"""The cocotb runner: seed, parameters, failures, time-out."""

import os
import time
from pathlib import Path

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from opsin_sim.harness import SimulationTimeout, ToolError, cocotb_run, needs_cocotb, on_simulators

BENCH = """
import random
import cocotb
from opsin_sim.bench import parameters, start

@cocotb.test()
async def adds(dut):
    await start(dut, timeout=10)
    dut.a.value = parameters()["a"]
    await cocotb.triggers.Timer(1, unit="ns")
    assert dut.b.value.to_unsigned() == parameters()["b"]

@cocotb.test()
async def draws(dut):
    raise RuntimeError(f"drew {random.getrandbits(32)}")

@cocotb.test()
async def never_ends(dut):
    await start(dut, timeout=10)
    await cocotb.triggers.Event().wait()
"""


class Adder(wiring.Component):
    a: In(8)
    b: Out(8)
    ticks: Out(8)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.b.eq(self.a + 1)
        m.d.sync += self.ticks.eq(self.ticks + 1)
        return m


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directory from which benches can be imported, with one that is called ``a_bench``."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "a_bench.py").write_text(BENCH)
    return tmp_path


@on_simulators
def test_cases(simulator: str, bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(b: int, seed: int | None = None) -> dict[str, str | None]:
        cases = cocotb_run(
            Adder(), bench="a_bench", simulator=simulator, build_dir=bench / "out", seed=seed,
            parameters={"a": 41, "b": b},
        )  # fmt: skip
        return {case.name: case.failure for case in cases}

    first = run(42)
    assert first["adds"] is None
    assert str(first["draws"]).endswith("(seed 1)")
    assert first["never_ends"] == "the test did not end in 10 cycles (seed 1)"
    again = run(43, seed=1)
    assert "(seed 1)" in str(again["adds"])
    assert again["draws"] == first["draws"]
    monkeypatch.setenv("OPSIN_SEED", "7")
    other = run(42)
    assert str(other["draws"]).endswith("(seed 7)")
    assert other["draws"] != str(first["draws"]).replace("seed 1", "seed 7")


@needs_cocotb
def test_kills_what_hangs(bench: Path) -> None:
    text = "import cocotb, os, time, pathlib\n@cocotb.test()\nasync def hangs(dut):\n"
    text += "    pathlib.Path('pid').write_text(str(os.getpid()))\n    time.sleep(60)\n"
    (bench / "hang.py").write_text(text)
    began = time.monotonic()
    with pytest.raises(
        SimulationTimeout, match=r"bench hang on verilator \(seed 1\) took over 3 s"
    ):
        cocotb_run(Adder(), bench="hang", build_dir=bench, timeout=3)
    assert time.monotonic() - began < 30
    with pytest.raises(ProcessLookupError):
        os.kill(int((bench / "pid").read_text()), 0)


@needs_cocotb
def test_reports_a_simulator_that_dies(bench: Path) -> None:
    text = "import cocotb, os\n@cocotb.test()\nasync def dies(dut):\n"
    text += "    print('last words', flush=True)\n    os._exit(3)\n"
    (bench / "dying.py").write_text(text)
    with pytest.raises(ToolError, match="bench dying on verilator ended without results: last wo"):
        cocotb_run(Adder(), bench="dying", build_dir=bench)


@needs_cocotb
def test_missing_bench(bench: Path) -> None:
    with pytest.raises(ToolError, match="no_bench"):
        cocotb_run(Adder(), bench="no_bench", build_dir=bench)
