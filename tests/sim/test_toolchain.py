# SPDX-License-Identifier: MIT
"""Cache and tools: what happens when two want the same, and when a tool is missing or fails."""

import os
import subprocess
import sys
import time
from pathlib import Path

import find_libpython
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from opsin_sim.harness import Model, ToolError, cocotb_run, toolchain
from opsin_sim.harness.cache import cache_dir, cached, digest


class Increment(wiring.Component):
    a: In(8)
    b: Out(8)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.b.eq(self.a + 1)
        return m


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPSIN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_cache_dir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSIN_CACHE", "/a")
    assert cache_dir() == Path("/a")
    monkeypatch.delenv("OPSIN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert cache_dir() == Path("/b/opsin")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/c")
    assert cache_dir() == Path("/c/.cache/opsin")


def entries(cache: Path) -> set[str]:
    return {path.name for path in (cache / "kind").iterdir() if path.suffix != ".lock"}


def test_builds_once(cache: Path) -> None:
    built = []

    def build(directory: Path) -> None:
        built.append(directory)
        (directory / "x").write_text("1")

    for _ in range(2):
        assert (cached("kind", digest("a"), build) / "x").read_text() == "1"
    assert len(built) == 1
    cached("kind", digest("b"), build)
    assert len(built) == 2
    assert entries(cache) == {digest("a"), digest("b")}


def test_failed_build_leaves_nothing(cache: Path) -> None:
    def build(directory: Path) -> None:
        (directory / "x").write_text("1")
        raise ToolError("no")

    with pytest.raises(ToolError):
        cached("kind", "key", build)
    assert entries(cache) == set()


RACE = """
import sys, time
from pathlib import Path
from opsin_sim.harness.cache import cached

me, other = Path(sys.argv[1]), Path(sys.argv[2])
def build(directory):
    (directory / "owner").write_text(me.name)
    time.sleep(0.3)
me.touch()
while not other.exists():  # both begin together
    time.sleep(0.001)
print((cached("kind", "key", build) / "owner").read_text())
"""


def test_one_of_two_processes_builds(cache: Path, tmp_path: Path) -> None:
    names = [str(tmp_path / "one"), str(tmp_path / "two")]
    processes = [
        subprocess.Popen([sys.executable, "-c", RACE, *order], stdout=subprocess.PIPE, text=True)
        for order in (names, names[::-1])
    ]
    owners = [process.communicate(timeout=30)[0] for process in processes]
    assert owners[0] == owners[1] != ""
    assert entries(cache) == {"key"}


def test_forgets_what_is_old(cache: Path) -> None:
    for name, days in (("old", 31), ("young", 29), (".left", 2), (".busy", 0)):
        (cache / "kind" / name).mkdir(parents=True)
        then = time.time() - days * 86400
        os.utime(cache / "kind" / name, (then, then))
    cached("kind", "new", lambda directory: None)
    assert entries(cache) == {"new", "young", ".busy"}


def test_missing_compiler(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    toolchain.compiler.cache_clear()
    toolchain.version.cache_clear()
    try:
        with pytest.raises(ToolError, match=r"install the package g\+\+"):
            Model(Increment())
    finally:
        monkeypatch.undo()
        toolchain.compiler.cache_clear()
        toolchain.version.cache_clear()


def test_failing_tool_says_why(tmp_path: Path) -> None:
    (tmp_path / "bad.cpp").write_text("int x = y;\n")
    with pytest.raises(ToolError, match=r"C\+\+ compiler failed .*error: .y. was not") as info:
        toolchain.compile_all([(tmp_path / "bad.cpp", "-O0")], tmp_path)
    assert "\n" not in str(info.value)
    (tmp_path / "bad.sv").write_text("module dut(input a);\n assign a = b;\nendmodule\n")
    with pytest.raises(ToolError, match=r"verilator failed .*%Error"):
        toolchain.verilate(tmp_path / "bad.sv", tmp_path / "out", [])


def test_missing_icarus(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_libpython, "find_libpython", lambda: "libpython3.so")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="install the package iverilog"):
        cocotb_run(Increment(), bench="none", simulator="icarus", build_dir=tmp_path)


def test_missing_libpython(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_libpython, "find_libpython", lambda: None)
    with pytest.raises(ToolError, match=r"install libpython3\."):
        cocotb_run(Increment(), bench="none", build_dir=tmp_path)


def test_unknown_simulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_libpython, "find_libpython", lambda: "libpython3.so")
    with pytest.raises(ValueError, match=r"simulator must be one of .* not 'vcs'"):
        cocotb_run(Increment(), bench="none", simulator="vcs", build_dir=tmp_path)


def test_read_only_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = tmp_path / "locked"
    locked.write_text("a file, not a directory")
    monkeypatch.setenv("OPSIN_CACHE", str(locked))
    with pytest.raises(ToolError, match=r"cache .* cannot be written.*OPSIN_CACHE"):
        Model(Increment())
