# SPDX-License-Identifier: MIT
"""Run a cocotb bench on a component."""

import json
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import find_libpython
from amaranth.lib import wiring
from cocotb_tools import config

from .errors import SimulationTimeout, ToolError
from .export import elaborate
from .names import begin_wave
from .ports import boundary
from .seed import default_seed
from .simulators import command

__all__ = ["Case", "cocotb_run"]


@dataclass(frozen=True)
class Case:
    """Outcome of one cocotb test; ``failure`` is None if it passed, else says why and the seed."""

    name: str
    failure: str | None


def cocotb_run(
    top: wiring.Component,
    *,
    bench: str,
    simulator: str = "verilator",
    build_dir: Path,
    seed: int | None = None,
    parameters: Mapping[str, Any] | None = None,
    wave: Path | None = None,
    timeout: float = 300.0,
) -> list[Case]:
    """Run module ``bench``'s tests on ``top``, which they see as ``dut``.

    Parameters
    ----------
    top : wiring.Component
        Design. Its ports have the names of its signature's members, ``__`` joining the parts.
    bench : str
        Importable module with cocotb tests.
    simulator : str
        ``"verilator"`` or ``"icarus"``.
    build_dir : Path
        Directory for results and the log, ``simulation.log``; the compiled design is cached.
    seed : int or None
        Of Python's ``random`` in the bench; None: ``$OPSIN_SEED``, else 1.
    parameters : dict or None
        What JSON can carry, for the bench's :func:`opsin_sim.bench.parameters`.
    wave : Path or None
        FST file to record every signal into, and ``FILE.fst.json`` with the names of states.
    timeout : float
        Seconds after which the simulator is killed.

    Raises
    ------
    SimulationTimeout
        If it had to be killed.
    ToolError
        If a tool is missing or the simulator ended without results.
    """
    seed = default_seed() if seed is None else seed
    build_dir = Path(build_dir).absolute()
    build_dir.mkdir(parents=True, exist_ok=True)
    results = build_dir / "results.xml"
    results.unlink(missing_ok=True)
    environment = _environment(bench, simulator, seed, results)
    design = elaborate(top)
    wave = None if wave is None else begin_wave(wave, design.names)
    call = command(simulator, design, wave)
    environment["OPSIN_BENCH_PARAMETERS"] = json.dumps(dict(parameters or {}), default=str)
    environment["OPSIN_BENCH_INPUTS"] = json.dumps(boundary(top).input_ports())
    log = build_dir / "simulation.log"
    what = f"bench {bench} on {simulator}"
    _call(call, build_dir, environment, log, timeout, f"{what} (seed {seed})")
    if not results.exists():
        lines = log.read_text(errors="replace").strip().splitlines() or ["no output"]
        raise ToolError(f"{what} ended without results: {lines[-1]} (log: {log})")
    return [_case(element, seed) for element in ET.parse(results).iter("testcase")]


def _environment(bench: str, simulator: str, seed: int, results: Path) -> dict[str, str]:
    library = find_libpython.find_libpython()
    if library is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise ToolError(f"cocotb needs Python's shared library: install libpython{version}")
    environment = {
        **os.environ,
        "COCOTB_ANSI_OUTPUT": "0",
        "COCOTB_RANDOM_SEED": str(seed),
        "COCOTB_RESULTS_FILE": str(results),
        "COCOTB_TEST_MODULES": bench,
        "COCOTB_TOPLEVEL": "dut",
        "GPI_USERS": f"{library};{config.pygpi_entry_point()}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TOPLEVEL_LANG": "verilog",
    }
    if simulator == "verilator":
        environment["COCOTB_TRUST_INERTIAL_WRITES"] = "1"
    return environment


def _call(
    call: list[str], cwd: Path, environment: dict[str, str], log: Path, timeout: float, what: str
) -> None:
    """Run to the end, or kill the simulator with all it started."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            call, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise SimulationTimeout(f"{what} took over {timeout:g} s (log: {log})") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _case(element: ET.Element, seed: int) -> Case:
    bad = element.find("failure")
    bad = element.find("error") if bad is None else bad
    if bad is None:
        return Case(element.get("name", "?"), None)
    message = bad.get("message") or (bad.text or "failed").strip()
    return Case(element.get("name", "?"), f"{message} (seed {seed})")
