# SPDX-License-Identifier: MIT
"""From RTLIL to a compiled model, through the cache."""

import re
from collections.abc import Sequence
from pathlib import Path

from ..devices import ecp5, ice40
from .cache import cached, digest
from .export import faithful_systemverilog, fast_systemverilog
from .toolchain import NATIVE, compile_all, link, runtime, verilate, version

__all__ = ["build_model", "units"]

_PORT = re.compile(r"VL_(?:IN|OUT)\w*\(&(\w+),\d+,\d+")
_MODULE = re.compile(r"^module (\w+)", re.MULTILINE)
_UNIT_BYTES = 300_000


def build_model(text: str, *, wave: bool) -> Path:
    """Shared library of RTLIL ``text``'s module ``dut`` with the clock loop around it."""
    source = faithful_systemverilog(text) if wave else fast_systemverilog(text)
    options = ["--trace-fst", "--no-trace-top", "--timescale", "1ns/1ns"] if wave else []
    cells = ""
    for library in (ecp5.CELLS, ice40.CELLS):
        models = library.read_text()
        if any(f"cell \\{name} " in text for name in _MODULE.findall(models)):
            options += ["-v", str(library)]
            cells += models
    parts = ["verilated.cpp", "verilated_threads.cpp", "loop.cpp", "bursts.cpp"]
    parts += ["verilated_fst_c.cpp"] if wave else []

    def build(directory: Path) -> None:
        generated = directory / "generated"
        files = verilate(source, generated, options)
        glue = [*(["#define OPSIN_WAVE"] if wave else []), '#include "Vtop.h"']
        glue += [f'#include "{NATIVE / "model.cpp"}"', *_port_function(generated / "Vtop.h")]
        objects = compile_all(units(files, generated, glue), directory)
        link([*objects, *runtime(parts)], directory / "model.so", ["-shared", "-Wl,-Bsymbolic"])
        for path in (*objects, *generated.iterdir()):
            path.unlink()

    native = [(NATIVE / name).read_text() for name in ("loop.cpp", "bursts.cpp", "model.cpp")]
    key = digest(version(), options, *native, source.read_text(), cells)
    return cached("model", key, build) / "model.so"


def units(files: Sequence[Path], directory: Path, glue: Sequence[str]) -> list[tuple[Path, str]]:
    """Few, large C++ files that include Verilator's many: the headers cost more than the code.

    Code that runs every cycle is optimised, the ``__Slow`` files that run once are not. ``glue``
    is text that goes along with the first.
    """
    result: list[tuple[Path, str]] = []
    for kind, flag, group in (
        ("fast", "-O2", [f for f in files if not f.stem.endswith("__Slow")]),
        ("slow", "-O0", [f for f in files if f.stem.endswith("__Slow")]),
    ):
        chunks: list[list[str]] = [[*glue]] if kind == "fast" else [[]]
        size = 0
        for file in group:
            if size > _UNIT_BYTES:
                chunks.append([])
                size = 0
            size += file.stat().st_size
            chunks[-1].append(f'#include "{file.name}"')
        for k, lines in enumerate(chunks):
            path = directory / f"unit_{kind}_{k}.cpp"
            path.write_text("\n".join(["#define VL_INCLUDE_OPT include", *lines, ""]))
            result.append((path, flag))
    return result


def _port_function(header: Path) -> list[str]:
    """Look-up of ports by the design's names; Verilator writes ``a__b`` as ``a___05Fb``."""
    lines = ["#include <cstring>", 'extern "C" void* bench_port(Bench* bench, const char* name) {']
    for name in _PORT.findall(header.read_text()):
        plain = name.removeprefix("__SYM__").replace("___05F", "__")
        lines.append(f'    if (!strcmp(name, "{plain}")) return (void*)&bench->top->{name};')
    return [*lines, "    return nullptr;", "}"]
